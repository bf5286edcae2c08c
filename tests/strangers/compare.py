"""One spec held against itself: the oracle, the checker's types and the two back ends agree."""

from __future__ import annotations

import atexit
import inspect
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import torch
from netwright.backends import fx
from netwright.backends.fx.origin import Origin
from netwright.backends.source import emit
from netwright.diagnostics import Report, SpecError
from netwright.driver.check import check
from netwright.driver.model import Model, load
from netwright.ir.dims import evaluate as size_of
from netwright.ir.types import TensorType
from netwright.passes.generalise import generalise
from netwright.passes.model import Case, Elaboration
from netwright.passes.ties import ties
from torch import Tensor, nn
from torch.fx import GraphModule, Interpreter
from torch.utils import _pytree as pytree

from tests.emission.building import class_of
from tests.strangers.choices import params_of
from tests.strangers.evaluate import DTYPES, plain
from tests.strangers.grammar import DRAWS, Drawn, run
from tests.strangers.oracle import Oracle
from tests.strangers.printed import LIBRARY, library_of, text_of
from tests.strangers.state import Store
from tests.strangers.syntax import Inline, Module, Spec

RANDOM = frozenset({
    "rand", "randn", "rand_like", "randn_like", "randint", "randperm", "bernoulli", "multinomial",
    "gumbel_softmax", "RReLU", "FractionalMaxPool2d", "FractionalMaxPool3d",
})  # fmt: skip
"""Random in evaluation too: a method, which computes less, draws other numbers."""
STEPS = frozenset({
    "Hardshrink", "hardshrink", "Threshold", "threshold", "sign", "sgn", "round", "floor", "ceil",
    "trunc", "frac", "argmax", "argmin", "argsort", "sort", "topk", "floor_divide", "remainder",
})  # fmt: skip
"""Functions whose values jump."""
NO_RECOMPUTE = frozenset({"RReLU", "rrelu"})
"""Torch's gradients of these are memory that nothing wrote, where they are computed again."""


@dataclass(frozen=True)
class Failure:
    """Where two ways disagree: the stage that found it, and what it found."""

    stage: str
    found: str


@dataclass(frozen=True)
class Compared:
    """What a comparison came to: the first disagreement, None where all agree.

    `reordered` says that gradients agree but for their last bits: the source evaluates two readers
    of one value in another order than the graph, so that autograd adds their gradients up so.
    """

    failure: Failure | None = None
    reordered: bool = False


class Disagreement(Exception):
    """Raised where two ways disagree."""

    def __init__(self, stage: str, found: object) -> None:
        super().__init__(f"{stage}: {found}")
        self.failure = Failure(stage, str(found))


