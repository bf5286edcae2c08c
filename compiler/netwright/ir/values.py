"""Values during elaboration: what a name stands for in one instance.

Numbers, strings, booleans and None are themselves, sizes `Dim`s, lists tuples. The rest is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netwright.ir.program import Block, Module
from netwright.ir.types import TensorType
from netwright.source import NOWHERE, Span

Value = Any
"""A number, str, bool, None, Dim, DType, tuple of values, or one of the classes below."""


@dataclass(eq=False, slots=True)
class Tensor:
    """A tensor of an instance. Its identity is what steps refer to.

    `label` says in diagnostics what it is called (set when a node takes it), `span` where it
    came from.
    """

    type: TensorType
    label: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class TensorList:
    """A list input of unknown length; every item has the type `item`."""

    item: TensorType
    label: str = ""


@dataclass(frozen=True, eq=False)
class Outputs:
    """Several results by name; the first is what the bare name means and what flows on."""

    items: Mapping[str, Value]

    @property
    def first(self) -> Value:
        return next(iter(self.items.values()))


@dataclass(frozen=True)
class Scope:
    """The params that the blocks of a file see: values of the model's params, by file."""

    module: Module
    params: tuple[tuple[str, Value], ...]
    table: Mapping[str, Value] = field(compare=False, hash=False)

    def __hash__(self) -> int:
        """Of the file alone: a param may be a long list, and every memo key holds a scope."""
        return hash(self.module)

    @classmethod
    def of(cls, module: Module, params: Mapping[str, Value]) -> Scope:
        return cls(module, tuple(params.items()), dict(params))


@dataclass(frozen=True)
class ModuleValue:
    """A module that is named but not built: an op or a block, perhaps partly applied.

    `scope` holds the params that a block sees; None for an op.
    """

    target: Any  # ModuleOp | Block
    args: tuple[tuple[str, Value], ...] = ()
    scope: Scope | None = None

    @property
    def name(self) -> str:
        return str(self.target.name)

    @property
    def block(self) -> Block | None:
        return self.target if isinstance(self.target, Block) else None


def rescoped(value: Value, scope: Scope) -> Value:
    """`value`, in which blocks of the scope's file see that scope.

    Defaults, variants and given params name blocks before the params have values.
    """
    if isinstance(value, tuple):
        return tuple(rescoped(v, scope) for v in value)
    if not isinstance(value, ModuleValue) or value.scope is scope:
        return value
    args = tuple((name, rescoped(arg, scope)) for name, arg in value.args)
    own = value.block is not None and value.block.module is scope.module
    return replace(value, args=args, scope=scope if own else value.scope)


@dataclass(frozen=True, eq=False)
class Namespace:
    """Another spec file, by the name that `use` gives it."""

    module: Module


_HOLDERS = (tuple, Outputs)
"""Values that hold others."""


class Poison:
    """The value of what could not be elaborated; everything that depends on it stays silent."""

    def __repr__(self) -> str:
        return "POISON"


POISON = Poison()


def is_poison(value: Value) -> bool:
    """Whether `value` is or holds something that could not be elaborated."""
    if isinstance(value, Outputs):
        return is_poison(tuple(value.items.values()))
    if not isinstance(value, tuple):
        return value is POISON
    return any(item is POISON or (isinstance(item, _HOLDERS) and is_poison(item)) for item in value)


def first(value: Value) -> Value:
    """What the bare name of several results means: the first."""
    return value.first if isinstance(value, Outputs) else value


def tensors(value: Value) -> Iterator[Tensor]:
    """The tensors in `value`, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            if isinstance(item, Tensor):
                yield item
            elif isinstance(item, _HOLDERS):
                yield from tensors(item)
    elif isinstance(value, Outputs):
        for item in value.items.values():
            yield from tensors(item)


def to_type(value: Value) -> Value:
    """`value` with every tensor replaced by its type, as rules and memo keys see it."""
    if isinstance(value, Tensor):
        return value.type
    if isinstance(value, TensorList):
        return ("list", value.item)
    if isinstance(value, tuple):
        return tuple(to_type(v) for v in value)
    if isinstance(value, Outputs):
        return tuple((k, to_type(v)) for k, v in value.items.items())
    return value


def describe(value: Value) -> str:
    """What `value` is, for a diagnostic: `float[B, 64]`, `3`, `a list`."""
    if isinstance(value, Tensor):
        return str(value.type)
    if isinstance(value, TensorList):
        return f"list[{value.item}]"
    if isinstance(value, ModuleValue):
        return f"the module `{value.name}`"
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Outputs):
        return "several results (" + ", ".join(value.items) + ")"
    return repr(value) if isinstance(value, str) else str(value)
