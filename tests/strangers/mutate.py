"""A valid spec with one edit, after which the checker refuses exactly what torch refuses.

The checker speaks for all sizes at once. Torch is asked at several draws of larger sizes, distinct
primes and distinct multiples of 6: what it refuses at all of them the checker has to refuse, and
what it takes at all of them the checker has to take. What holds at some sizes only (a window that
wants room, a size that wants to be even) the checker leaves to the run time or refuses; either is
right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal, TypeVar

import torch
from netwright.ops.table import MODULES

from tests.strangers.choices import modes, params_of
from tests.strangers.compare import errors_of
from tests.strangers.grammar import DRAWS, Drawn, meeting
from tests.strangers.oracle import Oracle
from tests.strangers.state import REFUSALS, Store, strict
from tests.strangers.syntax import (
    Block,
    Buffer,
    Expression,
    Graph,
    Inline,
    Module,
    Node,
    Parameter,
    Spec,
    Texts,
    texts,
)

T = TypeVar("T")
PRIMES = (7, 11, 13, 17, 19, 23, 29, 31)
EVEN = (12, 18, 6, 24, 30, 36, 42, 48)
ATTEMPTS = 10
"""Edits tried for one that is invalid."""

OWN = ("E0306", "E0219", "E0408")
"""What the language refuses and eager execution does not know: a size that is needed at build but
known only at run time, a control key that does not apply, a method that lacks an input."""

BY_NAME = ("E01", "E02")
"""Names and forms are checked in what a condition leaves out, too."""

_BY_VALUE = re.compile(
    r"max_unpool.*not implemented for|"  # by fake tensors, which take any dtype
    r"out of range|Target values|out of bounds|Class values|Expected all|"
    r"elements of input should be between|must be (non-)?negative|invalid multinomial|prob|"
    r"an empty tensor|ZeroDivisionError|"
    r"Padding size should be less|is not divisible by|"  # of sizes that no draw makes right
    r"multiple of 16 bytes"  # as the kernels of one processor have it
)
"""Torch's words where values are at fault and not types: the checker does not know values."""

Verdict = Literal["taken", "refused", "depends"]


@dataclass(frozen=True)
class Mutant:
    """An edited spec, what torch says of it and the checker's errors."""

    drawn: Drawn
    edit: str
    verdict: Verdict
    reason: str
    errors: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        if self.verdict == "depends":
            return True
        if self.verdict == "taken" and any(e.startswith(OWN) for e in self.errors):
            return True
        if self.verdict == "taken" and self.errors and _skips(self.drawn.spec):
            return all(error.startswith(BY_NAME) for error in self.errors)
        return bool(self.errors) is (self.verdict == "refused")


def mutants(drawn: Drawn) -> Iterator[Mutant]:
    """Edits of a spec, up to the first that is invalid."""
    rng = Random(f"edit {drawn.seed}")
    for _ in range(ATTEMPTS):
        spec, edit = edited(drawn.spec, rng)
        if spec == drawn.spec:
            continue
        found = judged(replace(drawn, spec=spec), edit)
        if found is None:
            continue
        yield found
        if found.verdict == "refused":
            return


def judged(drawn: Drawn, edit: str) -> Mutant | None:
    """An edited spec with both verdicts; None where values decide."""
    answers = [answer(drawn, sizes) for sizes in larger(drawn)]
    if any(_BY_VALUE.search(text) for text in answers if text is not None):
        return None
    refusals = [text for text in answers if text is not None]
    verdict: Verdict = "depends"
    if not refusals:
        verdict = "taken"
    elif len(refusals) == len(answers):
        verdict = "refused"
    errors = tuple(errors_of(drawn.spec))
    if verdict == "taken" and errors and answer(drawn, next(larger(drawn)), True) is not None:
        verdict = "refused"  # in training
    return Mutant(drawn, edit, verdict, refusals[0] if refusals else "", errors)


def larger(drawn: Drawn) -> Iterator[Mapping[str, int]]:
    """Sizes with room for every window: primes, and what is divided."""
    names = sorted({name for sizes in drawn.sizes for name in sizes})
    for column in (PRIMES, EVEN):
        yield meeting(drawn.spec.model.where, dict(zip(names, column, strict=False)))


