"""How parameters begin and what computes buffers, known when the model is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwright.ir import expr as ex
from netwright.ir.dims import Dim, known
from netwright.ir.instance import Apply, Initial, Operate, ReadWeight, Step, Subscript
from netwright.ir.steps import consumed, needed, produced
from netwright.ir.values import Tensor, Value
from netwright.ops.indexing import SliceItem
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import fault
from netwright.passes.numbers import SizeUnknown

_HELP = "a node that holds an expression may depend on inputs"


def initial(evaluator: Evaluator, written: ex.Expr) -> Initial:
    """`ones` or `normal(std=0.02)` with its arguments evaluated; raises Fault for anything else."""
    if isinstance(written, ex.Name):
        return Initial(written.id)
    if not (isinstance(written, ex.Call) and isinstance(written.func, ex.Name)):
        fault("E0305", "this is no initialiser", written.span, help="as in `normal(std=0.02)`")
    positional = tuple(evaluator.number(a) for a in written.args)
    named = tuple((k.name, evaluator.number(k.value)) for k in written.keywords)
    return Initial(written.func.id, positional, named)


def constant_steps(steps: list[Step], value: Tensor, written: ex.Expr) -> tuple[Step, ...]:
    """Those of `steps` that compute a buffer's `value`, which no input may change.

    Raises Fault where one does, and SizeUnknown where a size of the run time does.
    """
    kept = needed(steps, [value])
    made = {tensor for step in kept for tensor in produced(step)}
    for tensor in (value, *(t for step in kept for t in consumed(step))):
        if tensor not in made:
            message = f"a buffer is computed at build, but this needs `{tensor.label}`"
            fault("E0305", message, written.span, help=_HELP)
    for step in kept:
        _check_constant(step, written)
    return tuple(kept)


def _check_constant(step: Step, written: ex.Expr) -> None:
    if isinstance(step, ReadWeight) and step.weight.value is None:
        message = f"a buffer is computed at build, but the weight `{step.weight.name}` changes"
        fault("E0305", message, written.span, help=_HELP)
    if not isinstance(step, Apply | Operate | Subscript | ReadWeight):
        message = "a buffer is computed at build, but this calls a module"
        fault("E0305", message, written.span, help=_HELP)
    for size in _sizes(_values(step)):
        if known(size) is None:
            raise SizeUnknown(size)


def _values(step: Step) -> Iterable[Value]:
    match step:
        case Apply(arguments=arguments):
            return arguments.values()
        case Operate(operands=values) | Subscript(items=values):
            return values
    return ()


def _sizes(values: Iterable[Value]) -> Iterator[Dim]:
    for value in values:
        if isinstance(value, Dim):
            yield value
        elif isinstance(value, tuple):
            yield from _sizes(value)
        elif isinstance(value, SliceItem):
            yield from _sizes((value.lower, value.upper, value.step))
