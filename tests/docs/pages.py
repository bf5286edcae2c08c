"""The documentation's pages as tests read them: fenced blocks, with the comment that marks each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n+)?^```(?P<language>\w+)[^\n]*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A fenced block.

    mark     the HTML comment right above it, empty for none
    heading  the heading that it stands under
    start    where its text begins in the page, to write it anew
    """

    mark: str
    language: str
    text: str
    heading: str
    start: int


def fences(page: str, language: str = "") -> Iterator[Fence]:
    """The fenced blocks of a page, of one language or of all."""
    for match in _BLOCK.finditer(page):
        if language and match["language"] != language:
            continue
        headings = _HEADING.findall(page, 0, match.start())
        yield Fence(
            match["mark"] or "",
            match["language"],
            match["text"],
            headings[-1] if headings else "",
            match.start("text"),
        )


def replaced(page: str, fence: Fence, text: str) -> str:
    """The page with another text in one of its blocks."""
    return page[: fence.start] + text + page[fence.start + len(fence.text) :]
