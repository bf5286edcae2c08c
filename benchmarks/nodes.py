"""The cost of a check grows in line with the nodes."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from netwright.driver.check import Checked, check
from netwright.driver.collection import collection_paused
from netwright.driver.model import Model
from netwright.frontend import load_file
from netwright.frontend.budgets import Budgets
from netwright_runtime.measure.timing import interleaved

from benchmarks.generated import spec
from benchmarks.result import Goal, Result, Row

_SIZES = (1_000, 10_000, 100_000)
_ROUNDS = 3
_BUDGETS = Budgets(text=2**23, nodes=100_000, values=500_000, expressions=2**23)
"""A file may hold 5,000 nodes; more is for programs that ask for it."""


def run() -> Result:
    """1,000, 10,000 and 100,000 distinct nodes, by time for each."""
    with tempfile.TemporaryDirectory() as folder:
        tasks = {}
        for size in _SIZES:
            path = Path(folder) / f"{size}.yaml"
            path.write_text(spec(size), encoding="utf-8")
            tasks[f"{size:,} nodes"] = partial(_check, path)
        times = interleaved(tasks, _ROUNDS, warm_up=0)
    each = {f"{n:,} nodes": times[f"{n:,} nodes"].median / n for n in _SIZES}
    smallest = f"{_SIZES[0]:,} nodes"
    rows = tuple(
        Row(name, time, each[name] / each[smallest], f"{smallest}, a node")
        for name, time in times.items()
    )
    goals = (
        Goal("10,000 nodes", times["10,000 nodes"].median, 5.0, "s"),
        Goal("a node of 100,000 against one of 1,000 (linear is 1)", rows[-1].ratio or 0.0, 1.5),
    )
    return Result("nodes", "Generated nodes", rows, goals)


@collection_paused()
def _check(path: Path) -> Checked:
    """Read and check a file, with the budgets raised."""
    loaded = load_file(path, _BUDGETS)
    assert loaded.module is not None
    checked = check(Model(loaded.module, loaded.sources, None, {}))
    assert checked.ok
    return checked
