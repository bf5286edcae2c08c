"""Verifying one model: every property on its trials, with a command for each failure."""

from __future__ import annotations

import shlex
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import torch

from netwright_runtime.model.compiled import Refused
from netwright_runtime.verify.explain import explained, raised
from netwright_runtime.verify.params import drawn
from netwright_runtime.verify.property import Finding, Level, Outcome, Property, Report, Trial
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.trials import Fixed, search

Progress = Callable[[str, int, int], None]
"""Told what runs now, how many are done, and of how many."""

VARIED = frozenset({"types", "back_ends", "gradients"})
"""Properties that models with drawn params are held to."""

_FEWER = {Level.QUICK: 3, Level.DEFAULT: 1, Level.FULL: 1}
_MORE = {Level.QUICK: 1, Level.DEFAULT: 1, Level.FULL: 5}


@dataclass(frozen=True)
class Plan:
    """What to verify, and how thoroughly.

    seconds  for drawing the trials of one property; the first trial always runs
    draw_params  how many models with other params are held to `VARIED`
    shrinks  whether a trial that fails is made smaller
    """

    properties: Sequence[Property]
    level: Level = Level.DEFAULT
    trials: int | None = None
    seconds: float = 10.0
    fixed: Fixed = field(default_factory=lambda: Fixed({}))
    draw_params: int = 0
    shrinks: bool = True

    def count(self, prop: Property) -> int:
        """How many trials `prop` gets."""
        if not prop.varies:
            return 1
        drawn = prop.trials * _MORE[self.level] // _FEWER[self.level]
        return max(1, drawn) if self.trials is None else self.trials


def silent(name: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


def verify_subject(subject: Subject, plan: Plan, progress: Progress = silent) -> Report:
    """Hold a model to the properties of a plan."""
    start = time.monotonic()
    outcomes: list[Outcome] = []
    total = len(plan.properties) + bool(plan.draw_params)
    for done, prop in enumerate(plan.properties):
        progress(prop.name, done, total)
        outcomes.append(_but_echoes(_held(subject, prop, plan), outcomes))
    if plan.draw_params:
        progress("params", total - 1, total)
        outcomes.append(_with_other_params(subject, plan))
    return Report(
        named(subject),
        tuple(outcomes),
        tuple(notes(subject)),
        time.monotonic() - start,
        subject.manifest.parameters,
    )


def _but_echoes(outcome: Outcome, before: list[Outcome]) -> Outcome:
    """`outcome`, unless all that it says is an exception that another property has run into."""
    told = {raised(finding): other for other in before for finding in other.findings}
    known = [told.get(raised(finding)) for finding in outcome.findings if raised(finding)]
    if not known or len(known) < len(outcome.findings) or known[0] is None:
        return outcome
    return Outcome(outcome.property, "skipped", reason=f"raises as in `{known[0].property}`")


def named(subject: Subject) -> str:
    """The model as a user names it."""
    compiled = subject.compiled
    return f"{compiled.name} ({compiled.variant})" if compiled.variant else compiled.name


def notes(subject: Subject) -> Iterable[str]:
    if subject.stands_in:
        yield subject.stands_in
    if subject.batch is None:
        yield "no dim is taken as the batch: `properties: {batch: NAME}` in the spec names one"
    elif "batch" not in subject.declared:
        yield f"`{subject.batch}` is taken as the batch"


def _held(subject: Subject, prop: Property, plan: Plan) -> Outcome:
    """What becomes of a property; a model that cannot be built or lowered fails all of them."""
    try:
        return _tried(subject, prop, plan)
    except Exception as error:
        return Outcome(prop.name, "failed", findings=(explained(subject, error),))


def _tried(subject: Subject, prop: Property, plan: Plan) -> Outcome:
    start = time.monotonic()
    reason = prop.unfit(subject)
    if reason:
        return Outcome(prop.name, "skipped", reason=reason)
    found: dict[Trial, tuple[Finding, ...]] = {}

    def check(trial: Trial) -> tuple[Finding, ...]:
        if trial not in found:
            found[trial] = findings(subject, prop, trial)
        return found[trial]

    count, failing = search(
        subject,
        check,
        count=plan.count(prop),
        seconds=plan.seconds,
        minimum=prop.minimum(subject),
        cases=prop.cases(subject),
        fixed=plan.fixed,
        shrinks=plan.shrinks,
    )
    seconds = time.monotonic() - start
    if count == 0:
        return Outcome(prop.name, "skipped", reason="no sizes meet the spec's `where`")
    if failing is not None:
        command = _command(subject, prop, failing)
        return Outcome(
            prop.name, "failed", count, seconds, found[failing], failing, command=command
        )
    warnings = _distinct(f for fs in found.values() for f in fs)
    return Outcome(prop.name, "warned" if warnings else "passed", count, seconds, warnings)


def _with_other_params(subject: Subject, plan: Plan) -> Outcome:
    """Models with drawn params, each held to the properties in `VARIED`."""
    start = time.monotonic()
    properties = [prop for prop in plan.properties if prop.name in VARIED]
    once = replace(plan, trials=1, draw_params=0)
    count = 0
    for model in drawn(subject.compiled, plan.draw_params, plan.fixed.seed or 0):
        count += 1
        seconds = time.monotonic() - start
        if isinstance(model, Refused):
            help = "let `where`, `min`, `max` or `choices` say which params fit"
            finding = Finding(str(model), "", model.place, help)
            return Outcome("params", "failed", count, seconds, (finding,))
        for outcome in (_held(Subject(model), prop, once) for prop in properties):
            if outcome.verdict == "failed":
                return replace(outcome, property="params", trials=count, seconds=seconds)
    return Outcome("params", "passed", count, time.monotonic() - start)


def findings(subject: Subject, prop: Property, trial: Trial) -> tuple[Finding, ...]:
    """What `prop` finds in a trial; an exception of the model is a finding too.

    Warnings are not: what torch remarks on is no fault of the model, whatever a test suite makes of
    warnings.
    """
    found: list[Finding] = []
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(trial.seed)
        try:
            found.extend(prop.check(subject, trial))
        except Exception as error:
            found.append(explained(subject, error))
    return tuple(found)


def _distinct(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each node and place."""
    return tuple({(f.node, f.place, f.help): f for f in found}.values())


def _command(subject: Subject, prop: Property, trial: Trial) -> str:
    compiled = subject.compiled
    words = ["netwright verify", shlex.quote(compiled.name)]
    words += [f"--variant {compiled.variant}"] if compiled.variant else []
    words += [f"--set {shlex.quote(f'{name}={value}')}" for name, value in compiled.params.items()]
    return " ".join([*words, f"--only {prop.name}", *trial.arguments()])