def answer(drawn: Drawn, sizes: Mapping[str, int], train: bool = False) -> str | None:
    """Torch's refusal of a spec at these sizes; with `train`, whether a condition asks or not."""
    spec = drawn.spec
    blocks = {block.name: block for block in spec.blocks}
    absent = dict.fromkeys(map(drawn.absent, range(DRAWS)))
    try:
        for variant in (None, *spec.variants):
            params, store = params_of(spec, variant), Store()
            for mode in (True,) if train else modes(spec):
                for left_out in absent:
                    inputs = drawn.inputs(sizes, left_out)
                    with strict(), torch.no_grad():
                        oracle = Oracle(blocks, params, store, mode)
                        oracle.beside(spec, oracle.model(spec.model, inputs)[1])
    except (*REFUSALS, SyntaxError) as refusal:
        return f"{type(refusal).__name__} {refusal}"
    return None


def _skips(spec: Spec) -> bool:
    """Whether a condition leaves something out."""
    held = [node for graph in spec.graphs() for node in graph.nodes]
    return any(" if " in text for graph in spec.graphs() for text in texts(graph)) or any(
        isinstance(node, Module | Inline) and "when" in node.control for node in held
    )


# Edits --------------------------------------------------------------------------------------


Sort = Literal["text", "type", "arguments", "inputs", "nodes"]
Change = Callable[[Any], Any]


def edited(spec: Spec, rng: Random) -> tuple[Spec, str]:
    """A spec with one thing changed, and the kind of the edit; the same if there is nothing."""
    kind = rng.choice(list(_CHANGES))
    sort, change_of = _CHANGES[kind]
    change = change_of(rng, spec)
    count = _Edit(sort, change, -1)
    count.spec(spec)
    for at in rng.sample(range(count.seen), count.seen):
        found = _Edit(sort, change, at).spec(spec)
        if found != spec:
            return found, kind
    return spec, kind


class _Edit:
    """Changes one thing of a sort: the one of this number, counted in order."""

    def __init__(self, sort: Sort, change: Change, at: int) -> None:
        self.sort = sort
        self.change = change
        self.at = at
        self.seen = 0

    def thing(self, sort: Sort, held: T) -> T:
        if sort != self.sort:
            return held
        self.seen += 1
        changed: T = self.change(held) if self.seen - 1 == self.at else held
        return changed

    def text(self, text: str) -> str:
        return self.thing("text", text)

    def texts(self, texts: Texts) -> dict[str, str]:
        return {name: self.text(text) for name, text in texts.items()}

    def spec(self, spec: Spec) -> Spec:
        blocks = tuple(self.block(block) for block in spec.blocks)
        return replace(spec, model=self.block(spec.model), blocks=blocks)

    def block(self, block: Block) -> Block:
        inputs = {
            name: replace(declared, type=self.thing("type", declared.type))
            for name, declared in block.inputs.items()
        }
        return replace(block, inputs=inputs, graph=self.graph(block.graph))

    def graph(self, graph: Graph) -> Graph:
        nodes = [self.node(n) for node in graph.nodes for n in self.thing("nodes", (node,))]
        return Graph(tuple(nodes), self.texts(graph.outputs))

    def node(self, node: Node) -> Node:
        match node:
            case Expression():
                return replace(node, text=self.text(node.text))
            case Buffer():
                return replace(node, text=self.text(node.text))
            case Parameter():
                return replace(node, shape=self.text(node.shape))
            case Module():
                args = self.thing("arguments", self.texts(node.args))
                inputs = None if node.inputs is None else tuple(map(self.text, node.inputs))
                given = self.thing("inputs", inputs)
                op = self.text(node.op) if node.op[0].isupper() else node.op  # a param stays
                return replace(node, op=op, args=args, inputs=given)
            case Inline():
                return replace(node, given=self.texts(node.given), graph=self.graph(node.graph))


_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_NAME = re.compile(r"(?<![\w.'\"])[a-z]\w*(?![\w(=.'\"])")


def _number(rng: Random, spec: Spec) -> Change:
    """One number another."""

    def change(text: str) -> str:
        found = list(_NUMBER.finditer(text))
        if not found:
            return text
        chosen = rng.choice(found)
        number = int(chosen[0])
        other = rng.choice([number + 1, 2 * number + 1, max(number - 1, 0), number + 7])
        return f"{text[: chosen.start()]}{other}{text[chosen.end() :]}"

    return change


