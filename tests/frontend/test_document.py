"""YAML text to plain data: what is read, what is refused, and at what cost."""

from __future__ import annotations

import pytest
from netwright.diagnostics import Diagnostic, Report
from netwright.frontend.budgets import Budgets
from netwright.frontend.document import (
    Document,
    MappingValue,
    Refused,
    Scalar,
    SequenceValue,
    read,
)


def load(text: str, budgets: Budgets | None = None) -> tuple[Document, list[Diagnostic]]:
    report = Report()
    document = read(text, "f.yaml", report, budgets or Budgets())
    return document, list(report)


def only(text: str, budgets: Budgets | None = None) -> Diagnostic:
    """The one diagnostic that `text` gives."""
    _, found = load(text, budgets)
    assert len(found) == 1, found
    return found[0]


def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    return diagnostic.code, diagnostic.span.line, diagnostic.span.column


def test_keys_and_values_know_their_places() -> None:
    document, found = load("a: 1\nb: [x, {c: d}]\n")
    assert not found
    assert isinstance(document.root, MappingValue)
    entry = document.root.entries["b"]
    assert (entry.key.span.line, entry.key.span.column) == (2, 1)
    assert isinstance(entry.value, SequenceValue)
    inner = entry.value.items[1]
    assert isinstance(inner, MappingValue)
    assert inner.flow
    scalar = inner.get("c")
    assert isinstance(scalar, Scalar)
    assert (scalar.span.line, scalar.span.column, scalar.span.end_column) == (2, 12, 13)


def test_order_of_keys_is_kept() -> None:
    document, _ = load("b: 1\na: 2\n0: 3\n")
    assert isinstance(document.root, MappingValue)
    assert list(document.root.entries) == ["b", "a", "0"]


def test_a_byte_order_mark_is_skipped() -> None:
    document, found = load("\ufeffa: 1\n")
    assert not found
    assert isinstance(document.root, MappingValue)
    assert document.root.entries["a"].key.span.column == 1


def test_windows_line_ends_are_line_ends() -> None:
    document, found = load("a: 1\r\nb: 2\r\n")
    assert not found
    assert isinstance(document.root, MappingValue)
    assert document.root.entries["b"].key.span.line == 2


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x85", "\u200b", "\u202e", "\u2028", "\r"])
def test_characters_without_a_face_are_refused(character: str) -> None:
    found = only(f"a: 1\nb: x{character}y\n")
    assert place(found) == ("E0110", 2, 5)


def test_what_cannot_be_read_is_refused_in_place() -> None:
    document, found = load("a: *b\nc: 1\n")
    assert [place(f) for f in found] == [("E0106", 1, 4)]
    assert isinstance(document.root, MappingValue)
    assert isinstance(document.root.get("a"), Refused)
    assert isinstance(document.root.get("c"), Scalar)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n---\nb: 2\n", ("E0106", 2, 1)),
        ("%YAML 1.1\n---\na: 1\n", ("E0106", 1, 1)),
        ("a: &x 1\n", ("E0106", 1, 4)),
        ("a: !!str 1\n", ("E0106", 1, 4)),
        ("? [a]\n: b\n", ("E0106", 1, 3)),
        ("a: 1\na: 2\n", ("E0102", 2, 1)),
        ("", ("E0101", 1, 1)),
        ("# nothing\n", ("E0101", 1, 1)),
    ],
)
def test_features_that_a_spec_does_not_need_are_refused(
    text: str, expected: tuple[str, int, int]
) -> None:
    assert place(only(text)) == expected


def test_every_fault_is_reported_in_one_run() -> None:
    _, found = load("a: *x\nb: &y 1\nc:\na: 2\n")
    assert [f.code for f in found] == ["E0106", "E0106", "E0105", "E0102"]


BOMBS = {
    "brackets": ("[" * 200_000, Budgets()),
    "braces": ("{a: " * 50_000, Budgets()),
    "flow depth": ("a: " + "[" * 70 + "]" * 70, Budgets()),
    "block depth": ("".join(" " * i + "a:\n" for i in range(70)), Budgets()),
    "dashes": ("- " * 70 + "a", Budgets()),
    "scalar": ("a: " + "x" * 70_000, Budgets()),
    "values": ("a: [" + "1, " * 200 + "]", Budgets(values=100)),
    "text": ("a: " + "x" * 2000, Budgets(text=1000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_costs_too_much_is_refused(name: str) -> None:
    text, budgets = BOMBS[name]
    assert only(text, budgets).code == "E0501"


def test_brackets_in_quotes_do_not_nest() -> None:
    document, found = load('a: "' + "[" * 900 + '"\n')
    assert not found
    assert document.root is not None


def test_aliases_cannot_multiply() -> None:
    lines = ["a0: &a0 [1, 1]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 30)]
    _, found = load("\n".join(lines))
    assert {f.code for f in found} == {"E0106"}
    assert len(found) == 30 + 2 * 29
