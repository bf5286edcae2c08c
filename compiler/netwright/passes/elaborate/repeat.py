"""`repeat`: a chain, in which each iteration receives what the one before gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netwright.ir import expr as ex
from netwright.ir.program import Loop
from netwright.ir.types import TensorType
from netwright.ir.values import POISON, Outputs, Value, first, is_poison
from netwright.passes.elaborate.again import Iterations
from netwright.passes.elaborate.call import Call, Callee
from netwright.passes.elaborate.inputs import passing
from netwright.passes.elaborate.iteration import iteration, path_of
from netwright.passes.elaborate.once import once
from netwright.passes.elaborate.over_iterations import grown, renamed, shifted
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.numbers import NumberError, SizeUnknown

if TYPE_CHECKING:
    from netwright.passes.elaborate.elaborator import Elaborator


def repeat(
    elaborator: Elaborator, frame: Frame, node: Callee, loop: Loop, steps: tuple[Value, ...]
) -> Value:
    if not steps:
        return _empty_chain(elaborator, frame, node)
    iterations = Iterations(elaborator, frame, node)
    if frame.symbolic:
        results, last = _symbolic_chain(iterations, elaborator, frame, node, steps)
    else:
        results = iterations.run(steps)
        last = results[-1]
    if is_poison(results[-1]):
        return POISON
    if loop.collect:
        return tuple(first(result) for result in results)
    if not isinstance(last, Outputs):
        return last
    carried = iterations.carry(last)
    return Outputs(
        {
            name: carried[name] if name in carried else tuple(r.items[name] for r in results)
            for name in last.items
        }
    )


def _symbolic_chain(
    iterations: Iterations,
    elaborator: Elaborator,
    frame: Frame,
    node: Callee,
    steps: tuple[Value, ...],
) -> tuple[list[Value], Value]:
    """The value of each iteration as it is there, and the last as it is after the loop.

    At the root a size that counts in the loop's names is another in the next iteration.
    """
    loop = node.control.loop
    assert loop is not None
    results: list[Value] = []
    carried: dict[str, Value] = {}
    result: Value = None
    for index, item in enumerate(steps):
        is_last = index == len(steps) - 1
        result = iterations.next(index, item, carried)
        if is_poison(result):
            return [result], result
        if is_last:
            given = _given_types(frame, node, iterations.names())
            result = grown(given, result, frame.written(loop.iterable))
        if not frame.root:
            results.append(result)
        else:
            results.append(renamed(result, loop, ex.Literal(index), frame))
            if len(steps) == 1 and not loop.collect:
                after = shifted(result, loop, frame, last=False, count=2)
                _imagine_second(elaborator, frame, node, iterations.carry(after))
            result = shifted(result, loop, frame, last=is_last, count=len(steps))
        carried = iterations.carry(result)
    return results, result


def _empty_chain(elaborator: Elaborator, frame: Frame, node: Callee) -> Value:
    passed = passing(elaborator, frame, node, Call((node.name,), node.span))
    assert node.control.loop is not None
    return () if node.control.loop.collect else passed


def _imagine_second(
    elaborator: Elaborator, frame: Frame, node: Callee, carried: dict[str, Value]
) -> None:
    """What a second iteration of a chain that runs once would be given: the class is then generic.

    Only the facts stay. Where there can be none, the chain is one that runs once.
    """
    loop = node.control.loop
    assert loop is not None
    if isinstance(loop.iterable, ex.Literal | ex.ListExpr):
        return
    before = dict(frame.names), frame.running, frame.running_from
    facts = frame.instance.facts
    counts = {place: len(found) for place, found in facts.items()}
    try:
        with iteration(frame, loop, 1, 1):
            path = path_of(frame, node, 1)
            once(elaborator, frame, node, Call(path, node.span, carried))
    except (Fault, Silent, NumberError, SizeUnknown):
        frame.instance.facts = {k: facts[k][:n] for k, n in counts.items()}
    frame.names, frame.running, frame.running_from = before


def _given_types(frame: Frame, node: Callee, names: list[str]) -> list[TensorType]:
    """The types that the iterations of a chain were given as their first input."""
    found: list[Any] = frame.instance.facts.get((node, "given"), [])
    types = [given.get(names[0]) for given in found] if names else []
    return [t for t in types if isinstance(t, TensorType)]
