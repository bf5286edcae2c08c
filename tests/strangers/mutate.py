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
from typing import Literal

import torch
from netwright.ops.table import MODULES

from tests.strangers.compare import errors_of
from tests.strangers.grammar import Drawn
from tests.strangers.oracle import REFUSALS, Oracle, Store, modes, params_of, strict
from tests.strangers.syntax import (
    Block,
    Buffer,
    Expression,
    Graph,
    Inline,
    Input,
    Module,
    Node,
    Parameter,
    Spec,
    Texts,
    texts,
)

PRIMES = (7, 11, 13, 17, 19, 23, 29, 31)
EVEN = (12, 18, 6, 24, 30, 36, 42, 48)
ATTEMPTS = 10
"""Edits tried for one that is invalid."""

OWN = ("E0306", "E0219")
"""What the language refuses and eager execution does not know: a size that is needed at build but
known only at run time, and a control key that does not apply."""

BY_NAME = ("E01", "E02")
"""Names and forms are checked in what a condition leaves out, too."""

_BY_VALUE = re.compile(
    r"max_unpool.*not implemented for|"  # by fake tensors, which take any dtype
    r"out of range|Target values|out of bounds|Class values|Expected all|"
    r"elements of input should be between|must be (non-)?negative|invalid multinomial|prob"
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
        yield {
            name: size * (2 if f"{name} % 2 == 0" in drawn.spec.model.where else 1)
            for name, size in zip(names, column, strict=False)
        }


def answer(drawn: Drawn, sizes: Mapping[str, int], train: bool = False) -> str | None:
    """Torch's refusal of a spec at these sizes; with `train`, whether a condition asks or not."""
    spec = drawn.spec
    blocks = {block.name: block for block in spec.blocks}
    optional = any(declared.optional for declared in spec.model.inputs.values())
    try:
        for variant in (None, *spec.variants):
            params, store = params_of(spec, variant), Store()
            for mode in (True,) if train else modes(spec):
                for last in (False, True) if optional else (False,):
                    inputs = drawn.inputs(sizes, last)
                    with strict(), torch.no_grad():
                        Oracle(blocks, params, store, mode).model(spec.model, inputs)
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


Change = Callable[[str], str]


def edited(spec: Spec, rng: Random) -> tuple[Spec, str]:
    """A spec with one text changed, or one node gone, and what was done."""
    kind = rng.choice(list(_CHANGES))
    count = _Edit(lambda text: text, -1)
    count.spec(spec)
    if not count.seen:
        return spec, kind
    change = _CHANGES[kind](rng, spec)
    return _Edit(change, rng.randrange(count.seen)).spec(spec), kind


class _Edit:
    """Changes the text of one number; texts are counted in order."""

    def __init__(self, change: Change, at: int) -> None:
        self.change = change
        self.at = at
        self.seen = 0

    def text(self, text: str) -> str:
        self.seen += 1
        changes = self.seen - 1 == self.at
        return self.change(text) if changes else text

    def type(self, text: str) -> str:
        """A declared type; most changes are of expressions only."""
        self.seen += 1
        changes = self.seen - 1 == self.at and self.change.__qualname__.startswith("_type")
        return self.change(text) if changes else text

    def texts(self, texts: Texts) -> dict[str, str]:
        return {name: self.text(text) for name, text in texts.items()}

    def spec(self, spec: Spec) -> Spec:
        blocks = tuple(self.block(block) for block in spec.blocks)
        return replace(spec, model=self.block(spec.model), blocks=blocks)

    def block(self, block: Block) -> Block:
        inputs = {name: Input(self.type(i.type), i.optional) for name, i in block.inputs.items()}
        return replace(block, inputs=inputs, graph=self.graph(block.graph))

    def graph(self, graph: Graph) -> Graph:
        return Graph(tuple(map(self.node, graph.nodes)), self.texts(graph.outputs))

    def node(self, node: Node) -> Node:
        match node:
            case Expression():
                return replace(node, text=self.text(node.text))
            case Buffer():
                return replace(node, text=self.text(node.text))
            case Parameter():
                return replace(node, shape=self.text(node.shape))
            case Module():
                inputs = None if node.inputs is None else tuple(map(self.text, node.inputs))
                return replace(
                    node, op=self.text(node.op), args=self.texts(node.args), inputs=inputs
                )
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
    names = sorted({n for graph in spec.graphs() for node in graph.nodes for n in [node.name]})

    def change(text: str) -> str:
        found = list(_NAME.finditer(text))
        if not found:
            return text
        chosen = rng.choice(found)
        return f"{text[: chosen.start()]}{rng.choice([*names, 'x'])}{text[chosen.end() :]}"

    return change


def _wrapped(rng: Random, spec: Spec) -> Change:
    """One value reshaped or cast."""
    around = rng.choice([
        "{}.flatten()", "{}[0]", "{}[None]", "{}.mT", "{}.long()", "{}.double()", "{}[..., 1:]",
        "{}.sum(0)", "({} > 0)", "{}.unsqueeze(-1)", "{}[:, :2]",
    ])  # fmt: skip

    def change(text: str) -> str:
        found = list(_NAME.finditer(text))
        if not found:
            return text
        chosen = rng.choice(found)
        return text[: chosen.start()] + around.format(chosen[0]) + text[chosen.end() :]

    return change


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


_CHANGES: Mapping[str, Callable[[Random, Spec], Change]] = {
    "number": _number, "name": _name, "wrapped": _wrapped, "operation": _operation, "type": _type,
    "swapped": _swapped,
}  # fmt: skip
