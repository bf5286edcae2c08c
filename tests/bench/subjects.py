"""What the benchmarks of the tests are about: a small model, a clock, and ways of running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

SPEC = """netwright: 1
model: Small
inputs: {x: "float[B, 4]"}
graph:
  layers: {op: Layer, repeat: 2}
  out: Linear(out_features=2)
blocks:
  Layer:
    inputs: {x: "float[B, 4]"}
    graph:
      linear: Linear(out_features=4)
      act: relu(linear)
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The file of a small model."""
    file = tmp_path / "small.yaml"
    file.write_text(SPEC, encoding="utf-8")
    return file


def steady() -> Callable[[], float]:
    """A clock that goes on by a second whenever it is looked at."""
    seconds: Iterator[int] = count()
    return lambda: float(next(seconds))
