"""Expressions that are computed when the model is built."""

from __future__ import annotations

from netwright.backends.source import calls
from netwright.backends.source.access import access
from netwright.backends.source.code import Extras, as_tuple, call, path
from netwright.backends.source.context import ClassContext
from netwright.backends.source.hoisting import hoisted
from netwright.backends.source.translate import Translator
from netwright.backends.source.words import ctor_name
from netwright.ir import expr as ex
from netwright.ir.printer import rebuild
from netwright.ir.program import BufferNode, ExprNode, ParameterNode
from netwright.ir.types import DTYPES
from netwright.ir.values import Value


class BuildTime(Translator):
    """Translates expressions for `__init__`; `needed` collects the names they read."""

    def __init__(self, extras: Extras, context: ClassContext) -> None:
        super().__init__(extras, context)
        self.needed: dict[str, None] = {}
        self.hoisted: dict[str, ex.Expr] = hoisted(context)
        self.items: dict[str, tuple[ex.Expr, Value]] = {}
        """Items of lists that the parent passes, once `items` has looked: how, and one of them."""

    def name(self, name: str) -> ex.Expr:
        if any(name in scope for scope in self.bound):
            return ex.Name(name)
        node = self.nodes.get(name)
        if name in self.tensors and isinstance(node, ParameterNode | BufferNode):
            return access(self.context, node)
        if self.context.is_absent(name):
            return ex.Literal(None)
        if name in DTYPES and not self.has_number(name):
            return calls.dtype(name, self.around)
        if name in ("pi", "inf") and name not in self.facts.sample.scope.table:
            self.extras.imports.add("import math")
            return path(f"math.{name}")
        if isinstance(node, ExprNode) and name not in self.hoisted:
            return ex.Name(name)
        self.needed.setdefault(name)
        return ex.Name(ctor_name(self.context, name))

    def condition(self, expr: ex.Expr, hint: str = "") -> ex.Expr:
        return self.expr(expr)

    def _if_else(self, expr: ex.IfElse) -> ex.Expr:
        if any(map(self.context.is_absent, ex.free_names(expr.condition))):
            return super()._if_else(expr)
        parts = (expr.condition, expr.then, expr.otherwise)
        condition, then, otherwise = (self.expr(p) for p in parts)
        return ex.IfElse(condition, then, otherwise, span=expr.span)

    def is_build(self, expr: ex.Expr) -> bool:
        """As in `forward`; a size that is read off a tensor may be known here, too."""
        known = rebuild(expr, lambda e: self.facts.sizes.get((e, "size")))
        return super().is_build(known)

    def expr(self, expr: ex.Expr) -> ex.Expr:
        if (expr, "size") in self.facts.sizes:
            return self.expr(self.facts.sizes[expr, "size"])
        if isinstance(expr, ex.BoolOp):
            return ex.BoolOp(expr.op, tuple(self.expr(v) for v in expr.values), span=expr.span)
        if isinstance(expr, ex.Index) and is_call(expr.value, "linspace"):
            assert isinstance(expr.value, ex.Call)
            return self._linspace(expr.value, self.expr(expr.items[0]))
        if is_call(expr, "linspace"):
            assert isinstance(expr, ex.Call)
            steps = call("range", self.expr(_argument(expr, 2, "steps")))
            return ex.Comprehension(self._linspace(expr, ex.Name("k")), ("k",), steps)
        if is_call(expr, "make_divisible"):
            self.extras.helpers.add("make_divisible")
        return _beside_tuples(super().expr(expr))

    def _linspace(self, expr: ex.Call, index: ex.Expr) -> ex.Expr:
        """Item `index` of `linspace(start, end, steps)` as arithmetic."""
        start, end = _argument(expr, 0, "start"), _argument(expr, 1, "end")
        steps = self.expr(_argument(expr, 2, "steps"))
        span = call("max", ex.Binary("-", steps, ex.Literal(1)), ex.Literal(1))
        if isinstance(start, ex.Literal) and start.value == 0:
            return ex.Binary("/", ex.Binary("*", self.expr(end), index), span)
        width = ex.Binary("-", self.expr(end), self.expr(start))
        part = ex.Binary("/", ex.Binary("*", width, index), span)
        return ex.Binary("+", self.expr(start), part)


def _beside_tuples(expr: ex.Expr) -> ex.Expr:
    """Operands that are lists as tuples, since list params are: `widths + (dim,)`."""
    match expr:
        case ex.Binary(op=op, left=left, right=right):
            return ex.Binary(op, as_tuple(left), as_tuple(right), span=expr.span)
        case ex.Compare(left=left, ops=ops, rights=rights):
            return ex.Compare(as_tuple(left), ops, tuple(map(as_tuple, rights)), span=expr.span)
    return expr


def is_call(expr: ex.Expr, name: str) -> bool:
    return isinstance(expr, ex.Call) and isinstance(expr.func, ex.Name) and expr.func.id == name


def _argument(call_: ex.Call, position: int, name: str) -> ex.Expr:
    if position < len(call_.args):
        return call_.args[position]
    return next(k.value for k in call_.keywords if k.name == name)
