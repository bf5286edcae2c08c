"""Small models from the text of a spec, as the tests of passes take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from netwright.driver.model import Model
from netwright.frontend.load import load_text
from netwright_runtime.model import Compiled, compiled
from netwright_runtime.model.bounds import bounds
from netwright_runtime.model.compiled import slots
from netwright_runtime.model.inputs import drawn
from netwright_runtime.model.nearness import distance
from netwright_runtime.optimise.optimising import optimised_graph
from netwright_runtime.optimise.report import Report
from netwright_runtime.optimise.weights import graph_of, lent, reads
from torch import nn
from torch.fx import GraphModule

HEAD = "netwright: 1\nmodel: Net\n"

CLOSE = 1e-12
"""In double: rounding stays below this, a fault is of order 1."""


def spec(text: str, **params: Any) -> Compiled:
    """What the compiler makes of a spec whose first two lines are left out."""
    loaded = load_text(HEAD + text, "net.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    return compiled(Model(loaded.module, loaded.sources, None, {}), params=params)


def lively(found: Compiled, dtype: torch.dtype = torch.float64) -> nn.Module:
    """A model in evaluation in which no weight is zero or one throughout."""
    generator = torch.Generator().manual_seed(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = found.build(dtype=dtype)
    with torch.no_grad():
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            if tensor.is_floating_point():
                noise = torch.rand(tensor.shape, generator=generator)
                tensor.add_(0.5 * noise if name.endswith("var") else 0.2 * noise - 0.1)
    return model.eval()


def inputs(graph: GraphModule, sizes: Mapping[str, int], seed: int = 0) -> dict[str, Any]:
    """Inputs in double for a graph."""
    return drawn(slots(graph), sizes, bounds(graph), seed, torch.float64)


def optimised(
    found: Compiled,
    sizes: Mapping[str, int],
    *others: Mapping[str, int],
    level: int = 2,
    given: frozenset[str] = frozenset(),
    allowed: float = CLOSE,
) -> tuple[GraphModule, Report]:
    """The graph of a model after all passes, which gives what the model gives at all these sizes.

    The model's own weights are what they were.
    """
    model = lively(found)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    plain = graph_of(found, model, given)
    graph, report = optimised_graph(found, lent(model), level, given)
    assert_sound(graph)
    for at in (sizes, *others):
        called = inputs(plain, at)
        error = distance(seeded(graph, called), seeded(model, called))
        assert error <= allowed, (at, error)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    return graph, report


def seeded(model: nn.Module, called: Mapping[str, Any]) -> Any:
    """What a model gives for inputs of its own, drawing from a fixed seed."""
    copied = {
        name: [item.clone() for item in value] if isinstance(value, list) else value.clone()
        for name, value in called.items()
    }
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        return model(**copied)


def assert_sound(graph: GraphModule) -> None:
    """The graph meets the rules of fx, and every weight that it holds is read."""
    graph.graph.lint()
    read = {path for path, whole in reads(graph) if whole}
    held = [name for name, _ in (*graph.named_parameters(), *graph.named_buffers())]
    dangling = [name for name in held if not any(f"{name}.".startswith(f"{r}.") for r in read)]
    assert not dangling


def fired(report: Report) -> dict[str, list[str]]:
    """Where each pass fired."""
    return {f.name: [change.where for change in f.changes] for f in report.fired}


def kinds(graph: GraphModule) -> list[str]:
    """The modules and functions that a graph calls, in order."""
    return [
        type(graph.get_submodule(str(n.target))).__name__
        if n.op == "call_module"
        else getattr(n.target, "__name__", str(n.target))
        for n in graph.graph.nodes
        if n.op.startswith("call")
    ]
