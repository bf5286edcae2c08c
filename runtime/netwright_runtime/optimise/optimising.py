"""From a model to one that is ready for inference."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule

from netwright_runtime.model import Compiled, compiled, compiled_of
from netwright_runtime.model.weights import load_weights
from netwright_runtime.optimise.candidates import candidates
from netwright_runtime.optimise.choosing import choose
from netwright_runtime.optimise.counting import counted
from netwright_runtime.optimise.examples import drawn_inputs, dynamic_inputs
from netwright_runtime.optimise.passes import PASSES
from netwright_runtime.optimise.report import Report
from netwright_runtime.optimise.rewriting import apply, size
from netwright_runtime.optimise.weights import graph_of, lent

MEASURED = 3
"""The level that measures candidates."""

Source = str | os.PathLike[str] | Compiled | nn.Module


@dataclass(frozen=True)
class Measuring:
    """How candidates are compared; see `optimise`."""

    examples: Mapping[str, Any]
    sizes: Mapping[str, int]
    seconds: float
    mode: str
    dynamic: bool


class Optimised(nn.Module):
    """A model for inference: called as the model is, without gradients, always in evaluation.

    Weights that no pass touched are those of the model itself, and not copies.
    """

    def __init__(self, runs: nn.Module, report: Report) -> None:
        """`runs` is the graph, or what was measured to be the fastest."""
        super().__init__()
        self.runs = runs
        self.report = report
        self.train(False)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        with torch.no_grad():
            return self.runs(*args, **kwargs)

    def train(self, mode: bool = True) -> Optimised:
        """Stays in evaluation whatever `mode` says: what only training needs is gone."""
        return super().train(False)


def optimise(
    source: Source,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    level: int = 2,
    inputs: Iterable[str] = (),
    examples: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    seconds: float = 60.0,
    mode: str = "default",
    dynamic: bool = False,
    **more: Any,
) -> Optimised:
    """A model made ready for inference; the model itself stays as it is.

    Args:
        source: a live module that `netwright.build` made, whose weights are kept; or a path, a name
            of the catalogue or a compiled model, which is initialised.
        level: 0 for the graph as it is, 1 for passes that give the same numbers, 2 for those too
            that round otherwise, 3 to measure several ways of running it, and take the fastest.
        inputs: the optional inputs that calls give; a graph has no branches, so that it is made for
            one choice of them.
        examples: at level 3, the inputs to measure with, by name; those among them that are
            optional are `inputs`.
        sizes: at level 3 without `examples`, sizes of the inputs to draw; the others are usual.
        seconds: at level 3, no further candidate is tried once so much time has passed.
        mode: at level 3, how to compile, as in `torch.compile`.
        dynamic: at level 3, compile once for all sizes; else for the sizes of the examples first.
        variant, params, more: as in `netwright.load`.

    Raises:
        SpecError: the spec or a param is at fault.
        NotBuilt: the module was not made by `netwright.build`.
        Altered: the module was changed since.
        ValueError: there is no such level, or the model does not take these optional inputs.
    """
    if level not in range(MEASURED + 1):
        raise ValueError(f"there is no level {level}; levels are 0 to {MEASURED}")
    found, model = opened(source, variant, params, more)
    called = {name: value for name, value in (examples or {}).items() if value is not None}
    given = chosen_inputs(found, inputs, called)
    if level == MEASURED:
        measuring = Measuring(called, sizes or {}, seconds, mode, dynamic)
        return _measured(found, model, given, measuring)
    return Optimised(*optimised_graph(found, model, level, given))


def _measured(
    found: Compiled, model: nn.Module, given: frozenset[str], measuring: Measuring
) -> Optimised:
    exact, _ = optimised_graph(found, model, 1, given)
    folded, report = optimised_graph(found, model, 2, given)
    called = measuring.examples or drawn_inputs(found, exact, measuring.sizes)
    first = dynamic_inputs(exact, called) if measuring.dynamic else called
    report = counted(report, graph_of(found, model, given), folded, called)
    others = list(candidates(model, exact, folded, measuring.mode, measuring.dynamic))
    runs, name, tried = choose(model, others, called, first, measuring.seconds)
    return Optimised(runs, replace(report, level=MEASURED, tried=tried, chosen=name))


def opened(
    source: Source,
    variant: str | None,
    params: Mapping[str, Any] | None,
    more: Mapping[str, Any],
) -> tuple[Compiled, nn.Module]:
    """What the compiler knows of a model, and a copy of it in evaluation over the same weights."""
    if isinstance(source, nn.Module):
        return compiled_of(source), lent(source)
    found = source
    if not isinstance(found, Compiled):
        found = compiled(found, variant, params=params, **more)
    return found, lent(found.build())


def chosen_inputs(
    found: Compiled, inputs: Iterable[str], examples: Mapping[str, Any]
) -> frozenset[str]:
    """The optional inputs that are given, one of the model's cases."""
    optional = {port.name for port in found.manifest.inputs if port.optional}
    given = frozenset(inputs) | (optional & examples.keys())
    if given not in found.cases:
        known = " | ".join(", ".join(sorted(case)) or "none" for case in found.cases)
        asked = ", ".join(sorted(given))
        raise ValueError(
            f"`{found.manifest.model}` is not made for the optional inputs {asked}; "
            f"choices are: {known}"
        )
    return given


def optimised_graph(
    found: Compiled, model: nn.Module, level: int, given: frozenset[str] = frozenset()
) -> tuple[GraphModule, Report]:
    """The graph of a model after the passes up to `level`, and what they did.

    Args:
        model: a module of this spec, whose weights the graph shares where no pass changes them.

    Raises:
        Altered: the model has other weights than its spec says.
    """
    graph = graph_of(found, model, given)
    before = size(graph)
    fired = tuple(apply(graph, (step for step in PASSES if step.level <= level)))
    return graph, Report(found.manifest.model, level, before, size(graph), fired)


def explained(found: Compiled, model: nn.Module, graph: GraphModule, report: Report) -> Report:
    """The report with the operations of a call at usual sizes, which takes two runs without
    numbers."""
    before = graph_of(found, model, frozenset())
    return counted(report, before, graph, drawn_inputs(found, before, {}))


def with_weights(found: Compiled, file: str | os.PathLike[str] | None, seed: int = 0) -> nn.Module:
    """A model in evaluation with the weights of a file, or with those that `seed` draws.

    Raises:
        BadWeights: the file cannot be read.
        IncompleteLoad: its weights do not fit.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = found.build(device="cpu" if file is None else "meta")
    if file is not None:
        load_weights(model, file, manifest=found.manifest)
    return lent(model)


def name_results(graph: GraphModule) -> None:
    """Let a graph give several results by name, as plain data that a saved program can give too."""
    for node in graph.graph.find_nodes(op="output"):
        fields = getattr(node.args[0], "_fields", None)
        if fields is not None:
            node.args = (dict(zip(fields, node.args[0], strict=True)),)
    graph.recompile()
