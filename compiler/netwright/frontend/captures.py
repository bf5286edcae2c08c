"""What a body reads from around it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from netwright.frontend.scope import Scope
from netwright.ir.expr import Call, Comprehension, Expr, Name, children
from netwright.ir.program import (
    Block,
    BufferNode,
    Control,
    ExprNode,
    Given,
    InlineNode,
    ModuleNode,
    Node,
    ParameterNode,
    TypeExpr,
)
from netwright.ops.initialisers import is_initialiser


def captures(block: Block, around: Scope) -> tuple[str, ...]:
    """The values, loop names, params and dims around an inline block that its body reads.

    In order of first use. Params of the file are among them (`params_read` tells which); modules,
    functions and constants are not.
    """
    return tuple(name for name, called in free(block).items() if _held(around, name, called))


def _held(around: Scope, name: str, called: bool) -> bool:
    binding = around.lookup(name)
    return binding is not None and (binding.module or not called)


def params_read(block: Block) -> tuple[str, ...]:
    """The params of the file that `block` reads without listing them, in order of first use."""
    if block is block.module.model:
        return ()
    params = {p.name: p for p in block.module.params}
    return tuple(
        name
        for name, called in free(block).items()
        if name in params and (params[name].type == "module" or not called)
    )


def free(block: Block) -> dict[str, bool]:
    """Names that a block's body reads and does not define, and whether each is only called."""
    found: dict[str, bool] = {}
    defined = {given.name for given in block.inputs} | {param.name for param in block.params}
    for given in block.inputs:
        _add(found, of_type(given.type), defined)
    for where in block.where:
        _add(found, reads(where), defined)
    for node in block.nodes:
        _add(found, node_reads(node), defined)
        defined.update(node.targets if isinstance(node, ExprNode) else (node.name,))
    for output in block.outputs:
        _add(found, reads(output.value), defined)
        _add(found, of_type(output.type), defined)
    return found


Read = tuple[str, bool]
"""A name, and whether it stands before a bracket: a function, or a module that is called."""


def _add(found: dict[str, bool], names: Iterable[Read], defined: Container[str]) -> None:
    for name, called in names:
        if name not in defined:
            found[name] = found.get(name, True) and called


def reads(expr: Expr, bound: frozenset[str] = frozenset()) -> Iterator[Read]:
    """The names that an expression reads from around it."""
    if isinstance(expr, Name):
        if expr.id not in bound:
            yield expr.id, False
    elif isinstance(expr, Comprehension):
        yield from reads(expr.iterable, bound)
        inner = bound | set(expr.targets)
        for part in (expr.element, *expr.conditions):
            yield from reads(part, inner)
    else:
        called = expr.func if isinstance(expr, Call) and isinstance(expr.func, Name) else None
        if called is not None and called.id not in bound:
            yield called.id, True
        for child in children(expr):
            if child is not called:
                yield from reads(child, bound)


def of_type(type: TypeExpr | None) -> Iterator[Read]:
    """The names in a type's dims."""
    while type is not None:
        for dim in type.dims:
            yield from reads(dim)
        type = type.item


def node_reads(node: Node) -> Iterator[Read]:
    """Names that a node reads from the level it stands on."""
    loop = node.control.loop
    if loop is not None:
        yield from reads(loop.iterable)
    bound = set() if loop is None else set(loop.names)
    if loop is not None and loop.over is not None:
        yield loop.over, False
    for name, called in _per_iteration(node):
        if name not in bound:
            yield name, called


def _per_iteration(node: Node) -> Iterator[Read]:
    for expr in expressions(node):
        yield from reads(expr)
    if isinstance(node, InlineNode):
        yield from free(node.block).items()


def expressions(node: Node) -> Iterator[Expr]:
    """The expressions of a node that each of its iterations reads, in order."""
    if isinstance(node, ModuleNode | InlineNode):
        yield from of_given(node.given)
    if isinstance(node, ModuleNode):
        yield node.callee
        yield from node.args.values()
    elif isinstance(node, ExprNode | BufferNode):
        yield node.value
    elif isinstance(node, ParameterNode):
        yield node.shape
        yield from computed(node)
    yield from of_control(node.control)


def computed(node: ParameterNode) -> Iterator[Expr]:
    """What is computed for what a parameter begins with."""
    if isinstance(node.init, Call) and is_initialiser(node.init):
        yield from node.init.args
        yield from (k.value for k in node.init.keywords)
    elif node.init is not None and not is_initialiser(node.init):
        yield node.init


def of_given(given: Given) -> Iterator[Expr]:
    yield from given.positional
    yield from given.named.values()


def of_control(control: Control) -> Iterator[Expr]:
    for expr in (control.when, control.otherwise, control.frozen, control.checkpoint):
        if expr is not None:
            yield expr
    for part in control.key or ():
        if part.expr is not None:
            yield part.expr
