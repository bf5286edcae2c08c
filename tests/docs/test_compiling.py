"""The page on compiling: its first example runs, and prints what the page says."""

from __future__ import annotations

import contextlib
import io

import pytest
from netwright_runtime.optimise.regional import compiling
from netwright_runtime.optimise.regional.region import LIMIT

from tests.docs.pages import DOCS, fences

PAGE = (DOCS / "compiling.md").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")
def test_the_example_prints_what_the_page_says() -> None:
    (example,) = (fence for fence in fences(PAGE, "python") if fence.mark == "run")
    (shown,) = fences(PAGE, "text")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example.text, "compiling.md", "exec"), {})
    assert printed.getvalue() == shown.text


def test_the_numbers_of_the_rules_are_those_of_the_code() -> None:
    assert (compiling.PAYS, LIMIT) == (3, 8)
    assert "at least three blocks for each kind" in PAGE
    assert "more than eight variants of a kind" in PAGE
