"""Processes of a sweep: what they draw, reject, train, prune and take over.

A stand-in for training writes what a run would, so that the bookkeeping is what is tested; whole
sweeps are in the tests of the command.
"""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import pytest
from netwright.recipe import Recipe
from netwright.recipe.sweep import Sweep
from netwright_runtime.train import sweep as swept
from netwright_runtime.train.log import METRICS
from netwright_runtime.train.loop import Interrupted
from netwright_runtime.train.sweep import work
from netwright_runtime.train.sweep.study import COUNTS, FAILED, FOLDER, OWNER, REJECTED, owner
from netwright_runtime.train.table import Table
from optuna.trial import TrialState

RECIPE = Recipe.model_validate(
    {"model": {"spec": "net.yaml"}, "data": {"source": "digits"}, "loss": "cross_entropy"}
)


@dataclass(frozen=True)
class Given:
    """A candidate; its recipe carries the drawn value in its weight decay."""

    recipe: Recipe
    counts: Mapping[str, int]
    folder: Path = Path()


def _sweep(**more: Any) -> Sweep:
    return Sweep.model_validate({"over": {"x": {"low": 0.0, "high": 1.0}}, "trials": 3, **more})


def _candidate(values: Mapping[str, Any]) -> Given | str:
    x = values["x"]
    section = RECIPE.train.model_copy(update={"seed": int(1000 * x)})
    return Given(
        RECIPE.model_copy(update={"train": section}), {"parameters": 7, "flops": 8, "memory": 9}
    )


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, bool]]:
    """The folders that were trained in, and whether as a run that goes on."""
    seen: list[tuple[Path, bool]] = []

    def train(recipe: Recipe, out: Path, *, folder: Path, resume: bool, watch: Any) -> None:
        seen.append((out, resume))
        out.mkdir(exist_ok=True)
        table = Table(out / METRICS)
        for epoch in range(1, 4):
            found = {"loss": recipe.train.seed / 1000 + 1 / epoch}
            table.add(epoch, epoch, "validation", found)
            if watch is not None:
                watch(epoch, found)
        table.add(3, 3, "test", {"loss": -1.0})
        table.close()

    monkeypatch.setattr(work, "train", train)
    return seen


def _join(out: Path, sweep: Sweep, candidates: Any = _candidate, worker: int = 0) -> list[str]:
    said: list[str] = []
    study = swept.opened(out, sweep, "it", worker)
    swept.join(study, sweep, candidates, out, said.append)
    return said


def _study(out: Path) -> optuna.Study:
    return swept.opened(out, _sweep(), "it")


def test_as_many_are_trained_as_asked_and_measured_on_the_validation_split(tmp_path, trained):
    sweep = _sweep(prune="none", sampler="random")
    said = _join(tmp_path, sweep)
    trials = _study(tmp_path).trials
    assert len(said) == len(trials) == len(trained) == 3
    for trial in trials:
        assert trial.value == pytest.approx(int(1000 * trial.params["x"]) / 1000 + 1 / 3)
        assert trial.user_attrs[COUNTS]["parameters"] == 7
    best = min(trials, key=lambda t: t.params["x"])
    assert _study(tmp_path).best_trial.number == best.number


def test_a_sweep_goes_on_where_it_stood(tmp_path, trained) -> None:
    _join(tmp_path, _sweep(trials=2))
    assert _join(tmp_path, _sweep(trials=2)) == []
    assert len(_join(tmp_path, _sweep(trials=5))) == 3
    assert len(trained) == 5


def test_several_processes_train_as_many_in_all(tmp_path, trained) -> None:
    sweep = _sweep(trials=6)
    _study(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(lambda n: _join(tmp_path, sweep, worker=n), range(3)))
    assert sum(map(len, said)) == len(trained) == 6
    assert len({t.params["x"] for t in _study(tmp_path).trials}) == 6


def test_rejected_candidates_are_not_trained_and_do_not_count(tmp_path, trained) -> None:
    def candidates(values: Mapping[str, Any]) -> Given | str:
        return "too large" if values["x"] > 0.6 else _candidate(values)

    _join(tmp_path, _sweep(sampler="random"), candidates)
    trials = _study(tmp_path).trials
    rejected = [t for t in trials if t.user_attrs.get(REJECTED) == "too large"]
    assert len(trained) == 3
    assert rejected
    assert len(trials) == 3 + len(rejected)
    assert all(t.params["x"] > 0.6 for t in rejected)


def test_nothing_is_trained_twice_and_a_small_space_ends(tmp_path, trained, monkeypatch) -> None:
    monkeypatch.setattr(work, "MOST_REJECTED", 12)
    sweep = _sweep(over={"x": [0.1, 0.2]}, trials=9, sampler="random")
    assert len(_join(tmp_path, sweep)) == len(trained) == 2
    trials = _study(tmp_path).trials
    first, second = (t for t in trials if REJECTED not in t.user_attrs)
    assert {first.params["x"], second.params["x"]} == {"0.1", "0.2"}
    reasons = {t.user_attrs[REJECTED] for t in trials if REJECTED in t.user_attrs}
    assert reasons == {f"the same as trial {n}" for n in (first.number, second.number)}


