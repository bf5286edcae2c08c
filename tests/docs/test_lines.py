"""What counts as a line of code, on both sides of docs/benchmarks.md's table of lines."""

from __future__ import annotations

from pathlib import Path

from benchmarks.lines import spec_lines
from tests.references.code_lines import code_lines

PYTHON = '''"""A module."""

# A comment.
import torch  # and one beside code


class A:
    """A docstring
    of two lines."""

    x: int
    """What x is."""

    text = """a string
    is code"""
'''
SPEC = """# A comment.
netwright: 1
doc: >
  Two lines
  of text.

params:
  width: {type: int, doc: beside what counts}
graph:
  fc:
    op: Linear
    doc: one line
    out_features: width
"""


def test_python_without_comments_and_docstrings() -> None:
    assert sorted(code_lines(PYTHON)) == [4, 7, 11, 14, 15]


def test_a_spec_without_comments_and_docs(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SPEC, encoding="utf-8")
    assert spec_lines(path) == 7
