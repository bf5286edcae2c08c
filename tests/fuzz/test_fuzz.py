"""Whatever the text: a check answers, within its budgets, and raises nothing.

`NETWRIGHT_FUZZ=20000 pytest tests/fuzz` runs that many cases of each kind, drawn anew each time.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from netwright.diagnostics import CODES, MAX_ERRORS, render_all
from netwright.driver.check import check

from tests.fuzz.nonsense import mutated, specs

EXAMPLES = int(os.environ.get("NETWRIGHT_FUZZ", "0"))
FUZZ = settings(
    max_examples=EXAMPLES or 150,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def answer(data: bytes) -> None:
    """Check `data` as a spec: diagnostics with codes and places, and a text of bounded length."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        path.write_bytes(data)
        found = check(path)
    assert len(found.errors) <= MAX_ERRORS + 1
    lines = data.decode("utf-8", "replace").count("\n") + 1
    for diagnostic in found.report:
        assert diagnostic.code in CODES
        assert 1 <= diagnostic.span.line <= lines
        assert diagnostic.span.column >= 1
    text = render_all(found.report, found.sources)
    assert bool(text) == bool(list(found.report))


@FUZZ
@given(st.binary(max_size=400))
def test_bytes(data: bytes) -> None:
    answer(data)


@FUZZ
@given(st.text(max_size=400))
def test_characters(text: str) -> None:
    answer(text.encode("utf-8", "surrogatepass"))


@FUZZ
@given(mutated())
def test_mutated_specs(data: bytes) -> None:
    answer(data)


@FUZZ
@given(specs())
def test_nonsense(text: str) -> None:
    answer(text.encode())