@cache
def _folder() -> Path:
    """A folder of this process's own; making one for each spec takes as long as a check."""
    made = tempfile.mkdtemp(prefix="strangers-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def _written(spec: Spec) -> Path:
    """A spec as a file, until the next is written."""
    path = _folder() / "spec.yaml"
    path.write_text(text_of(spec), encoding="utf-8")
    (_folder() / f"{LIBRARY}.yaml").write_text(library_of(spec), encoding="utf-8")
    return path


def errors_of(spec: Spec) -> list[str]:
    """What the checker says against a spec."""
    found = check(_written(spec)).errors
    return [f"{d.code} {d.message} (line {d.span.line})" for d in found]


def compare(drawn: Drawn) -> Compared:
    """A spec in all its variants, up to the first disagreement."""
    reordered = False
    try:
        path = _written(drawn.spec)
        found = check(path).errors
        if found:
            return Compared(Failure("check", f"{found[0].code} {found[0].message}"))
        for variant in (None, *drawn.spec.variants):
            comparison = _Comparison(drawn, load(path, variant), variant)
            comparison.run()
            reordered |= comparison.reordered
    except Disagreement as disagreement:
        return Compared(disagreement.failure)
    except SpecError as error:
        return Compared(Failure("refused", error.diagnostics[0].message))
    except Exception as error:
        return Compared(Failure(f"raises {type(error).__name__}", str(error)))
    return Compared(reordered=reordered)


class _Comparison:
    """A model in both back ends, with the weights of the oracle."""

    def __init__(self, drawn: Drawn, model: Model, variant: str | None) -> None:
        self.drawn = drawn
        self.spec = drawn.spec
        self.store = Store()
        run(drawn, variant, self.store)
        blocks = {block.name: block for block in self.spec.blocks}
        self.oracle = Oracle(blocks, params_of(self.spec, variant), self.store)
        self.elaboration = model.elaborate()
        self.reordered = False

    def run(self) -> None:
        source = self._source()
        several = sum(i.optional for i in self.spec.model.inputs.values()) > 1
        draws = range(DRAWS) if several else (0, DRAWS - 1)
        for k, training in product(draws, (False, True)):
            given = frozenset(n for n, i in self.spec.model.inputs.items() if i.optional)
            given &= frozenset(self.inputs(k))
            graph = lowered(self.elaboration, given, training)
            source.train(training)
            kept = {name: v.clone() for name, v in source.state_dict().items()}
            graph.load_state_dict(kept, strict=True)
            self._agree(source, graph, k, training)
            source.load_state_dict(kept, strict=True)
            if not training:
                self._methods(source, k)

    def inputs(self, k: int) -> dict[str, Any]:
        """The model's inputs at a draw of the sizes."""
        return self.drawn.inputs(self.drawn.sizes[k], self.drawn.absent(k))

    def _source(self) -> nn.Module:
        """The emitted module, with the oracle's weights under the names that it gave them."""
        torch.manual_seed(0)
        made: nn.Module = class_of(emit(generalise(self.elaboration)))()
        state = self.store.state()
        with torch.no_grad():
            for target, shared in self.spec.tie.items():
                state[target].copy_(state[shared])
        own = {name: tuple(v.shape) for name, v in made.state_dict().items()}
        wanted = {name: tuple(v.shape) for name, v in state.items()}
        if own != wanted:
            raise Disagreement("weights", _difference(own, wanted))
        learns = {n for n, p in made.named_parameters(remove_duplicate=False) if p.requires_grad}
        learned, tied = self.store.learned(), {*self.spec.tie, *self.spec.tie.values()}
        if learns - tied != learned - tied:
            raise Disagreement("frozen weights", sorted((learns ^ learned) - tied))
        for name, value in state.items():
            value.requires_grad_(name in learns)  # torch has other kernels for weights that learn
        made.load_state_dict(state, strict=True)
        return made

    def _agree(self, source: nn.Module, graph: GraphModule, k: int, training: bool) -> None:
        first = _run(source, source, self.inputs(k))
        drawn = torch.get_rng_state()
        walked = _Typed(graph, self.drawn.sizes[k])
        second = _run(graph, walked, self.inputs(k))
        if walked.wrong:
            raise Disagreement("inferred types", walked.wrong[0])
        mode = "training" if training else "evaluation"
        if torch.equal(drawn, torch.get_rng_state()):  # else a random node that nothing reads
            if not same(first.out, second.out):
                raised = f"{_shown(first.out)} | {_shown(second.out)}"
                raise Disagreement("source and fx, outputs", f"differ in {mode} {raised}")
            if not (self.drawn.ops & NO_RECOMPUTE and checkpoints(self.spec)):
                self._gradients(first.gradients, second.gradients, mode)
        if not training:
            torch.manual_seed(0)
            outputs, _ = self.oracle.model(self.spec.model, self.inputs(k))
            if torch.equal(drawn, torch.get_rng_state()):
                self._as_the_oracle(first.out, {n: plain(v) for n, v in outputs.items()})

    def _gradients(self, one: Mapping[str, Any], other: Mapping[str, Any], mode: str) -> None:
        if one.keys() != other.keys():
            raise Disagreement("source and fx, gradients", f"of other weights in {mode}")
        pairs = [one[name] for name in one], [other[name] for name in one]
        if same(*pairs):
            return
        if not same(*pairs, close=True):
            raise Disagreement("source and fx, gradients", f"differ in {mode}")
        self.reordered = True

    def _as_the_oracle(self, found: list[Any], expected: Any) -> None:
        close = "linear_scan" in self.drawn.ops  # computed in another order
        if close and self.drawn.ops & STEPS:
            return  # rounding may have fallen on another side of a step
        if not same(found, [_detached(t) for t in leaves(expected)], close):
            raise Disagreement("oracle and source", "the outputs differ")

    def _methods(self, source: nn.Module, k: int) -> None:
        for name, written in self.spec.methods.items():
            torch.manual_seed(0)
            _, frame = self.oracle.model(self.spec.model, self.inputs(k))
            expected = [self.oracle.value(text, frame) for text in written.outputs.values()]
            method = getattr(source, name)
            takes = inspect.signature(method).parameters  # only what its outputs need
            enter = {n: self.oracle.value(t, frame) for n, t in written.inputs.items()}
            given = {n: v for n, v in (enter or self.inputs(k)).items() if n in takes}
            torch.manual_seed(0)
            found = method(**given)
            if not self.drawn.ops & RANDOM:
                self._as_the_oracle([_detached(t) for t in leaves(found)], expected)


def checkpoints(spec: Spec) -> bool:
    nodes = [node for graph in spec.graphs() for node in graph.nodes]
    return any("checkpoint" in n.control for n in nodes if isinstance(n, Module | Inline))


def lowered(elaboration: Elaboration, given: frozenset[str], training: bool) -> GraphModule:
    """The fx graph for a choice of optional inputs."""
    kinds = {case.training for case in elaboration.cases}
    instance = elaboration.cases[Case(given, training and True in kinds)]
    graph = fx.lower(instance, among=elaboration.cases.values(), training=training)
    fx.tie(graph, ties(elaboration, Report()))
    return graph


class _Typed(Interpreter):
    """Runs a graph and holds every value against its inferred type."""

    def __init__(self, graph: GraphModule, sizes: Mapping[str, int]) -> None:
        super().__init__(graph)
        self.sizes = sizes
        self.wrong: list[str] = []

    def __call__(self, **inputs: Any) -> Any:
        names = [str(node.target) for node in self.graph.nodes if node.op == "placeholder"]
        return self.run(*map(inputs.get, names))

    def run_node(self, n: torch.fx.Node) -> Any:
        found = super().run_node(n)
        origin = n.meta.get("netwright")
        if isinstance(origin, Origin) and origin.type is not None and isinstance(found, Tensor):
            wanted = self._actual(origin.type)
            if wanted != (found.dtype, tuple(found.shape)):
                path = ".".join(origin.path)
                self.wrong.append(f"{path} is {origin.type} but {found.dtype}{list(found.shape)}")
        return found

    def _actual(self, type_: TensorType) -> tuple[torch.dtype, tuple[int, ...]]:
        word = type_.dtype
        dtype = DTYPES[word] if word in DTYPES else getattr(torch, word)
        return dtype, tuple(size_of(size, self.sizes) for size in type_.shape)


@dataclass(frozen=True)
class Raised:
    """What a run ended with: batch norm in training wants more than one value, say."""

    kind: str
    text: str = field(compare=False)


@dataclass(frozen=True)
class Ran:
    """All that came out of a run, and the gradients of inputs and parameters by name."""

    out: list[Any]
    gradients: dict[str, Any]


def _run(module: nn.Module, call: Callable[..., Any], inputs: dict[str, Any]) -> Ran:
    torch.manual_seed(0)
    module.zero_grad()
    try:
        out = leaves(call(**inputs))
    except Exception as error:
        return Ran([Raised(type(error).__name__, str(error))], {})
    loss = [weighted(t) for t in out if isinstance(t, Tensor) and t.is_floating_point()]
    loss = [term for term in loss if term.requires_grad]
    wanted = {str(k): tensor for k, tensor in enumerate(leaves(inputs))}
    wanted |= dict(module.named_parameters())
    out = [_detached(t) for t in out]
    if loss:
        try:
            torch.stack([term.double() for term in loss]).sum().backward()
        except RuntimeError as error:  # torch has no derivative of it
            return Ran(out, {"": Raised("RuntimeError", str(error))})
    return Ran(out, {name: tensor.grad for name, tensor in wanted.items()})


def _shown(found: list[Any]) -> str:
    """What one side gave, if it raised."""
    return ", ".join(f"{item.kind} {item.text}" for item in found if isinstance(item, Raised))


def weighted(out: Tensor) -> Tensor:
    """A sum in which no two items weigh the same."""
    weights = torch.linspace(-1.0, 1.0, out.numel(), dtype=out.dtype).view(out.shape)
    return (out * weights).sum()


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def leaves(value: Any) -> list[Any]:
    return list(pytree.tree_leaves(value))


def same(found: list[Any], expected: list[Any], close: bool = False) -> bool:
    """Equal bit for bit, a NaN being one, or nearly if `close`."""
    return len(found) == len(expected) and all(
        _same(a, b, close) for a, b in zip(found, expected, strict=True)
    )


def _same(a: Any, b: Any, close: bool) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return type(a) is type(b) and bool(a == b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if close and a.is_floating_point():
        return torch.allclose(a, b, rtol=1e-3, atol=1e-4, equal_nan=True)
    if torch.equal(a, b):
        return True
    return a.is_floating_point() and bool(((a == b) | (a.isnan() & b.isnan())).all())


def _difference(own: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    lines = [f"+{n} {own[n]}" for n in own if own[n] != wanted.get(n)]
    lines += [f"-{n} {wanted[n]}" for n in wanted if wanted[n] != own.get(n)]
    return ", ".join(lines)
