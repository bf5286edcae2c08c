"""The study of a sweep: what is kept of every trial, in a SQLite file."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import optuna
from netwright.recipe import Recipe
from netwright.recipe.sweep import Sweep
from optuna.trial import FrozenTrial, TrialState

from netwright_runtime.train.sweep.space import values

DATABASE = "study.db"

REJECTED, COUNTS, OWNER, FOLDER, FAILED = "rejected", "counts", "owner", "folder", "failed"
"""What is noted of a trial: why it was rejected; what the compiler counted; the process that works
on it; the folder of its run; what ended it."""

_SAME = {"over", "objectives"}

_DIRECTIONS = {"min": "minimize", "max": "maximize"}


def opened(out: Path, sweep: Sweep, identity: str, worker: int = 0) -> optuna.Study:
    """The study in the folder `out`, which is begun where there is none.

    Args:
        identity: of the recipe; a folder holds one sweep.
        worker: processes that draw by the same seed must not draw the same.

    Raises:
        ValueError: the folder holds a sweep of another recipe, space or set of objectives.
    """
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=f"sqlite:///{out / DATABASE}",
        study_name="sweep",
        pruner=optuna.pruners.MedianPruner() if sweep.pruned else optuna.pruners.NopPruner(),
        directions=[_DIRECTIONS[way] for way in sweep.objectives.values()],  # type: ignore[misc]
        load_if_exists=True,
    )
    if study.user_attrs.get("identity", identity) != identity:
        raise ValueError(f"`{out}` holds another sweep; name another folder with `--out`")
    study.set_user_attr("identity", identity)
    study.sampler = _sampler(sweep, worker, len(study.get_trials(deepcopy=False)))
    return study


def identity(recipe: Recipe, sweep: Sweep) -> str:
    """What makes this the sweep that it is; more trials and other bounds leave it the same."""
    said = recipe.model_dump_json(exclude={"sweep"})
    return sha256(f"{said} {sweep.model_dump_json(include=_SAME)}".encode()).hexdigest()


def _sampler(sweep: Sweep, worker: int, drawn: int) -> optuna.samplers.BaseSampler:
    """A sampler that draws neither what another process draws, nor what it drew before it was
    started again."""
    key = f"{sweep.seed} {worker} {drawn}"
    seed = int.from_bytes(sha256(key.encode()).digest()[:4], "big")
    if sweep.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed)


def owner() -> str:
    """This process, in a way that another one can tell whether it still lives."""
    return f"{socket.gethostname()}:{os.getpid()}"


def left_alone(trial: FrozenTrial) -> bool:
    """Whether the process that worked on a trial is gone; those of other machines are not.

    A trial without an owner was begun by a process that ended before it could sign.
    """
    if trial.state is not TrialState.RUNNING:
        return False
    if OWNER not in trial.user_attrs:
        return True
    host, _, process = str(trial.user_attrs[OWNER]).rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def summary(study: optuna.Study, sweep: Sweep) -> Iterator[str]:
    """Where a sweep stands: how many trials came to what, and the best of them."""
    trials = study.get_trials(deepcopy=False)
    trained = [t for t in trials if t.state is TrialState.COMPLETE]
    counts = {
        "trained": len(trained),
        "ended early": sum(t.state is TrialState.PRUNED for t in trials),
        "failed": sum(FAILED in t.user_attrs for t in trials),
        "rejected": sum(REJECTED in t.user_attrs for t in trials),
    }
    yield ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    for trial in study.best_trials if trained else ():
        yield f"best: {told(trial, sweep)}"


def told(trial: FrozenTrial, sweep: Sweep) -> str:
    """A trial in one line."""
    given = ", ".join(f"{key}={value}" for key, value in values(sweep, trial.params).items())
    reached = zip(sweep.objectives, trial.values or (), strict=False)
    found = ", ".join(f"{name} {value:.5g}" for name, value in reached)
    return f"trial {trial.number}: {found or trial.state.name.lower()} with {given}"
