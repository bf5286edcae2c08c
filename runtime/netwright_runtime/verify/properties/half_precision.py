"""In float32, and under autocast to bfloat16 and float16, outputs are close to those in double.

Proves that a model can be trained in half precision as it is: nothing overflows float16, nothing
depends on digits that are gone, nothing refuses mixed dtypes. Where outputs are off, each step is
run on the values of the double run, rounded to the dtypes at hand, and the first that loses much
by itself is named. Losses that only add up over the depth, and routers that choose otherwise
because two choices were close, are no fault of any step: they are a warning. torch tests its own
ops under autocast, not a user's model. It does not apply where no output is floating; an op that
torch lacks in half precision on this device is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.fx import Node
from torch.fx.node import map_aggregate, map_arg

from netwright_runtime.model.nearness import FLOOR, TOLERANCE
from netwright_runtime.verify.compare import floats
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import NodeFailed, Value, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, draws, name_of, walk

Exact = Mapping[str, Any]
"""The values of the double run, by the names of the graph's nodes."""

LACKING = ("not implemented for", "not supported", "Unsupported", "could not create a primitive")
"""How torch says that it has no kernel for a dtype here."""

JUMPS = frozenset({
    "floor", "ceil", "round", "trunc", "frac", "fmod", "remainder", "floor_divide", "sign",
    "heaviside", "hardshrink", "threshold", "mod",
})  # fmt: skip
"""Functions that jump: a rounded input may lie on the other side, which is no loss of theirs."""


@dataclass(frozen=True)
class _Precision:
    """A way to run a model that was built in float32, and the dtype that bounds its errors."""

    name: str
    dtype: torch.dtype

    def run(self) -> AbstractContextManager[Any]:
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast("cpu", self.dtype)


PRECISIONS = (
    _Precision("in float32", torch.float32),
    _Precision("under autocast to bfloat16", torch.bfloat16),
    _Precision("under autocast to float16", torch.float16),
)


def unfit(subject: Subject) -> str:
    floating = any(p.dtype.startswith(("float", "bfloat")) for p in subject.manifest.outputs)
    return "" if floating else "no output is floating"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    with torch.no_grad():
        torch.manual_seed(trial.seed)
        graph = subject.graph(trial.given, dtype=torch.float64)
        values = record(graph, subject.inputs(trial, torch.float64))
        exact = {value.node.name: value.value for value in values}
        for precision in PRECISIONS:
            found = [*_held(subject, trial, exact, precision)]
            yield from found
            if any(not finding.warning for finding in found):
                return


def _held(subject: Subject, trial: Trial, exact: Exact, precision: _Precision) -> Iterator[Finding]:
    def visit(step: Step) -> Any:
        drew, value = draws(step)
        return _rounded(exact[step.node.name], value) if drew else value

    graph = subject.graph(trial.given)
    try:
        with precision.run():
            out = walk(graph, subject.inputs(trial), visit)
    except NodeFailed as failed:
        if not _lacking(failed):
            yield _raised(failed, precision)
        return
    wanted = floats(exact["output"])
    worst = max((_loss(a, b) for a, b in zip(floats(out), wanted, strict=True)), default=0.0)
    if worst > TOLERANCE[precision.dtype]:
        yield _explained(_first_loss(subject, trial, exact, precision), worst, precision)


_HELP = "scale down before it, or keep this step in a wider dtype"


def _explained(found: tuple[Value, float] | None, worst: float, precision: _Precision) -> Finding:
    if found is not None:
        value, loss = found
        amount = "values that are not finite" if loss == float("inf") else f"an error of {loss:.1g}"
        return Finding(f"{precision.name} it gives {amount}", value.path, value.place, _HELP)
    if worst == float("inf"):
        return Finding(f"outputs are not finite {precision.name}", help=_HELP)
    message = f"outputs are off by {worst:.1g} {precision.name}, though no step is by itself"
    return Finding(message, warning=True)


def _raised(failed: NodeFailed, precision: _Precision) -> Finding:
    value, error = Value(failed.node, None), failed.__cause__
    lines = str(error).strip().splitlines() or [""]
    message = f"{precision.name} it raises {type(error).__name__}: {lines[0]}"
    return Finding(message, value.path, value.place, "cast what it takes to one dtype")


def _lacking(error: BaseException) -> bool:
    return any(words in str(error) for words in LACKING)


def _loss(found: Tensor, wanted: Tensor) -> float:
    """The largest error as a part of the largest value; infinite where only `found` is."""
    if found.shape != wanted.shape:
        return float("inf")
    a, b = found.double(), wanted.double()
    known = b.isfinite()
    if not bool(a[known].isfinite().all()):
        return float("inf")
    a, b = a[known], b[known]
    return float((a - b).abs().max() / b.abs().max().clamp_min(FLOOR)) if b.numel() else 0.0


def _first_loss(
    subject: Subject, trial: Trial, exact: Exact, precision: _Precision
) -> tuple[Value, float] | None:
    """The first step that loses more than it may, given the values of the double run."""
    found: list[tuple[Value, float]] = []

    def visit(step: Step) -> Any:
        drew, value = draws(step)
        if drew:
            return _rounded(exact[step.node.name], value)
        if step.computes and not found and name_of(step.node) not in JUMPS:
            loss = _local(step, exact, value)
            if loss > TOLERANCE[precision.dtype]:
                found.append((Value(step.node, value), loss))
        return value

    with precision.run():
        walk(subject.graph(trial.given), subject.inputs(trial), visit)
    return found[0] if found else None


def _local(step: Step, exact: Exact, value: Any) -> float:
    """What a step loses on exact values, rounded to the dtypes that its arguments have."""
    wanted = exact.get(step.node.name)
    if not floats(value) or len(floats(value)) != len(floats(wanted)):
        return 0.0
    given = {node: _rounded(exact[node.name], now) for node, now in _read(step)}
    arguments = map_arg((step.node.args, step.node.kwargs), given.__getitem__)
    pairs = zip(floats(step.run(arguments)), floats(wanted), strict=True)
    return max((_typical(a, b) for a, b in pairs), default=0.0)


def _typical(found: Tensor, wanted: Tensor) -> float:
    """The error of three quarters of the items, by their size.

    The largest error says little of a step: next to a pole of `tan`, any rounding is magnified.
    """
    loss = _loss(found, wanted)
    if loss in (0.0, float("inf")):
        return loss
    known = wanted.isfinite()
    a, b = found.double()[known], wanted.double()[known]
    rank = max(1, 3 * b.numel() // 4)
    size = b.abs().kthvalue(rank).values.clamp_min(FLOOR)
    return float((a - b).abs().kthvalue(rank).values / size)


def _read(step: Step) -> Iterator[tuple[Node, Any]]:
    """The nodes that a step reads, each with the value that it has at hand."""
    nodes: list[Node] = []
    values: list[Any] = []
    map_arg((step.node.args, step.node.kwargs), nodes.append)
    map_arg((step.node.args, step.node.kwargs), lambda node: values.append(step.value(node)))
    return zip(nodes, values, strict=True)


def _rounded(exact: Any, now: Any) -> Any:
    """`exact` in the dtypes of `now`; what is not floating is as it was in the double run."""
    dtypes = iter([tensor.dtype for tensor in floats(now)])

    def rounded(item: Any) -> Any:
        if isinstance(item, Tensor) and item.is_floating_point():
            return item.to(next(dtypes))
        return item

    return map_aggregate(exact, rounded)


PROPERTY = Property(
    "half_precision", check, __doc__ or "", unfit, trials=1, minimum=lambda s: s.telling
)
