"""Verifying one model: every property on its trials, with a command for each failure."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch

from netwright_runtime.verify.explain import explained
from netwright_runtime.verify.property import Finding, Level, Outcome, Property, Report, Trial
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.trials import Fixed, search

Progress = Callable[[Property, Outcome | None], None]
"""Told of each property before it runs, and after."""

_FEWER = {Level.QUICK: 3, Level.DEFAULT: 1, Level.FULL: 1}
_MORE = {Level.QUICK: 1, Level.DEFAULT: 1, Level.FULL: 5}


@dataclass(frozen=True)
class Plan:
    """What to verify, and how thoroughly.

    seconds  for drawing the trials of one property; the first trial always runs
    """

    properties: Sequence[Property]
    level: Level = Level.DEFAULT
    trials: int | None = None
    seconds: float = 10.0
    fixed: Fixed = field(default_factory=lambda: Fixed({}))

    def count(self, prop: Property) -> int:
        """How many trials `prop` gets."""
        if not prop.varies:
            return 1
        drawn = prop.trials * _MORE[self.level] // _FEWER[self.level]
        return max(1, drawn) if self.trials is None else self.trials


def verify_subject(
    subject: Subject, plan: Plan, progress: Progress = lambda prop, outcome: None
) -> Report:
    """Hold a model to the properties of a plan."""
    start = time.monotonic()
    outcomes: list[Outcome] = []
    for prop in plan.properties:
        progress(prop, None)
        outcomes.append(_held(subject, prop, plan))
        progress(prop, outcomes[-1])
    return Report(
        named(subject),
        tuple(outcomes),
        tuple(notes(subject)),
        time.monotonic() - start,
        subject.manifest.parameters,
    )


def named(subject: Subject) -> str:
    """The model as a user names it."""
    compiled = subject.compiled
    return f"{compiled.name} ({compiled.variant})" if compiled.variant else compiled.name


def notes(subject: Subject) -> Iterable[str]:
    if subject.batch is None:
        yield "no dim is taken as the batch: `properties: {batch: NAME}` in the spec names one"
    elif "batch" not in subject.declared:
        yield f"`{subject.batch}` is taken as the batch"


def _held(subject: Subject, prop: Property, plan: Plan) -> Outcome:
    start = time.monotonic()
    reason = prop.unfit(subject)
    if reason:
        return Outcome(prop.name, "skipped", reason=reason)
    found: dict[Trial, tuple[Finding, ...]] = {}

    def check(trial: Trial) -> tuple[Finding, ...]:
        if trial not in found:
            found[trial] = findings(subject, prop, trial)
        return found[trial]

    drawn, failing = search(
        subject,
        check,
        count=plan.count(prop),
        seconds=plan.seconds,
        minimum=prop.minimum(subject),
        fixed=plan.fixed,
    )
    seconds = time.monotonic() - start
    if drawn == 0:
        return Outcome(prop.name, "skipped", reason="no sizes meet the spec's `where`")
    if failing is not None:
        command = _command(subject, prop, failing)
        return Outcome(
            prop.name, "failed", drawn, seconds, found[failing], failing, command=command
        )
    warnings = _distinct(f for fs in found.values() for f in fs)
    return Outcome(prop.name, "warned" if warnings else "passed", drawn, seconds, warnings)


def findings(subject: Subject, prop: Property, trial: Trial) -> tuple[Finding, ...]:
    """What `prop` finds in a trial; an exception of the model is a finding too."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(trial.seed)
        try:
            return tuple(prop.check(subject, trial))
        except Exception as error:
            return (explained(subject, error),)


def _distinct(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each node and place."""
    return tuple({(f.node, f.place, f.help): f for f in found}.values())


def _command(subject: Subject, prop: Property, trial: Trial) -> str:
    compiled = subject.compiled
    words = ["netwright verify", shlex.quote(compiled.name)]
    words += [f"--variant {compiled.variant}"] if compiled.variant else []
    words += [f"--set {shlex.quote(f'{name}={value}')}" for name, value in compiled.params.items()]
    return " ".join([*words, f"--only {prop.name}", *trial.arguments()])
