"""What a `scan` evaluates beside the items that it walks."""

from __future__ import annotations

from typing import Any

from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.ir.instance import Apply, Scan
from netwright.passes.model import elaborate

HEAD = """netwright: 1
model: M
inputs: {x: "float[B, 8]"}
graph:
  states:
    scan: t in x over B
    graph: {fc: 'Linear(out_features=8)(cat([u, h], dim=-1))'}
    outputs: {h: fc}
"""


def elaborated(given: str) -> tuple[Any, list[str]]:
    loaded = load_text(f"{HEAD}    from: {given}\n", "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    return elaborate(loaded.module, None, {}, report), [d.message for d in report.errors]


def test_a_first_value_is_computed_before_the_scan() -> None:
    found, errors = elaborated("{h: 'zeros([8])', u: t}")
    assert errors == []
    steps = found.primary.steps
    assert [type(step) for step in steps] == [Apply, Scan]
    assert steps[1].carried["h"] is steps[0].results[0]


def test_what_is_computed_of_an_item_has_no_place_outside() -> None:
    _, errors = elaborated("{h: 'zeros([8])', u: t * 2}")
    assert errors == ["what `scan` computes of `t` stands inside"]
