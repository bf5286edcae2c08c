"""The table of the catalogue, by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from netwright.driver.units import show_count

from tests.docs.catalogue.described import Described
from tests.docs.catalogue.text import papers, table


def tables(specs: Iterable[Described]) -> str:
    """A heading and a table for each field; specs in the order of their names."""
    return "\n".join(_lines(specs))


def _lines(specs: Iterable[Described]) -> Iterator[str]:
    for field, found in groupby(specs, key=lambda spec: spec.name.partition("/")[0]):
        yield f"## {field.capitalize()}\n"
        head = ("spec", "architecture", "paper", "models", "parameters")
        yield from table(head, [_row(spec) for spec in found], right=2)


def _row(spec: Described) -> tuple[str, ...]:
    counts = sorted(variant.parameters for variant in spec.published)
    shown = list(dict.fromkeys(show_count(count) or "0" for count in (counts[0], counts[-1])))
    sizes = " to ".join(shown).replace(" ", "\u00a0")
    link = f"[{spec.path.stem}]({spec.name}.md)"
    links = ", ".join(papers(spec.module.doc))
    return (link, spec.whole.block.name, links, str(len(counts)), sizes)
