"""Which node of a model made a loss or a gradient something else than a number.

The batch runs again through the graph, which the back end without source lowers, with the same
weights and the same draws, and every value and every gradient on the way is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Interpreter, Node


@dataclass(frozen=True)
class Culprit:
    """The first node at fault.

    path   of the spec's node, `layers.0.attn`
    place  in the spec, `file:line:column`
    text   what it did
    """

    path: str
    place: str
    text: str

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"`{self.path}`{where} {self.text}"


def culprit(
    graph: GraphModule, arguments: Mapping[str, Tensor], loss: Callable[[Any], Tensor]
) -> Culprit | None:
    """The first node that gives, or sends back, what is no number; None where all are numbers.

    Args:
        graph: in training mode, with the weights of the step.
        loss: of what the graph gives, a scalar.
    """
    for name, weight in graph.named_parameters():
        if not _finite(weight):
            return Culprit(name, "", f"is a weight that holds {_kind(weight)} before the step")
    run = _Run(graph)
    total = loss(run.run(*_ordered(graph, arguments)))
    if not _finite(total):
        return run.forward()
    total.backward()  # type: ignore[no-untyped-call]
    return run.backward(graph)


def _ordered(graph: GraphModule, arguments: Mapping[str, Tensor]) -> Sequence[Any]:
    holders = graph.graph.find_nodes(op="placeholder")
    return [arguments.get(str(node.target)) for node in holders]


class _Run(Interpreter):
    """Keeps the values of all nodes, and the gradients that come back to them."""

    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph)
        self.values: dict[Node, Tensor] = {}
        self.sent: dict[Node, Tensor] = {}

    def run_node(self, node: Node) -> Any:
        value = super().run_node(node)
        if isinstance(value, Tensor) and value.is_floating_point() and node.op != "output":
            self.values[node] = value.detach().clone()
            if value.requires_grad:
                hook = partial(self._send, node)
                value.register_hook(hook)  # type: ignore[no-untyped-call]
        return value

    def _send(self, node: Node, gradient: Tensor) -> None:
        self.sent[node] = gradient.detach()

    def forward(self) -> Culprit | None:
        """The first node that gives NaN; or else infinity, which in a mask is no fault."""
        order: tuple[Callable[[Tensor], Tensor], ...] = (torch.isnan, torch.isposinf, torch.isinf)
        for bad in order:
            for node, value in self.values.items():
                if bool(bad(value).any()):
                    return _culprit(node, f"gives {_kind(value)}{self._inputs(node)}")
        return None

    def _inputs(self, node: Node) -> str:
        read = [self.values[n] for n in node.all_input_nodes if n in self.values]
        if not read or node.op == "placeholder":
            return ""
        low = min(float(value.min()) for value in read if value.numel())
        high = max(float(value.max()) for value in read if value.numel())
        return f", from values between {low:.3g} and {high:.3g}"

    def backward(self, graph: GraphModule) -> Culprit | None:
        """The last node whose gradient is a number, and that sends back what is none."""
        for node in reversed(list(self.values)):
            if node in self.sent and not _finite(self.sent[node]):
                users = [user for user in node.users if user.op != "output"]
                text = f"sends back a gradient of {_kind(self.sent[node])}"
                return _culprit(users[-1] if users else node, text)
        for name, weight in graph.named_parameters():
            if weight.grad is not None and not _finite(weight.grad):
                return Culprit(name, "", f"has a gradient of {_kind(weight.grad)}")
        return None


def _culprit(node: Node, text: str) -> Culprit:
    origin = node.meta.get("netwright")
    if origin is None:
        return Culprit(node.name, "", text)
    return Culprit(".".join(origin.path) or node.name, str(origin.span), text)


def _finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())


def _kind(tensor: Tensor) -> str:
    return "NaN" if bool(torch.isnan(tensor).any()) else "infinity"
