"""Scalars of YAML 1.2, and where their characters stand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netwright.diagnostics import Report
from netwright.frontend.document import Document, MappingValue, Scalar, read
from netwright.frontend.scalars import plain_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("None", "None"),
        ("True", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("-3", -3),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1e-6", 1e-6),
        ("1.0e-6", 1e-6),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("1_000", "1_000"),
        ("12M", "12M"),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("0b1", "0b1"),
    ],
)
def test_plain_scalars_have_the_kinds_of_the_core_schema(text: str, value: object) -> None:
    found = plain_value(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_a_float() -> None:
    found = plain_value(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


def scalar(text: str) -> tuple[Document, Scalar]:
    """The value of the only key of a document."""
    report = Report()
    document = read(text, "f.yaml", report)
    assert not list(report)
    assert isinstance(document.root, MappingValue)
    value = document.root.get("a")
    assert isinstance(value, Scalar)
    return document, value


def character(document: Document, value: Scalar, index: int) -> str:
    """The character of the file where character `index` of the scalar is said to stand."""
    span = document.place(value).span(index, index + 1)
    return document.text.split("\n")[span.line - 1][span.column - 1]


STYLES = [
    "a: one two\n",
    "a: one\n  two\n\n  three\n",
    "a: 'one ''two'' three'\n",
    "a: 'one\n   two\n\n\n   three'\n",
    'a: "one two"\n',
    'a: "one\n   two \\\n   three"\n',
    "a: |\n  one\n    two\n\n  three\n",
    "a: |-\n    one\n    two\n",
    "a: >\n  one\n  two\n\n  three\n",
    "a: >-\n  one\n    two\n  three\n",
    "a: >2\n    one\n  two\n",
    "b: x\na: 'é one'\n",
    "a: >-\r\n  one\r\n  two\r\n",
]


@pytest.mark.parametrize("text", STYLES)
def test_every_visible_character_is_found_where_it_stands(text: str) -> None:
    document, value = scalar(text)
    assert value.text.split()
    for index, expected in enumerate(value.text):
        if not expected.isspace():
            assert character(document, value, index) == expected


def test_an_escape_stands_for_its_character() -> None:
    document, value = scalar('a: "x\\u00e9\\"y"\n')
    assert value.text == 'xé"y'
    columns = [document.place(value).span(i, i + 1).column for i in range(4)]
    assert columns == [5, 6, 12, 14]


def test_a_span_over_lines_begins_and_ends_in_its_own() -> None:
    document, value = scalar("a: one\n  two\n")
    span = document.place(value).span(0, len(value.text))
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 4, 2, 6)


WORDS = st.lists(st.text("abcxyz+*()é", min_size=1, max_size=6), min_size=1, max_size=6)


@given(words=WORDS, style=st.sampled_from(["'", '"', "|", ">"]), wide=st.integers(2, 5))
def test_places_hold_for_any_words(words: list[str], style: str, wide: int) -> None:
    indent = " " * wide
    body = f"\n{indent}".join(words)
    text = f"a: {style}{body}{style}\n" if style in "'\"" else f"a: {style}\n{indent}{body}\n"
    document, value = scalar(text)
    for index, expected in enumerate(value.text):
        if not expected.isspace():
            assert character(document, value, index) == expected
