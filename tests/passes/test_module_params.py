"""Modules that are a param's value: what they are called with shows only at elaboration."""

from __future__ import annotations

import pytest
from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.passes.model import elaborate

HEAD = """netwright: 1
model: M
params: {{made: {{type: module, default: {default}}}}}
inputs: {{x: "float[B, 3, 8, 8]"}}
graph:
  out: {node}
blocks:
  Scaled:
    params: {{by: 1.0}}
    inputs: {{x: "float[..., C]"}}
    graph: {{out: x * by}}
"""


@pytest.mark.parametrize(
    ("default", "node", "code", "message"),
    [
        ("Conv2d", "made(kernel_size=3)", "E0203", "`Conv2d` needs the argument `out_channels`"),
        ("ReLU", "made(inplce=True)", "E0202", "`ReLU` has no argument `inplce`"),
        ("Scaled", "made(bi=2.0)", "E0202", "`Scaled` has no argument `bi`"),
        ("Scaled", "made()(y=x)", "E0214", "`Scaled` has no input `y`"),
        ("ReLU", "made()(y=x)", "E0214", "`ReLU` has no input `y`"),
        (
            "ReLU",
            "(made if made is not None else 1) + 1",
            "E0410",
            "`+` does not apply to the module `ReLU`",
        ),
    ],
)
def test_a_wrong_call_is_reported(default: str, node: str, code: str, message: str) -> None:
    loaded = load_text(HEAD.format(default=default, node=node))
    assert loaded.module is not None
    report = Report()
    elaborate(loaded.module, None, {}, report)
    assert [(d.code, d.message) for d in report] == [(code, message)]


def test_a_right_call_is_sound() -> None:
    loaded = load_text(HEAD.format(default="Scaled", node="made(by=2.0)(x=x)"))
    assert loaded.module is not None
    report = Report()
    assert elaborate(loaded.module, None, {}, report) is not None
    assert not list(report)
