"""What `netwright build -O` writes beside the source: the model optimised for inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwright.driver.failure import CallError

if TYPE_CHECKING:
    from netwright_runtime.optimise import Report

OPTIMISED = "optimised.pt2"


@dataclass(frozen=True)
class Wanted:
    """A model as the command line names it; `load` is a file of weights, else `seed` draws them."""

    spec: str
    variant: str | None
    params: Mapping[str, Any]
    level: int
    load: Path | None
    seed: int


def optimised(wanted: Wanted, folder: Path) -> Report:
    """Write a program of torch.export, which torch alone runs; gives what was done to the model.

    It is run beside the model at sizes that it was not traced at before it stays.
    """
    try:
        from netwright_runtime.export import Disagrees, Options, Unexportable
        from netwright_runtime.export.exporting import format_of, write
        from netwright_runtime.model import compiled
        from netwright_runtime.model.weights import BadWeights, IncompleteLoad
        from netwright_runtime.optimise.optimising import (
            explained,
            name_results,
            optimised_graph,
            with_weights,
        )
    except ModuleNotFoundError as missing:
        raise CallError(
            f"`{missing.name}` is not installed; `pip install 'netwright[torch]'` brings it"
        ) from missing
    found = compiled(wanted.spec, wanted.variant, params=wanted.params)
    try:
        model = with_weights(found, wanted.load, wanted.seed)
        graph, report = optimised_graph(found, model, wanted.level)
        report = explained(found, model, graph, report)
        name_results(graph)
        write(found, graph, format_of("pt2"), folder / OPTIMISED, Options())
    except (BadWeights, Disagrees, IncompleteLoad, Unexportable) as fault:
        raise CallError(str(fault)) from fault
    return report
