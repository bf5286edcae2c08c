"""The code IR: statements of emitted Python. Expressions are the spec's own expression tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netwright.ir.expr import (
    Attribute,
    Call,
    Comprehension,
    Expr,
    IfElse,
    Keyword,
    ListExpr,
    Literal,
    Name,
    TupleExpr,
)
from netwright.source import NOWHERE, Span


@dataclass(eq=False)
class Statement:
    """Base; `span` is the place in the spec that the statement comes from, `node` its path."""

    span: Span = field(default=NOWHERE, kw_only=True)
    comment: str = field(default="", kw_only=True)


@dataclass(eq=False)
class Assign(Statement):
    """`targets = value`; a target is a name, or a nested tuple of names (`lstm, (h_n, c_n)`)."""

    targets: tuple[object, ...]
    value: Expr
    flows: bool = False


@dataclass(eq=False)
class SetAttribute(Statement):
    """`self.path = value`, annotated where other values follow."""

    target: Expr
    value: Expr
    annotation: str = ""


@dataclass(eq=False)
class Evaluate(Statement):
    """An expression for its effect: `layers.append(layer)`."""

    value: Expr


@dataclass(eq=False)
class Return(Statement):
    value: Expr


@dataclass(eq=False)
class If(Statement):
    condition: Expr
    body: list[Statement]
    otherwise: list[Statement] = field(default_factory=list)


@dataclass(eq=False)
class For(Statement):
    targets: tuple[object, ...]
    iterable: Expr
    body: list[Statement]


@dataclass(eq=False)
class Raise(Statement):
    """`raise ValueError(message)`."""

    value: Expr


@dataclass
class Argument:
    """One argument of an emitted function: its annotation and default as source text."""

    name: str
    annotation: str
    default: str | None = None


@dataclass
class Function:
    """A method or function of the emitted file."""

    name: str
    arguments: list[Argument]
    returns: str
    body: list[Statement]
    doc: str = ""
    decorators: tuple[str, ...] = ()
    method: bool = True


@dataclass
class Class:
    """A class of the emitted file. `fields` are those of a NamedTuple, or the buffers of a module,
    whose types no call of `register_buffer` tells."""

    name: str
    doc: str
    functions: list[Function] = field(default_factory=list)
    fields: list[Argument] = field(default_factory=list)
    base: str = "nn.Module"
    span: Span = NOWHERE


@dataclass
class File:
    """An emitted file. `helpers` names the functions it brings along, `model` its main class."""

    title: str
    provenance: list[str]
    legend: str
    imports: list[str]
    helpers: list[str]
    classes: list[Class]
    model: str


@dataclass
class Extras:
    """What classes need around them: import lines and helper functions, by name."""

    imports: set[str] = field(default_factory=set)
    helpers: set[str] = field(default_factory=set)


def target_names(targets: tuple[object, ...]) -> Iterator[str]:
    """The names that a target binds, `_` left out."""
    for target in targets:
        if isinstance(target, tuple):
            yield from target_names(target)
        elif isinstance(target, str) and target != "_":
            yield target


def self_attr(*names: str) -> Expr:
    """`self.a.b`; a name that is a number indexes: `self.blocks[0]`.

    A number directly below the class is no attribute: `self.get_submodule("0")`.
    """
    from netwright.ir.expr import Index

    expr: Expr = Name("self")
    if names and names[0].isdigit():
        expr, names = call("self.get_submodule", Literal(names[0])), names[1:]
    for name in names:
        expr = Index(expr, (Literal(int(name)),)) if name.isdigit() else Attribute(expr, name)
    return expr


def call(func: Expr | str, *args: Expr, **keywords: Expr) -> Call:
    """A call; `func` may be a dotted path."""
    return Call(
        path(func) if isinstance(func, str) else func,
        args,
        tuple(Keyword(k, v) for k, v in keywords.items()),
    )


def path(dotted: str) -> Expr:
    """`torch.nn.functional` as an expression."""
    first, *rest = dotted.split(".")
    expr: Expr = Name(first)
    for name in rest:
        expr = Attribute(expr, name)
    return expr


def as_tuple(value: Expr) -> Expr:
    """A list as a tuple, since that is what a list param is declared as."""
    if isinstance(value, Comprehension):
        parts = value.element, value.targets, value.iterable, value.conditions
        return call("tuple", Comprehension(*parts, True))
    if isinstance(value, IfElse):
        return IfElse(value.condition, as_tuple(value.then), as_tuple(value.otherwise))
    if isinstance(value, ListExpr):
        return TupleExpr(tuple(as_tuple(item) for item in value.items))
    return value
