"""Small models in which a user's module stands between two layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netwright_runtime.verify import Subject

from tests.faults.fault import Plugin
from tests.faults.plugins import unchanged
from tests.verify.subjects import subject

SPEC = """inputs: {x: "float[B, T, 6]"}
graph:
  before: Linear(out_features=6)
  tap: %s
  after: Linear(out_features=6)
"""

PLACE = "net.yaml:6:8"
"""Where the module stands."""


@contextmanager
def tapped(cls: type, **more: object) -> Iterator[Subject]:
    """The model with a module of class `cls`, which keeps shapes, under its arguments `more`."""
    arguments = ", ".join(f"{name}={value}" for name, value in more.items())
    with Plugin(cls, unchanged).registered():
        yield subject(SPEC % f"{cls.__name__}({arguments})")
