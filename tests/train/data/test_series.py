"""Windows of series."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from netwright_runtime.train.data.splits import divided

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, source


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lines = [f"day {t},{t},{10 * t}" for t in range(50)]
    (tmp_path / "rows.csv").write_text("\n".join(["date,load,wind", *lines]) + "\n")
    return tmp_path


def test_what_follows_is_the_target(root: Path) -> None:
    found = source({"series": {"file": "rows.csv", "context": 4, "horizon": 2}}, root)
    holds_what_it_says(found)
    assert len(found) == 45
    assert found[7]["past_values"].tolist() == [[t, 10 * t] for t in range(7, 11)]
    assert found[7]["future_values"].tolist() == [[11, 110], [12, 120]]


def test_columns_can_be_chosen(root: Path) -> None:
    written = {"file": "rows.csv", "columns": ["wind"], "context": 4, "horizon": 2, "stride": 3}
    found = source({"series": written}, root)
    assert found[1]["past_values"].flatten().tolist() == [30, 40, 50, 60]


@pytest.mark.parametrize("stride", [1, 2, 5])
def test_no_value_is_forecast_in_two_splits(root: Path, stride: int) -> None:
    written = {"file": "rows.csv", "columns": ["load"], "context": 4, "horizon": 3}
    found = source({"series": {**written, "stride": stride}}, root)
    parts = divided(found, None)
    ahead = {
        name: {float(v) for i in part.tolist() for v in found[i]["future_values"].flatten()}
        for name, part in parts.items()
    }
    assert max(ahead["train"]) < min(ahead["validation"])
    assert max(ahead["validation"]) < min(ahead["test"])


def test_made_series_repeat_each_day_and_week() -> None:
    found = source({"seasonal": {"steps": 2000, "context": 1000, "horizon": 500}})
    values = found[0]["past_values"][:, 0]
    values = values - values.mean()
    spectrum = torch.fft.rfft(values[: 168 * 5]).abs()
    assert int(spectrum.argmax()) == 168 * 5 // 24


def test_faults_are_located(root: Path) -> None:
    cases = [
        ({"file": "row.csv"}, ("file",), "there is no file"),
        ({"file": "rows.csv", "columns": ["sun"]}, ("columns",), "no column of numbers `sun`"),
        ({"file": "rows.csv", "context": 48, "horizon": 12}, ("context",), "no window of 60"),
    ]
    for written, where, message in cases:
        fault = refused({"series": written}, root)
        assert fault.where == (*SOURCE, "series", *where)
        assert message in fault.message
