"""What `netwright build -O` writes beside the source: the model optimised for inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwright.driver.failure import CallError

if TYPE_CHECKING:
    from netwright_runtime.model import Compiled
    from netwright_runtime.optimise import Report
    from torch import nn

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
        from netwright_runtime.optimise.optimising import name_results, optimised_graph
        from netwright_runtime.optimise.weights import lent
    except ModuleNotFoundError as missing:
        raise CallError(
            f"`{missing.name}` is not installed; `pip install 'netwright[torch]'` brings it"
        ) from missing
    found, model = _loaded(wanted)
    graph, report = optimised_graph(found, lent(model), wanted.level)
    name_results(graph)
    try:
        write(found, graph, format_of("pt2"), folder / OPTIMISED, Options())
    except (Disagrees, Unexportable) as fault:
        raise CallError(str(fault)) from fault
    return report


def _loaded(wanted: Wanted) -> tuple[Compiled, nn.Module]:
    import torch
    from netwright_runtime.model import compiled
    from netwright_runtime.model.weights import BadWeights, IncompleteLoad, load_weights

    found = compiled(wanted.spec, wanted.variant, params=wanted.params)
    if wanted.load is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(wanted.seed)
            return found, found.build()
    model = found.build(device="meta")
    try:
        load_weights(model, wanted.load, manifest=found.manifest)
    except (BadWeights, IncompleteLoad) as fault:
        raise CallError(str(fault)) from fault
    return found, model
