"""What a report holds: each fault once, and of any kind no more than anybody reads."""

from __future__ import annotations

import pytest
from netwright.diagnostics import MAX_ERRORS, Diagnostic, Report, TooManyErrors
from netwright.diagnostics.model import MAX_WARNINGS
from netwright.source import Span


def at(line: int, code: str) -> Diagnostic:
    return Diagnostic(code, f"the fault of line {line}", Span.point("f.yaml", line))


def test_a_fault_is_held_once() -> None:
    report = Report()
    report.add(at(1, "E0301"))
    report.add(at(1, "E0301"))
    report.add(at(1, "E0302"))
    assert [d.code for d in report] == ["E0301", "E0302"]


def test_errors_end_the_search() -> None:
    report = Report()
    for line in range(1, MAX_ERRORS + 1):
        report.add(at(line, "E0301"))
    with pytest.raises(TooManyErrors):
        report.add(at(1000, "E0301"))
    assert report.full
    assert len(report.errors) == MAX_ERRORS + 1
    assert report.errors[-1].message == "more than 100 errors, the rest is not looked for"


def test_warnings_are_left_out_and_errors_still_found() -> None:
    report = Report()
    for line in range(1, 1000):
        report.add(at(line, "W0602"))
    report.add(at(2000, "E0301"))
    assert len(report.warnings) == MAX_WARNINGS + 1
    assert report.warnings[-1].message == "more than 100 warnings, the rest is left out"
    assert [d.span.line for d in report.errors] == [2000]
