"""Which lines of a Python file hold code: neither blank, nor comment, nor docstring."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator

_LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def code_lines(text: str) -> frozenset[int]:
    """The numbers of the lines with code; a string over several lines is code on each."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {
        number
        for token in tokens
        if token.type not in _LAYOUT
        for number in range(token.start[0], token.end[0] + 1)
    }
    return frozenset(lines.difference(_docstrings(ast.parse(text))))


def _docstrings(tree: ast.Module) -> Iterator[int]:
    """Lines of strings that stand alone, as docstrings of modules, classes, functions, fields."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)
