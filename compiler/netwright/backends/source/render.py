"""The code IR as text, with the place in the spec that each line comes from."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass

import jinja2

from netwright.backends.source.code import Class, File, Function
from netwright.backends.source.helpers import HELPERS
from netwright.backends.source.layout import Line, signature, statements
from netwright.source import NOWHERE, Span

WIDTH = 88

_HEADER = jinja2.Template(
    '''\
"""{{ title }}

{% for line in provenance -%}
{{ line }}
{% endfor -%}
{% if legend %}
{{ legend }}
{% endif -%}
"""

{% for line in imports -%}
{{ line }}
{% endfor -%}
''',
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
)


@dataclass(frozen=True)
class Rendered:
    """Text and, for each of its lines, the span that it comes from."""

    text: str
    spans: tuple[Span, ...]


def render(file: File) -> Rendered:
    body: list[Line] = []
    for helper in file.helpers:
        body += [Line(""), Line(""), *(Line(t) for t in HELPERS[helper].rstrip("\n").split("\n"))]
    for cls in file.classes:
        body += [Line(""), Line(""), *_class(cls)]
    used = "\n".join(line.text for line in body)
    header = _HEADER.render(
        title=_docstring_text(_wrapped(file.title, 0)),
        provenance=[_docstring_text(p) for p in file.provenance],
        legend=_docstring_text(_wrapped(f"Shapes: {file.legend}", 0)) if file.legend else "",
        imports=_imports(file.imports, used),
    )
    lines = [Line(t) for t in header.rstrip("\n").split("\n")] + body
    return Rendered(
        "\n".join(line.text for line in lines) + "\n", tuple(line.span for line in lines)
    )


def _imports(extra: list[str], used: str) -> list[str]:
    """Import lines in isort's order: only what the file uses."""
    names = {n.id for n in ast.walk(ast.parse(used)) if isinstance(n, ast.Name)}
    standard = sorted(e for e in extra if e == "import math")
    if "(NamedTuple)" in used:
        standard.append("from typing import NamedTuple")
    third = [e for e in extra if e != "import math"]
    lines = []
    if "torch" in names:
        lines.append("import torch")
    if "F" in names:
        lines.append("import torch.nn.functional as F")
    core = [n for n in ("Tensor", "nn") if n == "nn" or n in names]
    lines.append(f"from torch import {', '.join(core)}")
    lines += sorted(e for e in third if e.startswith("from torch"))
    others = sorted(e for e in third if not e.startswith("from torch"))
    return [*standard, *([""] if standard else []), *lines, *([""] if others else []), *others]


def _class(cls: Class) -> list[Line]:
    lines = [Line(f"class {cls.name}({cls.base}):", cls.span)]
    if cls.doc:
        lines += _docstring(cls.doc, 4)
        lines.append(Line(""))
    for field in cls.fields:
        lines.append(Line(f"    {field.name}: {field.annotation}"))
    for number, function in enumerate(cls.functions):
        if number or cls.fields:
            lines.append(Line(""))
        lines += _function(function, 4)
    if lines[-1].text == "":
        lines.pop()
    return lines


def _function(function: Function, indent: int) -> list[Line]:
    pad = " " * indent
    lines = [Line(f"{pad}@{d}") for d in function.decorators]
    lines += [Line(t) for t in signature(function, indent)]
    if function.doc:
        lines += _docstring(function.doc, indent + 4)
    body = list(statements(function.body, indent + 4))
    return lines + (body or [Line(f"{pad}    pass")])


def _docstring(doc: str, indent: int) -> list[Line]:
    pad = " " * indent
    text = _docstring_text(_capital(doc))
    if len(pad) + len(text) + 6 <= WIDTH:
        return [Line(f'{pad}"""{text}"""')]
    first, *rest = textwrap.wrap(text, WIDTH - indent - 3, break_on_hyphens=False)
    if not rest:  # ruff would put the quotes back on the only line
        first, *rest = textwrap.wrap(text, WIDTH - indent - 6, break_on_hyphens=False)
    more = textwrap.wrap(" ".join(rest), WIDTH - indent, break_on_hyphens=False)
    return [Line(f'{pad}"""{first}'), *(Line(f"{pad}{t}") for t in more), Line(f'{pad}"""')]


def _capital(doc: str) -> str:
    text = doc.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _wrapped(text: str, indent: int) -> str:
    return (
        "\n".join(textwrap.wrap(text, WIDTH - 3, break_long_words=False, break_on_hyphens=False))
        or text
    )


def _docstring_text(text: str) -> str:
    """Text that cannot end the docstring or start an escape."""
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    safe = "".join(c if c.isprintable() or c == "\n" else "?" for c in safe)
    return safe[:-1] + '\\"' if safe.endswith('"') else safe


__all__ = ["NOWHERE", "Rendered", "render"]