def test_a_sweep_that_goes_on_draws_anew(tmp_path, trained) -> None:
    for trials in (1, 2, 3):
        _join(tmp_path, _sweep(trials=trials))
    drawn = [t.params["x"] for t in _study(tmp_path).trials]
    assert len(set(drawn)) == len(drawn) == 3


def test_a_space_without_candidates_is_told(tmp_path, trained, monkeypatch) -> None:
    monkeypatch.setattr(work, "MOST_REJECTED", 4)
    with pytest.raises(swept.Exhausted, match=r"4 candidates .* never"):
        _join(tmp_path, _sweep(), lambda _: "never")
    assert trained == []


def test_trials_that_are_worse_than_half_are_ended(tmp_path, trained) -> None:
    sweep = _sweep(trials=10, sampler="random")
    _join(tmp_path, sweep)
    pruned = [t for t in _study(tmp_path).trials if t.state is TrialState.PRUNED]
    done = [t for t in _study(tmp_path).trials if t.state is TrialState.COMPLETE]
    assert pruned
    assert len(done) >= 5
    median = sorted(t.params["x"] for t in done)[len(done) // 2]
    assert all(t.params["x"] > median for t in pruned)


def test_several_objectives_make_a_front(tmp_path, trained) -> None:
    sweep = _sweep(objectives={"loss": "min", "parameters": "min"})
    _join(tmp_path, sweep)
    study = swept.opened(tmp_path, sweep, "it")
    assert all(t.values[1] == 7 for t in study.trials)
    assert len(study.best_trials) == 1
    path = swept.write_page(study, sweep, tmp_path, "Net")
    assert "Pareto front" in path.read_text()
    assert (tmp_path / "pareto.svg").read_text().startswith("<svg xmlns=")


def test_a_trial_whose_process_was_killed_is_gone_on_with(tmp_path, trained) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    study = _study(tmp_path)
    trial = study.ask()
    trial.suggest_float("x", 0.0, 1.0)
    trial.set_user_attr(OWNER, owner().replace(owner().rpartition(":")[2], str(ended.pid)))
    trial.set_user_attr(FOLDER, "trial-0000")
    (tmp_path / "trial-0000" / "checkpoints").mkdir(parents=True)
    _join(tmp_path, _sweep(trials=2))
    assert len(trained) == 2
    assert trained[0] == (tmp_path / "trial-0000", True)
    first, again, _ = _study(tmp_path).trials
    assert first.state is TrialState.FAIL
    assert again.state is TrialState.COMPLETE
    assert again.params == first.params


def test_a_trial_that_nobody_signed_does_not_count(tmp_path, trained) -> None:
    _study(tmp_path).ask()
    _join(tmp_path, _sweep(trials=1))
    assert [again for _, again in trained] == [False]


def test_a_trial_of_a_process_that_lives_is_left_to_it(tmp_path, trained) -> None:
    study = _study(tmp_path)
    trial = study.ask()
    trial.set_user_attr(OWNER, owner())
    _join(tmp_path, _sweep(trials=2))
    assert len(trained) == 1
    assert _study(tmp_path).trials[0].state is TrialState.RUNNING


def test_an_interrupted_trial_is_next_when_the_sweep_goes_on(
    tmp_path, trained, monkeypatch
) -> None:
    whole = getattr(work, "train")  # noqa: B009  it is no export of the module

    def interrupted(*_: Any, **__: Any) -> None:
        raise Interrupted(3)

    monkeypatch.setattr(work, "train", interrupted)
    with pytest.raises(Interrupted):
        _join(tmp_path, _sweep(trials=1))
    monkeypatch.setattr(work, "train", whole)
    _join(tmp_path, _sweep(trials=1))
    first, again = _study(tmp_path).trials
    assert again.params == first.params
    assert [path.name for path, _ in trained] == ["trial-0000"]


def test_what_is_not_finite_has_failed(tmp_path, trained, monkeypatch) -> None:
    monkeypatch.setattr(work, "_measured", lambda _: {"loss": math.nan})
    _join(tmp_path, _sweep(trials=1, prune="none"))
    (trial,) = _study(tmp_path).trials
    assert trial.user_attrs[FAILED] == "an objective is not finite"
    assert list(swept.summary(_study(tmp_path), _sweep())) == ["1 failed"]


def test_data_without_a_validation_split_are_refused(tmp_path, trained, monkeypatch) -> None:
    monkeypatch.setattr(work, "_measured", lambda _: {})
    with pytest.raises(swept.Unmeasured, match="a sweep needs a validation split"):
        _join(tmp_path, _sweep(prune="none"))


def test_a_folder_holds_one_sweep(tmp_path, trained) -> None:
    one = swept.identity(RECIPE, _sweep())
    other = swept.identity(RECIPE, _sweep(over={"y": [1, 2]}))
    assert one == swept.identity(RECIPE, _sweep(trials=99, max_flops=10.0))
    swept.opened(tmp_path, _sweep(), one)
    with pytest.raises(ValueError, match="holds another sweep"):
        swept.opened(tmp_path, _sweep(), other)
