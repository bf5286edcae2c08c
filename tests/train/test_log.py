"""The log of a run, and where else it goes."""

from __future__ import annotations

import json
from io import StringIO

from netwright.recipe.log import Log
from netwright_runtime.train import trackers
from netwright_runtime.train.log import EVENTS, METRICS, SPEED, RunLog
from netwright_runtime.train.progress import Bar
from netwright_runtime.train.table import Row, read
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

PLAIN = Log(trackers=["csv"])


def test_numbers_of_the_machine_are_kept_apart(tmp_path) -> None:
    """Equal runs have equal files of metrics; speed is never the same."""
    log = RunLog(tmp_path, PLAIN)
    log.metrics(1, 0, "train", {"loss": 2.0})
    log.speed(1, 0, {"samples_per_second": 3.0})
    log.close()
    assert list(read(tmp_path / METRICS)) == [Row(1, 0, "train", "loss", 2.0)]
    assert list(read(tmp_path / SPEED)) == [Row(1, 0, "train", "samples_per_second", 3.0)]


def test_events_are_lines_of_json_and_stay(tmp_path) -> None:
    log = RunLog(tmp_path, PLAIN)
    log.event("started", model="Net")
    log.event("checkpoint", step=4)
    log.truncate(0)
    log.close()
    lines = [json.loads(line) for line in (tmp_path / EVENTS).read_text().splitlines()]
    assert [line["event"] for line in lines] == ["started", "checkpoint"]
    assert lines[1]["step"] == 4
    assert lines[0]["time"] <= lines[1]["time"]


def test_a_resumed_log_goes_on_at_its_step(tmp_path) -> None:
    log = RunLog(tmp_path, PLAIN)
    for step in range(1, 5):
        log.metrics(step, 0, "train", {"loss": float(step)})
    log.close()
    log = RunLog(tmp_path, PLAIN)
    log.truncate(2)
    log.metrics(3, 0, "train", {"loss": 30.0})
    log.sync()
    log.close()
    assert [row.value for row in read(tmp_path / METRICS)] == [1.0, 2.0, 30.0]


def test_tensorboard_shows_what_was_logged_after_a_resume(tmp_path) -> None:
    section = Log(trackers=["tensorboard"])
    log = RunLog(tmp_path, section)
    for step in range(1, 5):
        log.metrics(step, 0, "train", {"loss": float(step)})
    log.close()
    log = RunLog(tmp_path, section)
    log.truncate(2)
    log.metrics(3, 0, "train", {"loss": 30.0})
    log.close()
    folder = str(tmp_path / "tensorboard")
    found = EventAccumulator(folder).Reload().Scalars("train/loss")
    assert [(e.step, e.value) for e in found] == [(1, 1.0), (2, 2.0), (3, 30.0)]


def test_a_tracker_that_is_not_installed_is_told_at_its_place(monkeypatch) -> None:
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    tensorboard, mlflow = trackers.missing(["csv", "tensorboard", "mlflow"])
    assert (tensorboard.where, mlflow.where) == (("log", "trackers", 1), ("log", "trackers", 2))
    assert tensorboard.message == "`tensorboard` is not installed"
    assert "pip install 'netwright[train]'" in tensorboard.help
    assert "pip install 'netwright[mlflow]'" in mlflow.help
    monkeypatch.setattr(trackers, "find_spec", lambda name: name)
    assert trackers.missing(["csv", "tensorboard", "mlflow"]) == []


def test_a_bar_shows_the_latest_numbers() -> None:
    text = StringIO()
    console = Console(file=text, force_terminal=True, width=120)
    with Bar(10, done=4, console=console) as bar:
        bar.show(5, 1, {"loss": 0.12345})
    assert "5/10" in text.getvalue()
    assert "epoch 2" in text.getvalue()
    assert "loss 0.1235" in text.getvalue()


def test_no_bar_where_there_is_no_terminal() -> None:
    text = StringIO()
    with Bar(10, console=Console(file=text)) as bar:
        bar.show(5, 0, {"loss": 0.1})
    assert text.getvalue() == ""
