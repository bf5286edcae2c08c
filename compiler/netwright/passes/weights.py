"""How parameters begin and what computes buffers, known when the model is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, ground, known
from netwright.ir.instance import Apply, Initial, Operate, ReadWeight, Step, Subscript
from netwright.ir.steps import consumed, needed, produced
from netwright.ir.values import Tensor, Value, describe, first
from netwright.ops.indexing import SliceItem
from netwright.ops.initialisers import is_initialiser
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import fault
from netwright.passes.numbers import SizeUnknown
from netwright.passes.work import spend

_HELP = "a node that holds an expression may depend on inputs"


def initial(evaluator: Evaluator, written: ex.Expr) -> Initial:
    """`ones` or `normal(std=0.02)` with its arguments evaluated, or the value of an expression."""
    if not is_initialiser(written):
        return _value(evaluator, written)
    if isinstance(written, ex.Name):
        return Initial(written.id)
    assert isinstance(written, ex.Call) and isinstance(written.func, ex.Name)
    positional = tuple(evaluator.number(a) for a in written.args)
    named = tuple((k.name, evaluator.number(k.value)) for k in written.keywords)
    return Initial(written.func.id, positional, named)


def _value(evaluator: Evaluator, written: ex.Expr) -> Initial:
    """What an expression begins a parameter with, and what computes it; Fault for no floats."""
    steps = evaluator.frame.instance.steps
    first_step = len(steps)
    value = first(evaluator.value(written))
    if not isinstance(value, Tensor):
        message = f"a parameter begins with a tensor, found {describe(value)}"
        fault("E0305", message, written.span, help="`constant(val=...)` fills it with a number")
    if value.type.dtype != "float":
        message = f"a parameter is floating, and this is {value.type}"
        fault("E0304", message, written.span, help="`.float()` casts")
    spend(len(steps))
    kept = constant_steps(steps, value, written, "an initial value")
    del steps[first_step:]
    return Initial("", steps=kept, value=value)


def fits(begins: Initial, shape: tuple[Size, ...]) -> bool:
    """Whether a parameter of this shape can begin so: a value is repeated along its first dims."""
    if begins.value is None:
        return True
    given, wanted = [tuple(map(ground, s)) for s in (begins.value.type.shape, shape)]
    pairs = zip(reversed(given), reversed(wanted), strict=False)
    return len(given) <= len(wanted) and all(a in (1, b) for a, b in pairs)


def constant_steps(
    steps: list[Step], value: Tensor, written: ex.Expr, what: str = "a buffer"
) -> tuple[Step, ...]:
    """Those of `steps` that compute the `value` of a buffer, or what a parameter begins with, which
    no input may change.

    Raises Fault where one does, and SizeUnknown where a size of the run time does.
    """
    kept = needed(steps, [value])
    made = {tensor for step in kept for tensor in produced(step)}
    for tensor in (value, *(t for step in kept for t in consumed(step))):
        if tensor not in made:
            message = f"{what} is computed at build, but this needs `{tensor.label}`"
            fault("E0305", message, written.span, help=_HELP)
    for step in kept:
        _check_constant(step, written, what)
    return tuple(kept)


def _check_constant(step: Step, written: ex.Expr, what: str) -> None:
    if isinstance(step, ReadWeight) and not step.weight.buffer:
        message = f"{what} is computed at build, but the weight `{step.weight.name}` changes"
        fault("E0305", message, written.span, help=_HELP)
    if not isinstance(step, Apply | Operate | Subscript | ReadWeight):
        message = f"{what} is computed at build, but this calls a module"
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
