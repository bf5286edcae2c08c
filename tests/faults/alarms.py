"""Sound models, on which verification shall find nothing: generated ones and the catalogue."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netwright_runtime.model import compiled
from netwright_runtime.verify import Level, verify

from tests.emission.building import REQUIRED, models
from tests.faults.good import text
from tests.faults.pool import quiet

Alarms = tuple[str, list[str]]
"""A model, and what verification says against it."""

SMALLER: dict[str, dict[str, Any]] = {
    **REQUIRED,
    "language/bert": {"dim": 32, "depth": 2, "heads": 4},
    "language/gpt2": {"dim": 32, "depth": 2, "heads": 4},
    "language/llama": {
        "vocab_size": 50, "dim": 16, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 32,
    },
}  # fmt: skip
"""Params for the specs of the catalogue that need some, or that are large."""


def alarms(count: int, jobs: int) -> Iterator[Alarms]:
    """What is said against `count` generated models, then against each of the catalogue."""
    with multiprocessing.get_context("spawn").Pool(jobs, quiet) as pool:
        yield from pool.imap(of_generated, range(count))
        yield from pool.imap(of_catalogue, catalogue())


def catalogue() -> list[str]:
    """The specs of the catalogue, without their variants: `tests/verify` holds those."""
    return list(dict.fromkeys(name for name, _ in models()))


def of_generated(seed: int) -> Alarms:
    """By the cheap properties; every twentieth model by the costly ones, too."""
    level = Level.QUICK if seed % 20 else Level.DEFAULT
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"good{seed}.yaml"
        path.write_text(text(seed), encoding="utf-8")
        return f"good {seed}", _said(path, level, {})


def of_catalogue(name: str) -> Alarms:
    root = Path(__file__).parents[2] / "specs"
    return name, _said(root / f"{name}.yaml", Level.QUICK, SMALLER.get(name, {}))


def _said(path: Path, level: Level, params: dict[str, Any]) -> list[str]:
    report = verify(compiled(path, params=params), level=level)
    return [
        f"{outcome.property}: {outcome.findings[0].node}: {outcome.findings[0].message}"
        for outcome in report.failures
    ]
