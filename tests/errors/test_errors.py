"""Each `yaml` block of the Markdown files here, against the `text` block of diagnostics after it.

`NETWRIGHT_UPDATE=1 pytest tests/errors` writes what is printed now into the files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from netwright.diagnostics import render_all
from netwright.frontend import load_text

FOLDER = Path(__file__).parent
CASE = re.compile(r"^```yaml\n(.*?)^```\n+```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    title: str
    spec: str
    expected: str


def diagnose(spec: str) -> str:
    """The diagnostics of a spec as printed."""
    loaded = load_text(spec, "spec.yaml")
    return render_all(loaded.report, loaded.sources) + "\n"


def cases(path: Path) -> Iterator[Case]:
    text = path.read_text(encoding="utf-8")
    for match in CASE.finditer(text):
        headings = HEADING.findall(text, 0, match.start())
        yield Case(headings[-1], match[1], match[2])


def collected() -> list[object]:
    found: list[object] = []
    for path in sorted(FOLDER.glob("*.md")):
        if os.environ.get("NETWRIGHT_UPDATE"):
            update(path)
        found += [pytest.param(case, id=f"{path.stem}: {case.title}") for case in cases(path)]
    return found


def update(path: Path) -> None:
    """Write what is printed now into the file at `path`."""
    text = path.read_text(encoding="utf-8")
    written = CASE.sub(lambda m: f"```yaml\n{m[1]}```\n\n```text\n{diagnose(m[1])}```", text)
    path.write_text(written, encoding="utf-8")


@pytest.mark.parametrize("case", collected())
def test_diagnostics_are_printed_as_written(case: Case) -> None:
    assert diagnose(case.spec) == case.expected
