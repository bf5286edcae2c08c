"""The instance tree: one block with its params chosen and its inputs typed, as a list of typed
steps.

Elaboration makes it; the fx back end lowers it, `show` counts over it, and the source back end
reads the facts that it recorded. Equal instances are one object: 126 equal layers share one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netwright.ir.dims import Size
from netwright.ir.expr import Expr
from netwright.ir.program import Block, Node
from netwright.ir.values import Scope, Tensor, Value
from netwright.source import NOWHERE, Span

Path = tuple[str, ...]
"""The names below an instance that lead to a child: `("layers", "0")`."""


@dataclass(frozen=True)
class Initial:
    """How a parameter begins: an initialiser by name, with evaluated arguments; or `value`, which
    `steps` compute, without a name."""

    name: str
    positional: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    steps: tuple[Step, ...] = ()
    value: Tensor | None = None


@dataclass(frozen=True, eq=False)
class WeightDecl:
    """A tensor that an instance or module owns, by its name below its owner.

    initial  of a parameter that has `init`: the same, evaluated
    inside   the classes inside a module of torch that own it too; see `ops.entry.Weight`
    steps    of a buffer: what computes its `value`, self-contained but for buffers
    """

    name: str
    shape: tuple[Size, ...]
    dtype: str
    buffer: bool = False
    persistent: bool = True
    frozen: bool = False
    init: Expr | None = None
    initial: Initial | None = None
    steps: tuple[Step, ...] = ()
    value: Tensor | None = None
    span: Span = NOWHERE
    inside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class ModuleChild:
    """One torch module: its op and constructor arguments."""

    op: Any  # ModuleOp
    args: Mapping[str, Value]
    weights: tuple[WeightDecl, ...]
    frozen: bool = False
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that happens in an instance, in order. `node` is the spec's node it belongs to."""

    node: Node | None = field(default=None, kw_only=True)
    span: Span = field(default=NOWHERE, kw_only=True)


@dataclass(frozen=True, eq=False)
class Apply(Step):
    """A function or method on tensors; `arguments` are bound by name, `results` what it gives."""

    op: Any  # FunctionOp
    arguments: Mapping[str, Value]
    results: tuple[Tensor, ...]
    is_list: bool = False
    by_mode: bool = False
    """Its `training` is the mode of the model; the spec says no other."""


@dataclass(frozen=True, eq=False)
class Operate(Step):
    """An operator: `+`, `@`, `<`, or unary `neg`, `not`, `~`."""

    operator: str
    operands: tuple[Value, ...]
    result: Tensor


@dataclass(frozen=True, eq=False)
class Subscript(Step):
    """`tensor[items]`; items are as in `ops.indexing`, tensors among them as `Tensor`."""

    tensor: Tensor
    items: tuple[Value, ...]
    result: Tensor


@dataclass(frozen=True, eq=False)
class Item(Step):
    """Item `index` of a list input of unknown length."""

    source: Value
    index: int
    result: Tensor


@dataclass(frozen=True, eq=False)
class ReadWeight(Step):
    """A parameter or buffer of this instance, or of a child (`embed.weight`)."""

    path: Path
    weight: WeightDecl
    result: Tensor


@dataclass(frozen=True, eq=False)
class CallModule(Step):
    """A torch module on its forward arguments."""

    path: Path
    child: ModuleChild
    arguments: Mapping[str, Value]
    results: tuple[Tensor, ...]
    checkpoint: bool = False


@dataclass(frozen=True, eq=False)
class CallBlock(Step):
    """A block instance. `results` pairs each tensor that the callee outputs with the caller's
    tensor."""

    path: Path
    child: Instance
    inputs: Mapping[str, Value]
    results: tuple[tuple[Tensor, Tensor], ...]
    checkpoint: bool = False


@dataclass(frozen=True, eq=False)
class Scan(Step):
    """A block walked along a dim.

    `walked` maps input names to (tensor, axis), `carried` input names to first values, `fixed`
    the rest. `carry` maps an input to the callee's output that replaces it; `stacked` pairs a
    callee's output with the caller's tensor that stacks it along `axis`, `final` one with the
    last carried value.
    """

    path: Path
    child: Instance
    walked: Mapping[str, tuple[Tensor, int]]
    carried: Mapping[str, Value]
    fixed: Mapping[str, Value]
    carry: Mapping[str, Tensor]
    stacked: tuple[tuple[Tensor, Tensor], ...]
    final: tuple[tuple[Tensor, Tensor], ...]
    axis: int


Child = "ModuleChild | Instance"


@dataclass(eq=False, repr=False)
class Instance:
    """A block with its params and input types.

    params    declared params and, for an inline block, what it captured that is no tensor
    inputs    input name -> this instance's own value for it (a `Tensor`, a tuple, None when absent)
    dims      what the names in input types are here
    children  path below this instance -> module or instance, in order of construction
    weights   tensors that this instance owns directly
    frozen    paths of the blocks below whose weights take no gradient
    outputs   output name -> value; empty names are for the one bare output
    facts     what the source back end needs to know, by place; see `passes.facts`
    """

    block: Block
    scope: Scope
    params: dict[str, Value]
    inputs: dict[str, Value]
    dims: dict[str, Size] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    children: dict[Path, ModuleChild | Instance] = field(default_factory=dict)
    weights: dict[str, WeightDecl] = field(default_factory=dict)
    frozen: set[Path] = field(default_factory=set)
    outputs: dict[str, Value] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    facts: dict[tuple[object, str], list[object]] = field(default_factory=dict)
    constraints: list[Expr] = field(default_factory=list)
    training: bool = False
    cut: tuple[str, ...] = ()
    """What `take` left of the block, empty for the whole of it."""
    start: int | None = None
    """In a `flat` graph, or one inside: the number of the first module."""

    def __repr__(self) -> str:
        """Short: instances share one another, and written out they would not end."""
        return f"Instance({self.block.name})"

    @property
    def count(self) -> int:
        """In a `flat` graph: how many modules it numbers."""
        inside = (c for c in self.children.values() if isinstance(c, Instance))
        nested = [c.count for c in inside if c.start is not None]
        return len(self.children) - len(nested) + sum(nested)

    def all_weights(self, prefix: Path = ()) -> Iterator[tuple[Path, WeightDecl]]:
        """Every weight below this instance with its path; shared ones under each of their names."""
        for weight in self.weights.values():
            yield (*prefix, *_parts(weight.name)), weight
        for path, child in self.children.items():
            below = (*prefix, *named(path))
            if isinstance(child, Instance):
                yield from child.all_weights(below)
            else:
                for weight in child.weights:
                    yield (*below, *_parts(weight.name)), weight

    def frozen_weights(self, prefix: Path = (), whole: bool = False) -> Iterator[Path]:
        """The paths of weights that take no gradient; all of them where `whole` says so."""
        for weight in self.weights.values():
            if whole or weight.frozen:
                yield (*prefix, *_parts(weight.name))
        for path, child in self.children.items():
            below = (*prefix, *named(path))
            if isinstance(child, Instance):
                yield from child.frozen_weights(below, whole or path in self.frozen)
            else:
                for weight in child.weights:
                    if whole or child.frozen or weight.frozen:
                        yield (*below, *_parts(weight.name))


def named(path: Path) -> Path:
    """`path` without the levels that add nothing to the weights' names (`key: ""`)."""
    return tuple(part for part in path if not part.startswith("~"))


def _parts(name: str) -> Path:
    return tuple(name.split("."))
