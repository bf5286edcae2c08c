"""What a step reads and what it makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwright.ir.instance import (
    Apply,
    CallBlock,
    CallModule,
    Item,
    Operate,
    Path,
    ReadWeight,
    Scan,
    Step,
    Subscript,
)
from netwright.ir.values import Tensor, Value, tensors


def consumed(step: Step) -> Iterator[Tensor]:
    """The tensors that `step` reads."""
    for value in _values(step):
        yield from tensors(value)


def _values(step: Step) -> Iterable[Value]:
    match step:
        case Apply(arguments=arguments) | CallModule(arguments=arguments):
            return arguments.values()
        case Operate(operands=operands):
            return operands
        case Subscript(tensor=tensor, items=items):
            return (tensor, *items)
        case CallBlock(inputs=inputs):
            return inputs.values()
        case Item(source=source):
            return (source,)
        case Scan(walked=walked, carried=carried, fixed=fixed):
            return (*(t for t, _ in walked.values()), *carried.values(), *fixed.values())
    return ()


def produced(step: Step) -> tuple[Tensor, ...]:
    """The tensors that `step` makes."""
    match step:
        case Apply(results=results) | CallModule(results=results):
            return results
        case Operate(result=result) | Subscript(result=result) | Item(result=result):
            return (result,)
        case ReadWeight(result=result):
            return (result,)
        case CallBlock(results=pairs):
            return tuple(mine for _, mine in pairs)
        case Scan(stacked=stacked, final=final):
            return tuple(mine for _, mine in (*stacked, *final))
    return ()


def child_path(step: Step) -> Path | None:
    """The child whose weights `step` uses, by its path in the instance."""
    match step:
        case CallModule(path=path) | CallBlock(path=path) | Scan(path=path) | ReadWeight(path=path):
            return path
    return None


def needed(steps: list[Step], wanted: Iterable[Tensor], given: Iterable[Tensor] = ()) -> list[Step]:
    """The steps that `wanted` depends on, in order, none of those before the tensors in `given`."""
    missing = set(wanted) - set(given)
    stop = set(given)
    kept: list[Step] = []
    for step in reversed(steps):
        made = produced(step)
        if missing.isdisjoint(made):
            continue
        kept.append(step)
        missing.difference_update(made)
        missing.update(t for t in consumed(step) if t not in stop)
    return kept[::-1]
