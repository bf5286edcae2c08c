"""Runs of a graph in which someone looks at each step, and decides what the next ones see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule, Interpreter, Node

from netwright_runtime.verify.recording import NodeFailed, path_of


@dataclass(frozen=True, eq=False)
class Step:
    """A node that is about to run, with the values of its arguments."""

    node: Node
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    _interpreter: Interpreter

    @property
    def computes(self) -> bool:
        """Whether the node computes something, and is no input, weight or output."""
        return self.node.op in ("call_function", "call_method", "call_module")

    @property
    def module(self) -> nn.Module | None:
        """The module that the node calls."""
        if self.node.op != "call_module":
            return None
        return self._interpreter.fetch_attr(str(self.node.target))  # type: ignore[no-any-return]

    def value(self, node: Node) -> Any:
        """The value of an earlier node that is still read."""
        return self._interpreter.env[node]

    def run(self, arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None) -> Any:
        """What the node gives, for other arguments than its own where there are any."""
        args, kwargs = arguments or (self.args, self.kwargs)
        return getattr(self._interpreter, self.node.op)(self.node.target, args, kwargs)


Visit = Callable[[Step], Any]
"""Runs a step, or does not, and gives the value that later steps see."""


class _Walker(Interpreter):
    def __init__(self, graph: GraphModule, visit: Visit) -> None:
        super().__init__(graph, garbage_collect_values=False)
        self.extra_traceback = False
        self.visit = visit
        self.at: Node | None = None

    def run_node(self, node: Node) -> Any:
        self.at = node
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        return self.visit(Step(node, args, kwargs, self))


def walk(graph: GraphModule, inputs: Mapping[str, Any], visit: Visit) -> Any:
    """Run `graph` on `inputs` step by step; the outputs come back.

    Raises:
        NodeFailed: a step raised an exception.
    """
    walker = _Walker(graph, visit)
    names = [str(n.target) for n in graph.graph.find_nodes(op="placeholder")]
    try:
        return walker.run(*(inputs.get(name) for name in names))
    except Exception as error:
        assert walker.at is not None
        raise NodeFailed(walker.at, error) from error


def draws(step: Step) -> tuple[bool, Any]:
    """Run a step: whether it drew random numbers of torch's, and what it gave."""
    before = torch.get_rng_state()
    value = step.run()
    return not torch.equal(before, torch.get_rng_state()), value


DRAWING = frozenset({
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "bernoulli",
    "normal", "multinomial", "gumbel_softmax",
})  # fmt: skip
"""Functions that are there to draw: a spec that calls one means it, in evaluation too."""


def name_of(node: Node) -> str:
    """The name of the function or method that a node calls, empty for a module."""
    if node.op == "call_module":
        return ""
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")


def meant_to_draw(node: Node) -> bool:
    """Whether the spec asks for random numbers here."""
    return name_of(node) in DRAWING


def node_at(graph: GraphModule, place: str) -> str:
    """The path of the node that stands at a place of the spec, empty where none does."""
    tail = place.rpartition("/")[2]
    for node in graph.graph.nodes:
        origin = node.meta.get("netwright")
        if tail and origin is not None and str(origin.span).rpartition("/")[2] == tail:
            return path_of(node)
    return ""
