"""One process of a sweep: it draws, has the candidate checked, trains it, and tells the study."""

from __future__ import annotations

import fcntl
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import optuna
from netwright.recipe import Recipe
from netwright.recipe.sweep import Sweep
from optuna.trial import FrozenTrial, Trial, TrialState

from netwright_runtime.train.keeping import FOLDER as CHECKPOINTS
from netwright_runtime.train.log import METRICS
from netwright_runtime.train.loop import Interrupted, OutOfMemory
from netwright_runtime.train.run import Diverged, train
from netwright_runtime.train.sweep.space import drawn
from netwright_runtime.train.sweep.study import (
    COUNTS,
    FAILED,
    FOLDER,
    OWNER,
    REJECTED,
    left_alone,
    owner,
    told,
)
from netwright_runtime.train.table import read

MOST_REJECTED = 50
"""Candidates in a row that may be rejected; then the space is thought to hold no others."""


class Checked(Protocol):
    """A candidate that checks, and keeps to the bounds."""

    @property
    def recipe(self) -> Recipe: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def folder(self) -> Path: ...


class Candidates(Protocol):
    """What the compiler says of values by key."""

    def __call__(self, values: Mapping[str, Any]) -> Checked | str:
        """The candidate, or why it is rejected."""


class Exhausted(Exception):
    """No candidate is found that may be trained."""


class Unmeasured(Exception):
    """A trial ended without a value of an objective on the validation split."""


class _Pruned(Exception):
    """The study has seen enough of a trial."""


@dataclass(frozen=True)
class _Job:
    """A trial that this process is to train."""

    trial: Trial
    candidate: Checked
    out: Path


def join(
    study: optuna.Study,
    sweep: Sweep,
    candidates: Candidates,
    out: Path,
    tell: Callable[[str], None],
) -> None:
    """Work on the sweep in `out` until it has as many trials as it asks for, or no others are
    found.

    A trial whose process was killed is gone on with, from its last checkpoint.

    Args:
        tell: is called with a line for each trial that this process has ended.

    Raises:
        Exhausted: no candidate is found that may be trained.
        Unmeasured: the data have no validation split.
        Interrupted: a signal ended it; the trial at hand goes on next time.
    """
    while job := _next(study, sweep, candidates, out):
        _run(study, sweep, job)
        tell(told(study.trials[job.trial.number], sweep))


def _next(study: optuna.Study, sweep: Sweep, candidates: Candidates, out: Path) -> _Job | None:
    """The next trial that checks; None where there are enough, or no others are to be found."""
    reason = ""
    for _ in range(MOST_REJECTED):
        with _locked(out):
            _take_over(study)
            if _begun(study) >= sweep.trials:
                return None
            trial = study.ask()
            trial.set_user_attr(OWNER, owner())
            values = drawn(trial, sweep)
            before = _before(study, trial)
        found = candidates(values) if before is None else f"the same as trial {before}"
        if not isinstance(found, str):
            return _signed(trial, found, out)
        reason = found
        trial.set_user_attr(REJECTED, reason)
        study.tell(trial, state=TrialState.FAIL)
    if _begun(study):
        return None
    raise Exhausted(
        f"{MOST_REJECTED} candidates in a row were rejected, the last one because: {reason}"
    )


def _before(study: optuna.Study, trial: Trial) -> int | None:
    """The trial that drew the same before; one that was rejected or left is none."""
    trials = study.get_trials(deepcopy=False)
    return next(
        (
            t.number
            for t in trials
            if t.number != trial.number and t.params == trial.params and not _uncounted(t)
        ),
        None,
    )


def _signed(trial: Trial, candidate: Checked, out: Path) -> _Job:
    """The trial with what is known of it before it is trained."""
    folder = trial.user_attrs.get(FOLDER, f"trial-{trial.number:04}")
    trial.set_user_attr(FOLDER, folder)
    trial.set_user_attr(COUNTS, dict(candidate.counts))
    return _Job(trial, candidate, out / folder)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """One process at a time counts trials and begins one."""
    with (out / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _begun(study: optuna.Study) -> int:
    """The trials that count, those under way among them."""
    trials = study.get_trials(deepcopy=False)
    return sum(t.state is not TrialState.WAITING and not _uncounted(t) for t in trials)


def _uncounted(trial: FrozenTrial) -> bool:
    """Whether a trial was rejected, or put in line again."""
    return trial.state is TrialState.FAIL and FAILED not in trial.user_attrs


def _take_over(study: optuna.Study) -> None:
    """Put trials in line again whose process is gone."""
    for trial in study.get_trials(deepcopy=False):
        if left_alone(trial):
            _put_back(study, trial.number)


def _put_back(study: optuna.Study, number: int) -> None:
    """End a trial without a finding, and let another go on with its run."""
    trial = study.trials[number]
    study.tell(number, state=TrialState.FAIL)
    if FOLDER in trial.user_attrs:
        study.enqueue_trial(trial.params, user_attrs={FOLDER: trial.user_attrs[FOLDER]})


def _run(study: optuna.Study, sweep: Sweep, job: _Job) -> None:
    """Train a candidate and tell the study what came out."""
    trial, candidate = job.trial, job.candidate
    watch = _Watch(sweep, trial) if sweep.pruned else None
    begun = (job.out / CHECKPOINTS).is_dir()
    try:
        train(candidate.recipe, job.out, folder=candidate.folder, resume=begun, watch=watch)
    except _Pruned:
        study.tell(trial, state=TrialState.PRUNED)
    except (Diverged, OutOfMemory) as fault:
        _fail(study, trial, str(fault))
    except Interrupted:
        _put_back(study, trial.number)
        raise
    else:
        found = {**_measured(job.out), **candidate.counts}
        values = [_objective(name, found) for name in sweep.objectives]
        if all(map(math.isfinite, values)):
            study.tell(trial, values)
        else:
            _fail(study, trial, "an objective is not finite")


def _fail(study: optuna.Study, trial: Trial, reason: str) -> None:
    trial.set_user_attr(FAILED, reason)
    study.tell(trial, state=TrialState.FAIL)


@dataclass(frozen=True)
class _Watch:
    """Tells the study how a run goes, and ends it where that is not worth going on."""

    sweep: Sweep
    trial: Trial

    def __call__(self, step: int, values: Mapping[str, float]) -> None:
        (name,) = self.sweep.objectives
        self.trial.report(_objective(name, values), step)
        if self.trial.should_prune():
            raise _Pruned


def _measured(run: Path) -> dict[str, float]:
    """The last values of the validation split. The test split is not looked at: what chooses among
    candidates is no test."""
    return {row.name: row.value for row in read(run / METRICS) if row.split == "validation"}


def _objective(name: str, values: Mapping[str, float]) -> float:
    if name not in values:
        raise Unmeasured(f"`{name}` was not measured: a sweep needs a validation split")
    return values[name]
