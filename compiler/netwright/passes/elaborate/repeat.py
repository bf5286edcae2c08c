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
    carried: dict[str, Value] = {}
    collected: list[Value] = []
    result: Value = None
    if not steps:
        return _empty_chain(elaborator, frame, node)
    outputs: dict[str, list[Value]] = {}
    symbolic = frame.symbolic and frame.root
    iterations = Iterations(elaborator, frame, node)
    for index, item in enumerate(steps):
        with iteration(frame, loop, index, item):
            frame.fact(
                node,
                "iteration",
                {k: frame.names[k] for k in loop.names},
            )
            result = iterations.next(path_of(frame, node, index), carried)
        if is_poison(result):
            return POISON
        if frame.symbolic and index == len(steps) - 1:
            given = _given_types(frame, node, iterations.names())
            result = grown(given, result, frame.written(loop.iterable))
        kept = renamed(result, loop, ex.Literal(index), frame) if symbolic else result
        collected.append(first(kept))
        if isinstance(kept, Outputs):
            for name, value in kept.items.items():
                outputs.setdefault(name, []).append(value)
        if symbolic and len(steps) == 1 and not loop.collect:
            after = shifted(result, loop, frame, last=False, count=2)
            _imagine_second(elaborator, frame, node, _carry(after, iterations.names()))
        if symbolic:
            result = shifted(result, loop, frame, last=index == len(steps) - 1, count=len(steps))
        carried = _carry(result, iterations.names())
    if loop.collect:
        return tuple(collected)
    if not isinstance(result, Outputs):
        return result
    return Outputs({k: carried[k] if k in carried else tuple(v) for k, v in outputs.items()})


def _empty_chain(elaborator: Elaborator, frame: Frame, node: Callee) -> Value:
    passed = passing(elaborator, frame, node, Call((node.name,), node.span))
    assert node.control.loop is not None
    return () if node.control.loop.collect else passed


def _carry(result: Value, inputs: list[str]) -> dict[str, Value]:
    if isinstance(result, Outputs):
        return {k: v for k, v in result.items.items() if k in inputs}
    return {inputs[0]: result} if inputs else {}


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