def _name(rng: Random, spec: Spec) -> Change:
    """One name another that the spec has."""
    names = sorted({node.name for graph in spec.graphs() for node in graph.nodes})

    def change(text: str) -> str:
        found = list(_NAME.finditer(text))
        if not found:
            return text
        chosen = rng.choice(found)
        return f"{text[: chosen.start()]}{rng.choice([*names, 'x', 'nope'])}{text[chosen.end() :]}"

    return change


def _wrapped(rng: Random, spec: Spec) -> Change:
    """One value reshaped or cast."""
    around = rng.choice([
        "{}.flatten()", "{}[0]", "{}[None]", "{}.mT", "{}.long()", "{}.double()", "{}[..., 1:]",
        "{}.sum(0)", "({} > 0)", "{}.unsqueeze(-1)", "{}[:, :2]",
    ])  # fmt: skip

    return _around(rng, around)


def _around(rng: Random, around: str) -> Change:
    def change(text: str) -> str:
        found = list(_NAME.finditer(text))
        if not found:
            return text
        chosen = rng.choice(found)
        return text[: chosen.start()] + around.format(chosen[0]) + text[chosen.end() :]

    return change


def _misfit(rng: Random, spec: Spec) -> Change:
    """One value where its sizes cannot go."""
    around = rng.choice([
        "({} @ ones([37, 2]))", "({} + ones([37, 41]))", "{}.transpose(0, 9)", "{}.nope()",
        "cat([{}, ones([2, 37, 41])], dim=0)", "layer_norm({}, [37])", "stack([{}, ones([37])])",
        "{}[0, 0, 0, 0, 0, 0]", "{}.expand([37, 2])", "linear({}, ones([2, 37]))",
    ])  # fmt: skip
    return _around(rng, around)


def _operation(rng: Random, spec: Spec) -> Change:
    """One function or module another."""
    functions = ["relu", "sum", "transpose", "matmul", "cat", "softmax", "flatten", "argmax"]
    modules = ["Linear", "Conv1d", "Conv2d", "LayerNorm", "ReLU", "LSTM", "BatchNorm2d", "Flatten"]

    def change(text: str) -> str:
        if text in MODULES:
            return rng.choice(modules)
        return re.sub(r"\b[a-z_]\w*(?=\()", rng.choice(functions), text, count=1)

    return change


def _type(rng: Random, spec: Spec) -> Change:
    """A declared type another."""

    def change(text: str) -> str:
        found = re.fullmatch(r"(\w+)\[(.*)\]", text)
        if found is None:
            return text
        dims = [dim for dim in found[2].split(", ") if dim]
        if dims and rng.random() < 0.5:
            dims.pop(rng.randrange(len(dims)))
        else:
            dims.append("2")
        word = rng.choice([found[1], found[1], "int", "bool"])
        return f"{word}[{', '.join(dims)}]"

    return change


def _swapped(rng: Random, spec: Spec) -> Change:
    """The two sides of an operator or a list the other way round."""

    def change(text: str) -> str:
        left, comma, right = text.partition(", ")
        if comma and text[0] == "[" and text[-1] == "]" and text.count(",") == 1:
            return f"[{right[:-1]}, {left[1:]}]"
        return re.sub(r"^(\w+) ([-+*/@]) (\w+)$", r"\3 \2 \1", text)

    return change


def _arguments(rng: Random, spec: Spec) -> Change:
    """One argument gone, or one that there is not."""

    def change(args: dict[str, str]) -> dict[str, str]:
        gone = rng.choice(list(args)) if args and rng.random() < 0.6 else ""
        return {n: t for n, t in args.items() if n != gone} if gone else {**args, "nope": "3"}

    return change


def _inputs(rng: Random, spec: Spec) -> Change:
    """One input of a module less, or one more."""

    def change(inputs: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if not inputs:
            return inputs
        return inputs[:-1] if rng.random() < 0.5 else (*inputs, inputs[0])

    return change


def _dropped(rng: Random, spec: Spec) -> Change:
    """A node gone."""
    return lambda nodes: ()


_CHANGES: Mapping[str, tuple[Sort, Callable[[Random, Spec], Change]]] = {
    "number": ("text", _number), "name": ("text", _name), "wrapped": ("text", _wrapped),
    "misfit": ("text", _misfit), "operation": ("text", _operation), "type": ("type", _type),
    "swapped": ("text", _swapped), "arguments": ("arguments", _arguments),
    "inputs": ("inputs", _inputs), "dropped": ("nodes", _dropped),
}  # fmt: skip
