"""The examples of `properties` in the language's page hold what they claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from netwright.frontend.properties import PROPERTIES
from netwright_runtime.model import compiled
from netwright_runtime.verify import Plan, Subject, verify_subject
from netwright_runtime.verify.properties import (
    causality,
    counts,
    initial_scale,
    outputs,
    padding,
    permutations,
    positions,
    residual,
    tied,
    translations,
)

from tests.docs.pages import Fence
from tests.docs.test_language import PAGE, SPECS, completed

CLAIMED = (
    counts, tied, causality, padding, positions, permutations, translations, outputs, residual,
    initial_scale,
)  # fmt: skip
EXAMPLES = [fence for fence in SPECS if fence.heading == "Properties"]


def said(path: Path, fence: Fence) -> Subject:
    path.write_text(completed(fence), encoding="utf-8")
    return Subject(compiled(path))


@pytest.mark.parametrize("fence", EXAMPLES, ids=lambda fence: fence.mark)
def test_an_example_holds_what_it_claims(fence: Fence, tmp_path: Path) -> None:
    held = said(tmp_path / "spec.yaml", fence)
    report = verify_subject(held, Plan([module.PROPERTY for module in CLAIMED]))
    assert [o.verdict for o in report.outcomes].count("passed") >= 1
    assert report.ok, report.failures


def test_the_page_lists_every_property() -> None:
    rows = re.findall(r"^\| `(\w+): .*` \|", PAGE, re.MULTILINE)
    assert set(rows) >= PROPERTIES.keys()
