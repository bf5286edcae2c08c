"""Under autocast to bfloat16 and float16, outputs stay finite and close to those in float32.

Proves that a model can be trained in half precision as it is: nothing overflows float16, nothing
depends on digits that are gone, nothing refuses mixed dtypes. Where outputs are off, each step is
run in half precision on the values of the float32 run, and the first that loses much by itself is
named. Losses that only add up over the depth, and routers that choose otherwise because two choices
were close, are no fault of any step: they are a warning. torch tests its own ops under autocast,
not a user's model. It does not apply where no output is floating; an op that torch lacks in half
precision on this device is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.verify.compare import floats
from netwright_runtime.verify.nearness import FLOOR, TOLERANCE
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, walk

DTYPES = (torch.bfloat16, torch.float16)

LACKING = ("not implemented for", "not supported", "Unsupported", "could not create a primitive")
"""How torch says that it has no kernel for a dtype here."""


def unfit(subject: Subject) -> str:
    floating = any(p.dtype.startswith(("float", "bfloat")) for p in subject.manifest.outputs)
    return "" if floating else "no output is floating"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    with torch.no_grad():
        torch.manual_seed(trial.seed)
        expected = record(subject.graph(trial.given), subject.inputs(trial))
        for dtype in DTYPES:
            yield from _in_dtype(subject, trial, expected, dtype)


def _in_dtype(
    subject: Subject, trial: Trial, expected: list[Value], dtype: torch.dtype
) -> Iterator[Finding]:
    name = str(dtype)[6:]
    module = subject.module()
    torch.manual_seed(trial.seed)
    try:
        with torch.autocast("cpu", dtype):
            out = module(**subject.inputs(trial))
    except (RuntimeError, TypeError, ValueError) as error:
        if not _lacking(error):
            yield from _raised(subject, trial, dtype, error)
        return
    wanted = floats(expected[-1].value)
    worst = max((_loss(a, b) for a, b in zip(floats(out), wanted, strict=True)), default=0.0)
    if worst <= TOLERANCE[dtype]:
        return
    found = _first_loss(subject, trial, dtype)
    if found is not None:
        value, loss = found
        amount = "values that are not finite" if loss == float("inf") else f"an error of {loss:.1g}"
        yield Finding(f"under autocast to {name} gives {amount}", value.path, value.place, _HELP)
    elif worst == float("inf"):
        yield Finding(f"outputs are not finite under autocast to {name}", help=_HELP)
    else:
        message = f"outputs are off by {worst:.1g} under autocast to {name}; no step is by itself"
        yield Finding(message, warning=True)


_HELP = "scale down before it, or keep this step in `float32`"


def _raised(
    subject: Subject, trial: Trial, dtype: torch.dtype, error: Exception
) -> Iterator[Finding]:
    """The node that raises under autocast."""
    with torch.autocast("cpu", dtype):
        record(subject.graph(trial.given), subject.inputs(trial))
    raise error


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


def _first_loss(subject: Subject, trial: Trial, dtype: torch.dtype) -> tuple[Value, float] | None:
    """The first step that loses more than it may, given the values of the float32 run."""
    found: list[tuple[Value, float]] = []

    def visit(step: Step) -> Any:
        state = torch.get_rng_state()
        value = step.run()
        if step.computes and not found and floats(value):
            torch.set_rng_state(state)
            loss = _local(step, value, dtype)
            if loss > TOLERANCE[dtype]:
                found.append((Value(step.node, value), loss))
        return value

    torch.manual_seed(trial.seed)
    walk(subject.graph(trial.given), subject.inputs(trial), visit)
    return found[0] if found else None


def _local(step: Step, value: Any, dtype: torch.dtype) -> float:
    try:
        with torch.autocast("cpu", dtype):
            half = step.run()
    except RuntimeError as error:
        if _lacking(error):
            return 0.0
        raise
    return max(map(_loss, floats(half), floats(value)), default=0.0)


PROPERTY = Property(
    "half_precision", check, __doc__ or "", unfit, trials=1, minimum=lambda s: s.telling
)
