"""The generic program: a spec with its names bound and its expressions parsed, params still free.

Blocks nest: a model holds the blocks of its file, a node may hold an inline block. Everything is
frozen and compared by identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from typing import Literal as Choice

from netwright.ir.expr import Call, Expr, Name
from netwright.source import NOWHERE, Span

ParamType = str
"""`int`, `float`, `bool`, `str`, `module`, or `list[...]` of one of these."""


@dataclass(frozen=True, eq=False)
class Param:
    """A param of a block. `default` is None for a required one; `optional` admits the value
    None."""

    name: str
    type: ParamType
    default: Expr | None
    optional: bool = False
    minimum: int | float | None = None
    maximum: int | float | None = None
    choices: tuple[object, ...] = ()
    doc: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class TypeExpr:
    """A value's type as written: `float[B, T, dim]`; dims are expressions or `Dots`.

    `item` is set for `list[...]`, whose dtype and dims are then empty.
    """

    dtype: str
    dims: tuple[Expr, ...]
    item: TypeExpr | None = None
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class Input:
    name: str
    type: TypeExpr
    optional: bool = False
    doc: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class Output:
    """`value` None stands for the last value of the graph (a block without `outputs`)."""

    name: str
    value: Expr
    type: TypeExpr | None = None
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class Loop:
    """`repeat`, `each` or `scan`.

    targets   the names that the author binds in each iteration
    iterable  for `repeat` a number or a list, for `each` a list, for `scan` the tensors
    over      for `scan`: the name of the dim that the tensors are walked along
    """

    kind: Choice["repeat", "each", "scan"]
    targets: tuple[str, ...]
    iterable: Expr
    over: str | None = None
    collect: bool = False
    span: Span = NOWHERE

    @property
    def names(self) -> tuple[str, ...]:
        """All names that an iteration binds.

        `i` counts, but in a `scan` and where `repeat: j in range(n)` names the counter: that leaves
        the `i` of a loop around it alone.
        """
        counted = self.kind == "repeat" and self.targets and _is_range(self.iterable)
        if self.kind == "scan" or counted or "i" in self.targets:
            return self.targets
        return (*self.targets, "i")


def _is_range(expr: Expr) -> bool:
    return isinstance(expr, Call) and isinstance(expr.func, Name) and expr.func.id == "range"


@dataclass(frozen=True, eq=False)
class Given:
    """What a node receives: `positional` expressions in order, `named` ones by input name.

    `implicit` says that nothing was written, so that the running value is the input.
    """

    positional: tuple[Expr, ...] = ()
    named: Mapping[str, Expr] = field(default_factory=dict)
    implicit: bool = False
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class KeyPart:
    """A piece of a `key`: literal text or an expression in braces."""

    text: str = ""
    expr: Expr | None = None


@dataclass(frozen=True, eq=False)
class Control:
    """Control keys of a node. `when`, `frozen` and `checkpoint` are conditions; None where
    absent."""

    loop: Loop | None = None
    when: Expr | None = None
    otherwise: Expr | None = None
    take: tuple[str, ...] = ()
    take_span: Span = NOWHERE
    single_take: bool = False
    key: tuple[KeyPart, ...] | None = None
    shared: bool = False
    frozen: Expr | None = None
    checkpoint: Expr | None = None
    doc: str = ""


@dataclass(frozen=True, eq=False)
class Node:
    """Base of the nodes of a graph. `name_span` is the key, `span` the value."""

    name: str
    span: Span = field(default=NOWHERE, kw_only=True)
    name_span: Span = field(default=NOWHERE, kw_only=True)
    control: Control = field(default_factory=Control, kw_only=True)


@dataclass(frozen=True, eq=False)
class ModuleNode(Node):
    """A module: `callee` names an op of torch.nn, a block, a model, or a param that holds one."""

    callee: Expr
    args: Mapping[str, Expr]
    arg_spans: Mapping[str, Span]
    given: Given


@dataclass(frozen=True, eq=False)
class InlineNode(Node):
    """`{graph: ...}`: a block without a name that sees everything around it.

    captures  the names that its body reads from around it, in order of first use
    flat      whether its modules are numbered in the order of use, through all graphs inside
    """

    block: Block
    given: Given
    captures: tuple[str, ...]
    flat: bool = False


@dataclass(frozen=True, eq=False)
class ExprNode(Node):
    """An expression over earlier values; `targets` are several for `q, k, v: chunk(...)`."""

    targets: tuple[str, ...]
    value: Expr


@dataclass(frozen=True, eq=False)
class ParameterNode(Node):
    """`{parameter: shape, init: ...}`; what it begins with is an initialiser, or an expression."""

    shape: Expr
    init: Expr | None


@dataclass(frozen=True, eq=False)
class BufferNode(Node):
    """`{buffer: value, persistent: ...}`."""

    value: Expr
    persistent: bool


@dataclass(frozen=True, eq=False, repr=False)
class Block:
    """A model, a block or the body of an inline block."""

    name: str
    doc: str
    params: tuple[Param, ...]
    inputs: tuple[Input, ...]
    where: tuple[Expr, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    module: Module
    """The file it stands in, whose params and blocks it sees."""
    inline: bool = False
    span: Span = NOWHERE

    def __repr__(self) -> str:
        """Short: a block leads to its file, and so to everything."""
        return f"Block({self.name})"


@dataclass(frozen=True, eq=False)
class Method:
    name: str
    doc: str
    inputs: Mapping[str, Expr]
    outputs: Mapping[str, Expr]
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class InitRule:
    """`match` as written (`Linear.weight`, `*.proj.weight`), `value` the initialiser."""

    match: str
    value: Expr
    span: Span = NOWHERE
    match_span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class Tie:
    """`target` shares the storage of the weight that `source` names, or of none where it gives
    None."""

    target: str
    source: Expr
    span: Span = NOWHERE
    target_span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class KeyRule:
    """One step of a key map for published checkpoints; `artifact.KeyRule` says what it does."""

    match: str
    to: str | None
    split: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    stack: str = ""
    unstack: str = ""
    dim: int = 0
    transpose: bool = False
    span: Span = NOWHERE


@dataclass(frozen=True, eq=False)
class Variant:
    """`purpose` is `verify` for the one that the verifier takes in place of a large model."""

    name: str
    values: Mapping[str, Expr]
    spans: Mapping[str, Span]
    span: Span = NOWHERE
    purpose: str = ""


@dataclass(eq=False, repr=False)
class Module:
    """One spec file. Filled in two steps, since blocks refer to it and to one another.

    `model` is None for a library. `uses` maps namespaces to other files.
    """

    file: str
    path: str
    """Relative to the catalogue root, for provenance lines."""
    digest: str
    """sha256 of the text, in hex."""
    doc: str = ""
    model: Block | None = None
    params: tuple[Param, ...] = ()
    blocks: dict[str, Block] = field(default_factory=dict)
    uses: dict[str, Module] = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)
    methods: tuple[Method, ...] = ()
    init: tuple[InitRule, ...] = ()
    ties: tuple[Tie, ...] = ()
    weights: dict[str, tuple[KeyRule, ...]] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    properties: dict[str, object] = field(default_factory=dict)
    faulty: frozenset[Node] = frozenset()
    """Nodes that the front end has reported; elaboration passes over them, and over what depends
    on them."""
    defaults: Any = None
    """The scope of its params' defaults, once `passes.params` has found it."""

    def __repr__(self) -> str:
        return f"Module({self.path})"

    def all_blocks(self) -> Iterator[Block]:
        if self.model is not None:
            yield self.model
        yield from self.blocks.values()
