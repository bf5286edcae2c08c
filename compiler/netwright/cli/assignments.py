"""Values on the command line: `--set num_classes=10`, `--size B=2,T=128`."""

from __future__ import annotations

from collections.abc import Iterable

from netwright.driver.failure import CallError
from netwright.frontend.overrides import Text


def params(assignments: Iterable[str]) -> dict[str, Text]:
    """`--set` options as params; values are YAML scalars, lists or expressions."""
    given: dict[str, Text] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name.strip():
            raise CallError(f"`--set {assignment}` is not of the form NAME=VALUE")
        given[name.strip()] = Text(value.strip())
    return given


def sizes(assignments: Iterable[str]) -> dict[str, int]:
    """`--size` options as sizes by the dim's name; one option may hold several, between commas."""
    given: dict[str, int] = {}
    for assignment in (part for text in assignments for part in text.split(",")):
        name, _, value = assignment.partition("=")
        if not value.strip().isdigit() or int(value) < 1:
            raise CallError(f"`--size {assignment}` is not of the form NAME=NUMBER")
        given[name.strip()] = int(value)
    return given
