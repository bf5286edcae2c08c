"""What losses and metrics read, held to what there is, before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netwright.recipe import Recipe
from netwright.recipe.loss import NAMED_LOSS
from netwright.recipe.metrics import NAMED_METRIC
from netwright.recipe.reads import Read, Unread, choose

from netwright_runtime.data.errors import DataError

Where = tuple[str | int, ...]


def unread(
    recipe: Recipe, outputs: Sequence[str], columns: Sequence[str], target: str | None
) -> list[DataError]:
    """A fault for each output or column that is named and not there, or not named and not clear.

    columns  of a batch as it is loaded; what losses make is there besides
    """
    made = [name for term in recipe.loss for name in term.makes()]
    sources = {"outputs": outputs, "batch": [*columns, *made]}
    faults = []
    for where, read in _reads(recipe):
        try:
            choose(read, sources[read.of], target)
        except Unread as fault:
            faults.append(DataError((*where, fault.argument), str(fault), fault.help))
    return faults


def _reads(recipe: Recipe) -> Iterator[tuple[Where, Read]]:
    for place, term in enumerate(recipe.loss):
        for read in term.reads():
            yield ("loss", place, NAMED_LOSS.name_of(term)), read
    for place, metric in enumerate(recipe.metrics):
        for read in metric.reads():
            yield ("metrics", place, NAMED_METRIC.name_of(metric)), read
