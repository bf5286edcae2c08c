"""From a fault to the compiled model that has it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from netwright_runtime.model import Compiled, compiled

from tests.faults.fault import Edit, Fault, Unmatched

SPECS = Path(__file__).parent / "specs"


@dataclass(frozen=True)
class Faulty:
    """A compiled model with a fault in it, and the places of its edits as `file:line`."""

    compiled: Compiled
    lines: frozenset[str]


def spec_text(architecture: str) -> str:
    """The text of a sound spec."""
    return (SPECS / f"{architecture}.yaml").read_text(encoding="utf-8")


@cache
def sound(architecture: str) -> Compiled:
    """A sound spec, compiled."""
    return compiled(SPECS / f"{architecture}.yaml")


@contextmanager
def seeded(fault: Fault) -> Iterator[Faulty]:
    """The model with the fault, for as long as the table of ops is as the fault has it.

    Raises:
        Unmatched: an edit does not fit the text that it was written for.
        SpecError: the compiler refuses the spec.
    """
    with ExitStack() as stack:
        if fault.lie is not None:
            stack.enter_context(fault.lie.told_to_compiler())
        if fault.plugin is not None:
            stack.enter_context(fault.plugin.registered())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        path = Path(folder) / f"{fault.architecture}.yaml"
        text, lines = spec_text(fault.architecture), frozenset[str]()
        if fault.layer != "lowering":
            text, places = applied(text, fault.edits)
            lines = frozenset(f"{path}:{place}" for place in places)
        path.write_text(text, encoding="utf-8")
        made = compiled(path)
        if fault.layer == "lowering":
            source, places = applied(made.source, fault.edits)
            if source.count("\n") != made.source.count("\n"):
                raise Unmatched(f"{fault.title}: moves the lines of the emitted source")
            lines = frozenset(made.place(place).rpartition(":")[0] for place in places)
            made = replace(made, source=source)
        yield Faulty(made, lines)


def applied(text: str, edits: tuple[Edit, ...]) -> tuple[str, list[int]]:
    """The text with the edits in it, and the lines that changed."""
    lines = []
    for edit in edits:
        lines.append(edit.line(text))
        text = text.replace(edit.old, edit.new)
    return text, lines
