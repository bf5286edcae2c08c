"""Markdown of what specs say: their texts, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_PAPER = re.compile(r"arXiv:(\d{4}\.\d{4,5}|[a-z-]+/\d{7})")
_CODE = re.compile(r"(`[^`]*`)")
_SPECIAL = re.compile(r"([*_<\[\]])")


def prose(text: str) -> str:
    """A `doc` as Markdown: papers are links, and what is no code is no markup."""
    parts = _CODE.split(" ".join(text.split()))
    plain = [part if place % 2 else _SPECIAL.sub(r"\\\1", part) for place, part in enumerate(parts)]
    return _PAPER.sub(_link, "".join(plain))


def papers(text: str) -> list[str]:
    """Links to the papers that a `doc` names."""
    return list(dict.fromkeys(_link(found) for found in _PAPER.finditer(text)))


def _link(paper: re.Match[str]) -> str:
    return f"[{paper[0]}](https://arxiv.org/abs/{paper[1]})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: int = 0) -> Iterator[str]:
    """A table whose last `right` columns hold numbers."""
    rules = ["---"] * (len(head) - right) + ["--:"] * right
    for row in (head, rules, *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""
