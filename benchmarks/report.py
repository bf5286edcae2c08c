"""Results as a table in the terminal, as JSON, and as the page of the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.processes import ROOT
from benchmarks.result import Result

_RESULTS = Path(__file__).parent / "results"
_PAGE = ROOT / "docs" / "benchmarks.md"
_NUMBERS = re.compile(r"\[[-+.,\de\s]+\]")
"""A list of numbers in JSON, which is written in one line."""
_INTRODUCTION = """# Benchmarks

Written by `make bench` from `benchmarks/results/`; do not edit. Times are medians with their
quartiles, of runs that took turns; what counts are the ratios within a run. No test asserts a time.
"""


def save(result: Result) -> None:
    """Keep a result with the machine and versions that it belongs to."""
    _RESULTS.mkdir(exist_ok=True)
    data = {"machine": machine(), **result.to_json()}
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    text = _NUMBERS.sub(lambda found: " ".join(found[0].split()), text)
    (_RESULTS / f"{result.name}.json").write_text(text, encoding="utf-8")


def show(result: Result) -> None:
    """Print a result as its tables."""
    print("\n".join(_section(result.to_json())), flush=True)


def write_page(names: Sequence[str]) -> None:
    """Write the page from the results that are kept, in the order of `names`."""
    lines = [_INTRODUCTION]
    for name in names:
        path = _RESULTS / f"{name}.json"
        if path.is_file():
            data = json.loads(path.read_text(encoding="utf-8"))
            lines += [*_section(data), _machine(data["machine"]), ""]
    _PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _section(data: dict[str, Any]) -> Iterator[str]:
    yield f"## {data['title']}\n"
    if data["goals"]:
        goals = (
            (g["text"], f"{g['value']:.2f} {g['unit']}", f"{g['limit']:g} {g['unit']}", _met(g))
            for g in data["goals"]
        )
        yield from _table(("goal", "measured", "at most", ""), goals)
    rows = ((r["name"], _time(r["time"]), _ratio(r)) for r in data["rows"])
    if data["rows"]:
        yield from _table(("what", "time", "ratio"), rows)
    if "table" in data:
        yield from _table(data["table"]["head"], iter(data["table"]["cells"]))
    yield from (f"{note}\n" for note in data["notes"])


def _met(goal: dict[str, Any]) -> str:
    return "met" if goal["met"] else "missed"


def _ratio(row: dict[str, Any]) -> str:
    return "" if row["ratio"] is None else f"{row['ratio']:.2f} of {row['against']}"


def _time(time: dict[str, Any]) -> str:
    unit, factor = ("s", 1.0) if time["median"] >= 1 else ("ms", 1e3)
    median, low, high = (f"{time[k] * factor:.3g}" for k in ("median", "low", "high"))
    return f"{median} {unit} ({low} to {high})"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    cells = [head, *rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    for number, row in enumerate(cells):
        yield "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    yield ""


def _machine(data: dict[str, Any]) -> str:
    return f"On {data['processor']}, " + ", ".join(
        f"{data[k]} {k}" if k == "cores" else f"{k} {data[k]}" for k in data if k != "processor"
    )
