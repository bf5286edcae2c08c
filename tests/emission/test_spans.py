"""The source map: where in the spec each line of the emitted file comes from."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from netwright.source import NOWHERE

from tests.emission.building import SPECS, of_catalogue
from tests.emission.small import ONE_EACH


def lines_of(spec: str, variant: str | None, pattern: str) -> list[str]:
    """The lines of the spec that the emitted lines with `pattern` come from."""
    file = of_catalogue(spec, variant)
    source = (SPECS / f"{spec}.yaml").read_text().splitlines()
    return [
        source[span.line - 1]
        for line, span in zip(file.text.splitlines(), file.spans, strict=True)
        if re.search(pattern, line) and span is not NOWHERE
    ]


@pytest.mark.parametrize(("spec", "variant"), ONE_EACH)
def test_lines_have_spans(spec: str, variant: str | None) -> None:
    """Every statement of `forward` that calls or computes something comes from a line of a spec."""
    file = of_catalogue(spec, variant)
    missing = []
    for function in ast.walk(ast.parse(file.text)):
        if isinstance(function, ast.FunctionDef) and function.name == "forward":
            for statement in function.body:
                span = file.spans[statement.lineno - 1]
                if is_computed(statement) and span is NOWHERE:
                    missing.append(f"{statement.lineno}: {ast.unparse(statement)[:80]}")
    assert not missing


def is_computed(statement: ast.stmt) -> bool:
    """Whether a statement does what a node says, rather than read a size or pass on a result."""
    if isinstance(statement, ast.Assign):
        value = ast.unparse(statement.value)
        fresh = value == "[]" or re.fullmatch(r"\w+(\[\d+\])?\.shape(\[-?\d+\])?", value)
        return not fresh
    return isinstance(statement, ast.For)


@pytest.mark.parametrize(("spec", "variant"), ONE_EACH)
def test_spans_lie_in_specs(spec: str, variant: str | None) -> None:
    file = of_catalogue(spec, variant)
    assert len(file.spans) == len(file.text.splitlines())
    for span in file.spans:
        if span is not NOWHERE:
            count = len(Path(span.file).read_text().splitlines())
            assert 1 <= span.line <= count


def test_what_lines_say() -> None:
    assert all("fc1" in line for line in lines_of("language/tiny_gpt", None, r"self\.fc1"))
    (line,) = lines_of("language/tiny_gpt", None, r"scaled_dot_product_attention\(")
    assert "attended" in line
    (line,) = lines_of("vision/resnet", "resnet50", r"self\.maxpool = ")
    assert line.strip().startswith("maxpool:")
    (line,) = lines_of("graph/gcn", None, r"self_weight = ")
    assert "self_weight" in line
