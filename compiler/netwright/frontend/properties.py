"""`properties`: what a spec claims of its model, which the verifier holds it to.

A claim is plain data. Here it is checked that each is one that the verifier knows, that its value
has the right form, and that the dims, inputs, outputs and nodes that it names are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from netwright.diagnostics import Diagnostic
from netwright.frontend.document import MappingValue, Scalar, SequenceValue, Value
from netwright.frontend.form import Form
from netwright.frontend.identifiers import did_you_mean, is_integer
from netwright.frontend.typeparse import ANY, dim_names
from netwright.ir.expr import Name
from netwright.ir.program import Block, InlineNode, Module, ModuleNode, Node
from netwright.source import Span

_COUNT = re.compile(r"(\d[\d_]*(?:\.\d+)?)\s*([KMGBT]?)")
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Field:
    """A key of a claim's mapping. `kind` is one of `_KINDS`."""

    kind: str
    doc: str
    required: bool = True


@dataclass(frozen=True)
class Claim:
    """A property that a spec can claim.

    doc      what is claimed, as the language's page has it
    form     what its value is, as a diagnostic says it after the name
    example  a value
    fields   of a value that is a mapping
    kind     one of `_KINDS`, for a value that need not be a mapping with `fields`
    """

    doc: str
    form: str
    example: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    kind: str = ""


_ABOUT_A_DIM = "names the dim that it is about"
_OVER = Field("dim", "The dim.")
_INDICES = Field("inputs", "Inputs whose values are numbers of items, as edges are.", False)
_SHIFTED = {
    "over": Field("dims", "The dim or dims that are shifted."),
    "by": Field("count", "By how many steps of the input."),
    "margin": Field("whole", "How far the borders reach, in steps of the input.", False),
}

PROPERTIES = {
    "causal": Claim(
        "no output at a position depends on inputs at later ones",
        _ABOUT_A_DIM,
        "{over: T}",
        {"over": _OVER},
    ),
    "position_sensitive": Claim(
        "the order of the positions matters",
        _ABOUT_A_DIM,
        "{over: T}",
        {
            "over": _OVER,
            "absolute": Field("flag", "Equal inputs give different outputs, too.", False),
        },
    ),
    "padding_invariant": Claim(
        "what the mask leaves out influences nothing",
        "names the mask and the dim that it masks, or is null",
        "{mask: attention_mask, over: T}",
        {
            "mask": Field("input", "The input that says which positions count."),
            "over": _OVER,
            "keep": Field("flag", "What the mask has where a position counts.", False),
        },
        "nullable",
    ),
    "permutation_invariant": Claim(
        "the order of the items changes nothing",
        _ABOUT_A_DIM,
        "{over: N}",
        {"over": _OVER, "indices": _INDICES},
    ),
    "permutation_equivariant": Claim(
        "items in another order give the same outputs in that order",
        _ABOUT_A_DIM,
        "{over: N}",
        {"over": _OVER, "indices": _INDICES},
    ),
    "translation_invariant": Claim(
        "a shift of the input changes nothing",
        "names the dims that are shifted, and by how much",
        "{over: [H, W], by: 4}",
        _SHIFTED,
    ),
    "translation_equivariant": Claim(
        "a shift of the input shifts the outputs alike",
        "names the dims that are shifted, and by how much",
        "{over: [H, W], by: 4}",
        _SHIFTED,
    ),
    "batch": Claim(
        "the dim of independent samples; null where there is none",
        "is the dim of independent samples, or null",
        "B",
        kind="dim_or_null",
    ),
    "parameters": Claim(
        "exactly so many learned numbers", "is a number of weights", "11_689_512", kind="counts"
    ),
    "max_parameters": Claim(
        "no more learned numbers than that", "is a number of weights", "12M", kind="counts"
    ),
    "max_flops": Claim(
        "no more operations than that in a call, at these sizes",
        "is a number of operations at some sizes",
        "{total: 4.1G, at: {B: 1, H: 224, W: 224}}",
        {
            "total": Field("count", "The number of operations."),
            "at": Field("sizes", "The size of every dim."),
        },
    ),
    "output_range": Claim(
        "every value of the outputs lies within, ends included; null leaves an end open",
        "is a lowest and a highest value, or a pair of them for each output",
        "[0, 1]",
        kind="ranges",
    ),
    "sums_to_one": Claim(
        "outputs that are probabilities: none is negative, their sum over the axis or dim is 1",
        "is an axis or a dim for each output",
        "{logits: -1}",
        kind="axes",
    ),
    "init_scale": Claim(
        "the standard deviation of an output or a node lies within, before training",
        "is a lowest and a highest standard deviation for each output or node",
        "{logits: [0.5, 2]}",
        kind="scales",
    ),
    "residual": Claim(
        "each of these blocks gives its input and what its branches add",
        "lists the paths of blocks",
        "[layers]",
        kind="paths",
    ),
    "surrogate_gradients": Claim(
        "these nodes have another gradient than that of their values, and shall",
        "lists the paths of nodes",
        "[quantised]",
        kind="paths",
    ),
    "tied": Claim(
        "the weights of each list are one tensor",
        "lists weights that are one tensor",
        "[[head.weight, embed.weight]]",
        kind="groups",
    ),
}
"""Every property, by name."""


