"""Formatting odd layouts: one form, the same program, every comment where it was."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from netwright.diagnostics import Report
from netwright.frontend.budgets import DEFAULT
from netwright.frontend.document import MappingValue, read
from netwright.frontend.form import Form
from netwright.frontend.formatting import format_text
from netwright.frontend.formatting_same import same
from netwright.frontend.lower import lower
from netwright.ir.program import Module

from .layouts import layouts


def program(text: str) -> Module:
    document = read(text, "a.yaml", Report())
    assert isinstance(document.root, MappingValue)
    form = Form(document, Report(), DEFAULT)
    return lower(form, document.root, "a.yaml", {"nets": None})[0]


@settings(deadline=None, max_examples=60)
@given(layouts(), st.booleans())
def test_formatting_is_stable_and_keeps_the_program_and_its_comments(text: str, long: bool) -> None:
    result = format_text(text, long)
    assert format_text(result, long) == result
    assert same(program(text), program(result))
    comments = sorted(re.findall("#.*", text))
    assert sorted(re.findall("#.*", result)) == comments
    lines = result.split("\n")
    for at, line in enumerate(lines):
        if match := re.search(r"# (\w+) beside", line):
            assert line.strip().startswith(f"{match[1]}:")
        elif match := re.search(r"# (\w+) above", line):
            below = next(other for other in lines[at:] if not other.strip().startswith("#"))
            assert below.strip().startswith(f"{match[1]}:")


@settings(deadline=None, max_examples=40)
@given(layouts())
def test_the_short_form_of_the_long_one_is_stable(text: str) -> None:
    back = format_text(format_text(text, long=True))
    assert format_text(back) == back
    assert same(program(text), program(back))
