"""Reading YAML with a place for every key and value, against PyYAML's C loader without any."""

from __future__ import annotations

from functools import partial

import yaml
from netwright.diagnostics import Report
from netwright.driver.collection import collection_paused
from netwright.frontend.document import read
from netwright_runtime.measure.timing import interleaved

from benchmarks.generated import spec
from benchmarks.processes import ROOT
from benchmarks.result import Goal, Result, Row

_ROUNDS = 15


def run() -> Result:
    """The largest specs of the catalogue and generated ones, each against the plain load."""
    llama = (ROOT / "specs/language/llama.yaml").read_text(encoding="utf-8")
    texts = {"llama, 50 times": (llama, 50), "1,200 nodes": (spec(1_200), 1)}
    texts["10,000 nodes"] = (spec(10_000), 1)
    tasks = {}
    for name, (text, times) in texts.items():
        tasks[f"plain, {name}"] = partial(_plain, text, times)
        tasks[f"with spans, {name}"] = partial(_spans, text, times)
    taken = interleaved(tasks, _ROUNDS)
    rows: list[Row] = []
    for name in texts:
        plain, spans = taken[f"plain, {name}"], taken[f"with spans, {name}"]
        rows.append(Row(f"plain, {name}", plain))
        rows.append(Row(f"with spans, {name}", spans, spans.median / plain.median, "plain"))
    goals = tuple(Goal(f"spans of {r.name[12:]}", r.ratio, 1.5) for r in rows if r.ratio)
    return Result("spans", "YAML with spans", tuple(rows), goals)


def _plain(text: str, times: int) -> None:
    with collection_paused():
        for _ in range(times):
            yaml.load(text, yaml.CSafeLoader)


def _spans(text: str, times: int) -> None:
    with collection_paused():
        for _ in range(times):
            read(text, "spec.yaml", Report())
