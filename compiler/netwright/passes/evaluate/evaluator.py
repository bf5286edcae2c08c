"""Evaluation of expressions in one instance: numbers to numbers, tensors to typed steps.

In symbolic mode (the source back end's second look at a class) integers that come from names stay
symbols with a witness, so that a size remembers the expression that gave it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from netwright.ir import expr as ex
from netwright.ir.dims import Dim, symbol
from netwright.ir.instance import Step
from netwright.ir.printer import to_source
from netwright.ir.values import POISON, Outputs, Tensor, Value, is_poison
from netwright.ops.entry import OpError
from netwright.passes import numbers
from netwright.passes.evaluate import attributes, calls, indexing, lists, names, operators
from netwright.passes.faults import Fault, Silent, fault, op_fault
from netwright.passes.frame import Frame
from netwright.passes.numbers import NumberError, SizeUnknown
from netwright.passes.work import spend, spend_on


class Evaluator:
    """Evaluates expressions in a frame. `call_again` runs a node's module again (`embed(ids)`)."""

    def __init__(self, frame: Frame, call_again: Any = None) -> None:
        self.frame = frame
        self.call_again = call_again

    def value(self, expr: ex.Expr) -> Value:
        """The value of `expr`; raises Fault or Silent."""
        spend(1)
        evaluate = _EVALUATE.get(type(expr))
        if evaluate is None:
            fault("E0108", "this has no value here", expr.span)
        result = evaluate(self, expr)
        if isinstance(result, tuple):
            spend(self._length(expr, result))
        elif isinstance(result, str):
            spend(len(result))
        elif isinstance(result, Dim):
            spend(result.length)
        if self.frame.symbolic:
            result = self._symbolised(expr, result)
        if result is POISON or (isinstance(result, tuple | Outputs) and is_poison(result)):
            raise Silent
        return result

    def _length(self, expr: ex.Expr, items: tuple[Value, ...]) -> int:
        """The items of a list and of the lists in it, which stay within the budget."""
        total, left = 0, [items]
        while left:
            here = left.pop()
            total += len(here)
            if total > numbers.MAX_LIST:
                message = f"lists of more than {numbers.MAX_LIST} items in all"
                fault("E0501", message, expr.span)
            left += [item for item in here if isinstance(item, tuple)]
        return total

    def condition(self, expr: ex.Expr) -> bool:
        """`expr` as a condition that is decided here and now."""
        value = self.value(expr)
        if isinstance(value, Outputs):
            value = value.first
        if isinstance(value, Tensor):
            fault(
                "E0310",
                "a condition on a tensor's values cannot be decided",
                expr.span,
                label=f"this is {value.type}",
                help="use `where(condition, a, b)`",
            )
        try:
            return bool(numbers.plain(value))
        except SizeUnknown as unknown:
            self.unknown(unknown, expr)

    def number(self, expr: ex.Expr) -> Value:
        """`expr` as a number or list of numbers known at build."""
        value = self.value(expr)
        try:
            return numbers.plain(value)
        except SizeUnknown as unknown:
            self.unknown(unknown, expr)

    def _symbolised(self, expr: ex.Expr, value: Value) -> Value:
        """An integer that came from names, as a symbol that remembers `expr`."""
        if type(value) is not int or not isinstance(
            expr, ex.Call | ex.Index | ex.IfElse | ex.Attribute
        ):
            return value
        if not ex.free_names(expr):
            return value
        written = self.frame.written(expr)
        text = to_source(expr) if written is None else to_source(written)
        return symbol(f"?{text}" if written is None else text, value, expr=written)

    def numeric(self, expr: ex.Expr, compute: Any) -> Value:
        try:
            return compute()
        except SizeUnknown as unknown:
            self.unknown(unknown, expr)
        except NumberError as error:
            fault("E0410", str(error), expr.span)

    def unknown(self, unknown: SizeUnknown, expr: ex.Expr) -> NoReturn:
        fault(
            "E0306",
            f"the size `{unknown.size}` is only known at run time, "
            "but is needed to build the model",
            expr.span,
            help=_DIVIDE
            if any(isinstance(e, ex.Binary) and e.op == "/" for e in ex.walk(expr))
            else "make it a param, or give the input a fixed size there",
        )

    def typed(self, expr: ex.Expr, compute: Any, *operands: Value) -> Any:
        try:
            return compute()
        except OpError as error:
            named = [self.frame.names.get(name) for name in ex.free_names(expr)]
            raise Fault(op_fault(error, expr, operands, {}, named)) from None
        except SizeUnknown as unknown:
            self.unknown(unknown, expr)

    def step(self, step: Step, *results: Tensor) -> None:
        for result in results:
            spend_on(result.type)
        self.frame.instance.steps.append(step)


_DIVIDE = "`//` divides sizes, `/` gives a fraction"
_EVALUATE: dict[type[ex.Expr], Callable[[Evaluator, Any], Value]] = {
    ex.Literal: lambda evaluator, expr: expr.value,
    ex.Dots: lambda evaluator, expr: ...,
    ex.Name: names.name,
    ex.Attribute: attributes.attribute,
    ex.Unary: operators.unary,
    ex.Binary: operators.binary,
    ex.Compare: operators.compare,
    ex.BoolOp: operators.bool_op,
    ex.IfElse: operators.if_else,
    ex.Index: indexing.index,
    ex.ListExpr: lists.list_expr,
    ex.Comprehension: lists.comprehension,
    ex.Call: calls.call,
}
"""How each form of expression is evaluated; what is not here has no value."""