def properties(
    form: Form,
    value: Value | None,
    module: Module,
    model: Block | None,
    variants: Collection[str] | None,
) -> dict[str, object]:
    """The claims as plain data, `12M` as a number.

    Args:
        variants: their names; None where they could not be read.
        model: None where its inputs and outputs could not be read.
    """
    found: dict[str, object] = {}
    for key, held in form.entries(value):
        claim = PROPERTIES.get(key.text)
        if claim is None:
            known = ", ".join(f"`{name}`" for name in PROPERTIES)
            help = did_you_mean(key.text, PROPERTIES) or f"the properties are {known}"
            message = f"there is no property `{key.text}`"
            form.report.add(Diagnostic("E0409", message, key.span, help=help))
            continue
        found[key.text] = _Reading(form, module, model, variants, key.text, claim).claim(held)
    return found


class _Unfit(Exception):
    """A value at fault, which has been reported."""


@dataclass(frozen=True)
class _Reading:
    """Reads the value of one claim."""

    form: Form
    module: Module
    model: Block | None
    variants: Collection[str] | None
    name: str
    about: Claim

    def claim(self, value: Value) -> object:
        try:
            if self.about.kind == "nullable" and _is_null(value):
                return None
            if self.about.fields:
                return self.mapping(value)
            return _KINDS[self.about.kind](self, value)
        except _Unfit:
            return None

    def mapping(self, value: Value) -> dict[str, object]:
        if not isinstance(value, MappingValue):
            raise self.malformed(value)
        for key, entry in value.entries.items():
            if key not in self.about.fields:
                listed = ", ".join(f"`{name}`" for name in self.about.fields)
                help = did_you_mean(key, self.about.fields) or f"it has {listed}"
                raise self.fault(f"`{self.name}` has no `{key}`", entry.key.span, help)
        for name, part in self.about.fields.items():
            if part.required and name not in value.entries:
                raise self.malformed(value)
        return {
            key: _KINDS[self.about.fields[key].kind](self, entry.value)
            for key, entry in value.entries.items()
        }

    def malformed(self, value: Value) -> _Unfit:
        help = f"as in `{self.about.example}`"
        return self.fault(f"`{self.name}` {self.about.form}", value.span, help)

    def fault(self, message: str, span: Span, help: str = "") -> _Unfit:
        self.form.report.add(Diagnostic("E0409", message, span, help=help))
        return _Unfit()

    # Values -----------------------------------------------------------------------------

    def text(self, value: Value) -> str:
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return value.text
        raise self.malformed(value)

    def flag(self, value: Value) -> bool:
        if isinstance(value, Scalar) and isinstance(value.value, bool):
            return value.value
        raise self.malformed(value)

    def whole(self, value: Value) -> int:
        plain = value.value if isinstance(value, Scalar) else None
        if isinstance(plain, int) and not isinstance(plain, bool):
            return plain
        raise self.malformed(value)

    def count(self, value: Value) -> int:
        """A positive number of things, as in `340000`, `11_689_512` or `12M`."""
        match = _COUNT.fullmatch(value.text) if isinstance(value, Scalar) else None
        number = round(float(match[1]) * _UNITS[match[2]]) if match and match[2] else 0
        if match and not match[2] and "." not in match[1]:
            number = int(match[1])
        if number <= 0:
            help = "as in `12M` or `340000`"
            raise self.fault(f"`{self.name}` {self.about.form}", value.span, help)
        return number

    def counts(self, value: Value) -> object:
        """A number, or one for each variant."""
        if not isinstance(value, MappingValue):
            return self.count(value)
        for name, entry in value.entries.items():
            self.known(name, entry.key.span, "the spec has no variant", self.variants)
        return {name: self.count(entry.value) for name, entry in value.entries.items()}

    def range(self, value: Value) -> list[float | None]:
        """`[low, high]`; null leaves an end open."""
        items = value.items if isinstance(value, SequenceValue) else ()
        plain = [item.value if isinstance(item, Scalar) else "" for item in items]
        if len(plain) != 2 or any(isinstance(p, str | bool) for p in plain):
            raise self.malformed(value)
        low, high = (None if p is None else float(p) for p in plain)
        if low is not None and high is not None and low > high:
            raise self.fault("the lowest value comes first", value.span)
        return [low, high]

    def ranges(self, value: Value) -> object:
        if not isinstance(value, MappingValue):
            return self.range(value)
        for name, entry in value.entries.items():
            self.known(name, entry.key.span, "the model has no output", self.outputs)
        return {name: self.range(entry.value) for name, entry in value.entries.items()}

    # Names ------------------------------------------------------------------------------

    @cached_property
    def dims(self) -> Collection[str] | None:
        """The dims that inputs bind; None where that is open."""
        if self.model is None or any(given.type == ANY for given in self.model.inputs):
            return None
        params = {param.name for param in self.model.params}
        bound = [dim for given in self.model.inputs for dim in dim_names(given.type)]
        return dict.fromkeys(dim for dim in bound if dim not in params)

    @cached_property
    def given(self) -> Collection[str] | None:
        """The names of the inputs."""
        return None if self.model is None else {given.name: None for given in self.model.inputs}

    @cached_property
    def outputs(self) -> Collection[str] | None:
        """The names of the outputs; None where that is open, as it is where none is declared."""
        found = () if self.model is None else self.model.outputs
        return {output.name: None for output in found} or None

    def known(self, name: str, span: Span, message: str, known: Collection[str] | None) -> str:
        if known is not None and name not in known:
            listed = ", ".join(f"`{one}`" for one in known)
            help = did_you_mean(name, known) or (listed and f"it has {listed}")
            raise self.fault(f"{message} `{name}`", span, help)
        return name

    def dim(self, value: Value) -> str:
        name, dims = self.text(value), self.dims
        if dims is not None and name not in dims:
            listed = ", ".join(f"`{dim}`" for dim in dims)
            help = did_you_mean(name, dims) or (listed and f"they bind {listed}")
            raise self.fault(f"`{name}` is no dim that the model's inputs bind", value.span, help)
        return name

    def dim_or_null(self, value: Value) -> str | None:
        return None if _is_null(value) else self.dim(value)

    def dims_(self, value: Value) -> list[str]:
        """One dim or several."""
        if isinstance(value, SequenceValue) and value.items:
            return [self.dim(item) for item in value.items]
        return [self.dim(value)]

    def axis(self, value: Value) -> int | str:
        """The number of an axis, or a dim."""
        plain = value.value if isinstance(value, Scalar) else None
        return self.dim(value) if isinstance(plain, str) else self.whole(value)

    def axes(self, value: Value) -> dict[str, int | str]:
        if not isinstance(value, MappingValue) or not value.entries:
            raise self.malformed(value)
        for name, entry in value.entries.items():
            self.known(name, entry.key.span, "the model has no output", self.outputs)
        return {name: self.axis(entry.value) for name, entry in value.entries.items()}

    def sizes(self, value: Value) -> dict[str, int]:
        if not isinstance(value, MappingValue):
            raise self.malformed(value)
        for key, entry in value.entries.items():
            self.known(key, entry.key.span, "the model's inputs bind no dim", self.dims)
        for dim in self.dims or ():
            if dim not in value.entries:
                raise self.fault(f"the size of `{dim}` is missing", value.span)
        return {name: self.count(entry.value) for name, entry in value.entries.items()}

    def input(self, value: Value) -> str:
        name = self.text(value)
        missed = f"there is no `{name}` here"
        if any(d.code == "E0204" and d.message == missed for d in self.form.report):
            raise _Unfit  # an input that the graph reads, too: it is gone, and that is the fault
        return self.known(name, value.span, "the model has no input", self.given)

    def inputs(self, value: Value) -> list[str]:
        if isinstance(value, SequenceValue):
            return [self.input(item) for item in value.items]
        return [self.input(value)]

    # Paths ------------------------------------------------------------------------------

    def path(self, value: Value) -> str:
        """A node or a weight, by its dotted path."""
        return self.walked(self.text(value), value.span)

    def paths(self, value: Value) -> list[str]:
        if isinstance(value, SequenceValue) and value.items:
            return [self.path(item) for item in value.items]
        return [self.path(value)]

    def groups(self, value: Value) -> list[list[str]]:
        items = value.items if isinstance(value, SequenceValue) else ()
        grouped = [self.paths(i) for i in items if isinstance(i, SequenceValue)]
        if not items or len(grouped) != len(items) or any(len(group) < 2 for group in grouped):
            raise self.malformed(value)
        return grouped

    def scales(self, value: Value) -> dict[str, object]:
        if not isinstance(value, MappingValue) or not value.entries:
            raise self.malformed(value)
        for name, entry in value.entries.items():
            if name not in (self.outputs or ()):
                self.walked(name, entry.key.span)
        return {name: self.range(entry.value) for name, entry in value.entries.items()}

    def walked(self, path: str, span: Span) -> str:
        """`path`, if its nodes are there as far as the blocks of this file tell."""
        block, parts = self.model, path.split(".")
        for place, part in enumerate(parts):
            if block is None:
                break
            names = self.nodes(block)
            if part in names:
                block = self.held(names[part])
            elif place == 0 or not is_integer(part):
                where = f"`{'.'.join(parts[:place])}`" if place else "the model"
                raise self.fault(f"{where} has no node `{part}`", span, did_you_mean(part, names))
        return path

    def nodes(self, block: Block) -> Mapping[str, Node]:
        """The nodes of a block by what paths call them: their names, and the parts of keys."""
        if block not in self._nodes:
            named = ((name, node) for node in block.nodes for name in _names(node))
            self._nodes[block] = dict(named)
        return self._nodes[block]

    @cached_property
    def _nodes(self) -> dict[Block, Mapping[str, Node]]:
        return {}

    def held(self, node: Node) -> Block | None:
        """The block that a node holds, None for none or one of another file."""
        if isinstance(node, InlineNode):
            return node.block
        if isinstance(node, ModuleNode) and isinstance(node.callee, Name):
            return self.module.blocks.get(node.callee.id)
        return None


def _is_null(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value is None


def _names(node: Node) -> Iterator[str]:
    yield node.name
    if node.control.key is not None:
        yield from "".join(part.text for part in node.control.key).split(".")


_KINDS: dict[str, Callable[[_Reading, Value], object]] = {
    "axes": _Reading.axes,
    "count": _Reading.count,
    "counts": _Reading.counts,
    "dim": _Reading.dim,
    "dim_or_null": _Reading.dim_or_null,
    "dims": _Reading.dims_,
    "flag": _Reading.flag,
    "groups": _Reading.groups,
    "input": _Reading.input,
    "inputs": _Reading.inputs,
    "paths": _Reading.paths,
    "ranges": _Reading.ranges,
    "scales": _Reading.scales,
    "sizes": _Reading.sizes,
    "whole": _Reading.whole,
}
