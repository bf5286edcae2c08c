"""A verification as Markdown, for the summary of a CI run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwright_runtime.verify.property import Finding, Outcome, Report

_MARKS = {"passed": "passed", "failed": "**failed**", "warned": "warned", "skipped": "skipped"}


def markdown(reports: Iterable[Report]) -> str:
    """One section for each model: a table of its properties, then what was found."""
    return "\n".join(line for report in reports for line in _section(report)) + "\n"


def _section(report: Report) -> Iterator[str]:
    yield f"## {report.model}"
    yield ""
    verdict = "holds" if report.ok else f"{len(report.failures)} failed"
    yield f"{report.parameters:,} parameters, {report.seconds:.1f} s: {verdict}."
    yield from (f"Note: {note}." for note in report.notes)
    yield ""
    yield "| property | trials | seconds | verdict |"
    yield "|---|---:|---:|---|"
    yield from map(_row, report.outcomes)
    yield ""
    for outcome in report.outcomes:
        yield from _found(outcome)


def _row(outcome: Outcome) -> str:
    said = _MARKS[outcome.verdict] + (f" ({outcome.reason})" if outcome.reason else "")
    return f"| {outcome.property} | {outcome.trials} | {outcome.seconds:.2f} | {said} |"


def _found(outcome: Outcome) -> Iterator[str]:
    for finding in outcome.findings:
        yield f"- **{outcome.property}**: {finding.message}{_where(finding)}"
        if finding.help:
            yield f"  ({finding.help})"
    if outcome.command:
        yield f"  - again: `{outcome.command}`"
        yield ""


def _where(finding: Finding) -> str:
    at = f" at {finding.place}" if finding.place else ""
    return f" in `{finding.node}`{at}" if finding.node else at
