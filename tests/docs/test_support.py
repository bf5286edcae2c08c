"""docs/support.md says what was found, and gives a reason for whatever does not work."""

from __future__ import annotations

from netwright_runtime.export.formats import FORMATS

from benchmarks.reasons import REASONS, reason_of
from benchmarks.support import read
from benchmarks.support_page import PAGE, WORKS, page


def test_the_page_is_what_was_found() -> None:
    told = "write it anew: python -m benchmarks.support --missing --to onnx"
    assert PAGE.read_text(encoding="utf-8") == page(read()), told


def test_every_model_that_was_tried_goes_to_onnx_and_pt2() -> None:
    found = read()
    assert len(found) > 50
    for name in ("onnx", "pt2"):
        assert {model for model, said in found.items() if said.get(name, WORKS) != WORKS} == set()


def test_each_fault_has_a_reason_and_each_reason_a_fault() -> None:
    faults = [
        (name, said) for row in read().values() for name, said in row.items() if said != WORKS
    ]
    reasons = {reason_of(*fault) for fault in faults}
    assert all(text.startswith("http") for text in (reason.link for reason in REASONS))
    assert len(reasons) == len(REASONS)


def test_a_fault_without_a_reason_stands_for_itself() -> None:
    found = {"vision/resnet": {"onnx": WORKS, "aoti": "no `B` here"}, "graph/gcn": {}}
    text = page(found)
    assert "| vision/resnet | yes |  | [1](#reason-1) |" in text
    assert "| graph/gcn |" + "  |" * len(FORMATS) in text
    assert text.endswith("## Reason 1\n\n`aoti`: no `B` here\n")
