"""HTML and SVG as values: what is text is escaped, because it is not markup.

Names, documentation and file contents are a stranger's; a template that forgets to escape one of
them would run it.
"""

from __future__ import annotations

from html import escape

_VOID = frozenset({"meta", "line", "path", "circle", "rect", "polyline"})
"""Elements that hold nothing."""


class Markup(str):
    """Text that is markup, made by `element` alone."""

    __slots__ = ()


def element(
    tag: str, *children: str | Markup, attributes: dict[str, object] | None = None
) -> Markup:
    """`<tag attributes>children</tag>`; a child that is not markup is escaped."""
    written = "".join(f' {k}="{escape(str(v))}"' for k, v in (attributes or {}).items())
    if tag in _VOID and not children:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: str | Markup) -> Markup:
    """The children one after the other."""
    return Markup("".join(c if isinstance(c, Markup) else escape(c) for c in children))


def style(rules: str) -> Markup:
    """A style sheet of our own; its text is not escaped, as browsers read it."""
    return Markup(f"<style>{rules}</style>")


def table(head: list[str], rows: list[list[str | Markup]], kind: str = "") -> Markup:
    """A table; cells that look like numbers stand right."""
    first = element("tr", *(element("th", title) for title in head))
    body = (element("tr", *(_cell(cell) for cell in row)) for row in rows)
    return element(
        "div",
        element("table", first, *body, attributes={"class": kind}),
        attributes={"class": "scrolled"},
    )


def _cell(cell: str | Markup) -> Markup:
    number = cell.replace(",", "").replace(".", "").replace("-", "").replace("e", "")
    return element("td", cell, attributes={"class": "number"} if number.isdigit() else {})
