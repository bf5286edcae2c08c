"""The page of a sweep: the Pareto front or the history, each value beside the objective, all
trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import optuna
from netwright.recipe.sweep import COUNTED, Sweep
from optuna.trial import FrozenTrial, TrialState

from netwright_runtime.train.files import write_atomically
from netwright_runtime.train.report.chart import Series, alone, lines, points
from netwright_runtime.train.report.markup import Markup, element, joined, table
from netwright_runtime.train.report.page import page
from netwright_runtime.train.sweep.space import values
from netwright_runtime.train.sweep.study import COUNTS, FAILED, FOLDER, REJECTED

PAGE, PARETO = "sweep.html", "pareto.svg"


def write_page(study: optuna.Study, sweep: Sweep, out: Path, name: str) -> Path:
    """Write `sweep.html`, and `pareto.svg` where there are two objectives or more."""
    trials = study.get_trials(deepcopy=False)
    done = [t for t in trials if t.state is TrialState.COMPLETE]
    best = study.best_trials if done else []
    front = _front(sweep, done, best)
    if front:
        write_atomically(out / PARETO, alone(front).encode())
    sections = {
        "Best": table(_head(sweep), [_row(sweep, t) for t in best]),
        "Pareto front": front,
        "History": _history(sweep, done),
        "Values": _values(sweep, done),
        "All trials": table(_head(sweep), [_row(sweep, t) for t in trials]),
    }
    write_atomically(out / PAGE, page(name, sections, "sweep").encode())
    return out / PAGE


def _front(sweep: Sweep, done: list[FrozenTrial], best: list[FrozenTrial]) -> Markup:
    """The first two objectives of all trials, those that no other beats in both marked."""
    names = list(sweep.objectives)
    if len(names) < 2 or not done:
        return joined()
    chosen = {t.number for t in best}
    others = [t for t in done if t.number not in chosen]
    series = [_series("Pareto front", best, sweep), _series("other trials", others, sweep)]
    return points(f"{names[1]} over {names[0]}", series, names[0], names[1])


def _series(name: str, trials: list[FrozenTrial], sweep: Sweep) -> Series:
    return Series(
        name,
        [(t.values[0], t.values[1]) for t in trials],
        [f"trial {t.number}: {_written(values(sweep, t.params))}" for t in trials],
    )


def _history(sweep: Sweep, done: list[FrozenTrial]) -> Markup:
    """Each objective by trial, and the best so far."""
    return _charts(
        lines(
            name,
            [
                Series("trial", [(t.number, t.values[n]) for t in done]),
                Series("best", list(_best(done, n, way))),
            ],
            "trial",
        )
        for n, (name, way) in enumerate(sweep.objectives.items())
    )


def _best(done: list[FrozenTrial], objective: int, way: str) -> Iterator[tuple[float, float]]:
    better = max if way == "max" else min
    so_far = accumulate((t.values[objective] for t in done), better)
    return ((float(t.number), value) for t, value in zip(done, so_far, strict=True))


def _values(sweep: Sweep, done: list[FrozenTrial]) -> Markup:
    """The first objective over each value that was drawn from a range or from numbers."""
    (objective, *_) = sweep.objectives
    charts = []
    for key in sweep.over:
        drawn = [(values(sweep, t.params)[key], t.values[0]) for t in done]
        if all(isinstance(x, int | float) for x, _ in drawn):
            charts.append(points(objective, [Series("", drawn)], key, ""))
    return _charts(iter(charts))


def _charts(charts: Iterator[Markup]) -> Markup:
    return element("div", *charts, attributes={"class": "charts"})


def _head(sweep: Sweep) -> list[str]:
    return ["trial", *sweep.objectives, *sweep.over, *_counts(sweep), "what became"]


def _counts(sweep: Sweep) -> list[str]:
    """What is counted and no objective."""
    return [name for name in COUNTED if name not in sweep.objectives]


def _row(sweep: Sweep, trial: FrozenTrial) -> list[str | Markup]:
    given = values(sweep, trial.params)
    counts: Mapping[str, int] = trial.user_attrs.get(COUNTS, {})
    return [
        str(trial.number),
        *(f"{value:.5g}" for value in trial.values or [float("nan")] * len(sweep.objectives)),
        *(_shown(given[key]) if key in given else "" for key in sweep.over),
        *(f"{counts[name]:,}" if counts else "" for name in _counts(sweep)),
        _fate(trial),
    ]


def _fate(trial: FrozenTrial) -> str:
    said = trial.user_attrs
    if REJECTED in said:
        return f"rejected: {said[REJECTED]}"
    if FAILED in said:
        return f"failed: {said[FAILED]}"
    words = {
        TrialState.COMPLETE: "trained",
        TrialState.PRUNED: "ended early",
        TrialState.FAIL: "gone on with in a later trial",
        TrialState.RUNNING: "under way",
        TrialState.WAITING: "in line",
    }
    return f"{words[trial.state]}, {said[FOLDER]}" if FOLDER in said else words[trial.state]


def _written(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_shown(value)}" for key, value in given.items())


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
