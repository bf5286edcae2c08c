"""One fault, held to verification and to the usual checks."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import torch
from netwright_runtime.model import Compiled
from netwright_runtime.verify import PROPERTIES, Level, Outcome, Plan, Subject
from netwright_runtime.verify import verify_subject as verify

from tests.faults import usual
from tests.faults.differing import Said, differences, said
from tests.faults.fault import Fault
from tests.faults.making import Faulty, seeded, sound

SECONDS = 3.0
"""For the trials of one property; none is shrunk, since only what is named counts here."""


@dataclass(frozen=True)
class Verdict:
    """What became of one fault.

    differs    in what the model differs from the sound one; a fault that differs in nothing is none
    caught     the properties that fail, the first that ran first
    named      whether the first of them to name a node names the right one
    anywhere   whether any of them names the right one
    findings   what they say: node, place and message
    usual      the usual checks that fail
    """

    title: str
    layer: str
    kind: str
    architecture: str
    differs: tuple[str, ...]
    caught: tuple[str, ...]
    named: bool
    anywhere: bool
    findings: tuple[tuple[str, str, str], ...]
    usual: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def judged(fault: Fault) -> Verdict:
    """Verify the model with the fault. Costly properties run where cheap ones find nothing."""
    start = time.monotonic()
    torch._dynamo.reset()
    before = said(sound(fault.architecture))  # while the table of ops tells the truth
    verdict = _at_level(fault, Level.QUICK, before, start)
    return verdict if verdict.caught else _at_level(fault, Level.DEFAULT, before, start)


def _at_level(fault: Fault, level: Level, before: Said, start: float) -> Verdict:
    untrue = false_alarms(fault.architecture, level)
    with seeded(fault) as faulty:
        if fault.lie is None:
            differs = tuple(differences(sound(fault.architecture), faulty.compiled))
        else:
            differs = tuple(before.differences(said(faulty.compiled)))
        return _verdict(fault, differs, failing(faulty.compiled, level, untrue), faulty, start)


def failing(
    compiled: Compiled, level: Level, untrue: frozenset[str] = frozenset()
) -> list[Outcome]:
    """What a model fails of the properties of one level, those in `untrue` left out."""
    wanted = [p for p in PROPERTIES if p.level == level and p.name not in untrue]
    return verify(Subject(compiled), Plan(wanted, seconds=SECONDS, shrinks=False)).failures


@cache
def false_alarms(architecture: str, level: Level) -> frozenset[str]:
    """The properties that fail in the sound model: what they say of a fault is worth nothing."""
    return frozenset(outcome.property for outcome in failing(sound(architecture), level))


def _verdict(
    fault: Fault, differs: tuple[str, ...], failed: list[Outcome], faulty: Faulty, start: float
) -> Verdict:
    told = [f for outcome in failed for f in outcome.findings if not f.warning]
    right = [fault.named_by(f, faulty.lines) for f in told if f.node or f.place]
    return Verdict(
        fault.title,
        fault.layer,
        fault.kind,
        fault.architecture,
        differs,
        tuple(outcome.property for outcome in failed),
        right[:1] == [True],
        any(right),
        tuple((f.node, f.place.rpartition("/")[2], f.message) for f in told),
        usual.caught(faulty.compiled),
        round(time.monotonic() - start, 2),
    )
