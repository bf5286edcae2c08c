"""The picture of a benchmark."""

from __future__ import annotations

from pathlib import Path

from netwright_runtime.bench import Report, Row
from netwright_runtime.bench.plot import draw
from netwright_runtime.measure.timing import Time


def test_a_line_for_each_model_and_way_that_has_numbers(tmp_path: Path) -> None:
    time = Time(1.0, 1.0, 1.0, 3)
    rows = (
        Row("Small", "eager", "inference", 1, latency=time, throughput=10.0),
        Row("Small", "eager", "inference", 8, latency=time, throughput=60.0),
        Row("timm:small", "eager", "inference", 8, latency=time, throughput=50.0),
        Row("Small", "compiled", "inference", 8, failed="RuntimeError: no compiler"),
        Row("Small", "eager", "training step", 8, latency=time, throughput=20.0),
    )
    place = {"processor": "Some CPU", "threads": 2}
    report = Report("Small", "timm:small", place, {"torch": "2.13"}, {}, {}, {}, rows)
    draw(report, tmp_path / "found.svg")
    text = (tmp_path / "found.svg").read_text(encoding="utf-8")
    for label in ("Small, eager", "timm:small, eager", "Small, inference", "Small, training step"):
        assert f"<!-- {label} -->" in text
    assert "<!-- Small, compiled -->" not in text
    assert "<!-- Some CPU, 2 threads, torch 2.13 -->" in text
