"""Small specs for the tests of the back ends, elaborated."""

from __future__ import annotations

from typing import Any

from netwright.backends.fx import lower
from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.passes.model import Case, Elaboration, elaborate
from torch.fx import GraphModule

HEAD = "netwright: 1\nmodel: M\n"


def elaborated(text: str, **params: Any) -> Elaboration:
    """The model of a spec whose first lines are left out, with these params."""
    loaded = load_text(HEAD + text, "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    found = elaborate(loaded.module, None, params, report)
    assert not report.errors, [d.message for d in report]
    assert found is not None
    return found


def lowered(text: str, *given: str, training: bool = False, **params: Any) -> GraphModule:
    """The graph of a spec for calls with the optional inputs `given`."""
    elaboration = elaborated(text, **params)
    modes = {case.training for case in elaboration.cases}
    case = Case(frozenset(given), training and True in modes)
    return lower(elaboration.cases[case], training=training)
