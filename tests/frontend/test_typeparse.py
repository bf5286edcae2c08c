"""Types as written."""

from __future__ import annotations

import pytest
from netwright.diagnostics import Report
from netwright.frontend.scalars import OnLine
from netwright.frontend.typeparse import dim_names, parse_type
from netwright.ir.expr import Dots, Literal, Name
from netwright.ir.program import TypeExpr


def parsed(text: str) -> TypeExpr:
    report = Report()
    found = parse_type(text, OnLine("f", 1, 1), report)
    assert found is not None, list(report)
    return found


def test_dims_are_numbers_names_expressions_and_dots() -> None:
    found = parsed("float[B, 3, H // 2, ...]")
    assert found.dtype == "float"
    kinds = [type(d) for d in found.dims]
    assert kinds[:2] == [Name, Literal]
    assert kinds[3] is Dots
    assert (found.dims[2].span.column, found.dims[2].span.end_column) == (13, 19)


def test_a_single_number_has_no_dims() -> None:
    assert parsed("bool[]").dims == ()


def test_lists_nest() -> None:
    found = parsed("list[list[int[B, T]]]")
    assert found.item is not None
    assert found.item.item is not None
    assert found.item.item.dtype == "int"
    assert (found.item.item.span.column, found.item.item.span.end_column) == (11, 20)


@pytest.mark.parametrize(("text", "dtype"), [("int64[B]", "int"), ("half[B]", "float16")])
def test_torch_has_two_names_for_some(text: str, dtype: str) -> None:
    assert parsed(text).dtype == dtype


def test_names_of_dims_in_order() -> None:
    assert list(dim_names(parsed("list[float[B, 2 * H, W, B]]"))) == ["B", "H", "W"]


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("float", "E0109", 1),
        ("[B]", "E0109", 1),
        ("float[B] | None", "E0109", 1),
        ("float[..., ...]", "E0109", 12),
        ("floot[B]", "E0207", 1),
        ("list[floot[B]]", "E0207", 6),
        ("float[B, a b]", "E0108", 10),
        ("list[" * 20 + "int[B]" + "]" * 20, "E0109", 46),
    ],
)
def test_faults(text: str, code: str, column: int) -> None:
    report = Report()
    assert parse_type(text, OnLine("f", 1, 1), report) is None
    (found,) = report
    assert (found.code, found.span.column) == (code, column)
