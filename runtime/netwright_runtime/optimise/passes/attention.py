"""Attention that is written out becomes one call.

Before::

    scores = q @ k.transpose(-2, -1) * 0.125 + bias
    weights = softmax(scores, dim=-1)
    return weights @ v

After::

    return scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=0.125)

torch then takes a kernel that never holds all scores (arXiv:2205.14135). A scale is multiplied or
divided by, after the product; whatever scales q or k before it stays there. A mask is what is added
to the scores, or what `masked_fill` or `where` put at -inf or below -1e30, where the score itself
is lost in rounding. Only for values of four axes with equal leading sizes; not where something else
reads the scores or the weights, nor where dropout acts. A row in which -inf masks everything gives
zeros, where the arithmetic that is written out gives NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule, Node
from torch.nn import functional as F

from netwright_runtime.optimise.memory import memory_of, name_of
from netwright_runtime.optimise.rewriting import Change, Pass, path_of

_LOST = -1e30
"""Added to a score, this leaves nothing of it in any floating dtype."""


@dataclass(frozen=True)
class Hidden:
    """Where `condition` is `when`, a score is `value`."""

    condition: Node
    when: bool
    value: float


@dataclass(frozen=True)
class Scores:
    """What softmax is taken of: `product * scale`, then what is added, then what is hidden."""

    product: Node
    scale: float = 1.0
    added: tuple[Node, ...] = ()
    hidden: tuple[Hidden, ...] = ()

    @property
    def masks(self) -> tuple[Node, ...]:
        return (*self.added, *(hidden.condition for hidden in self.hidden))


def rewrite(graph: GraphModule) -> Iterator[Change]:
    written = memory_of(graph).written
    for node in list(graph.graph.nodes):
        scores = _attention(graph, node)
        if scores is not None and written.isdisjoint((*_operands(node, scores), *scores.masks)):
            masked = " with a mask" if scores.masks else ""
            _replace(graph, node, scores)
            yield Change(path_of(node), f"one call{masked}, scale {scores.scale:g}")


# Recognising --------------------------------------------------------------------------------


def _attention(graph: GraphModule, node: Node) -> Scores | None:
    """The scores of the attention whose last product `node` is, None where it is none."""
    if name_of(node) != "matmul":
        return None
    weights = node.args[0]
    if not isinstance(weights, Node) or len(weights.users) != 1:
        return None
    source = _softmax(graph, weights)
    scores = None if source is None else _scores(source)
    if scores is None:
        return None
    leading = {_shape(operand)[:-2] for operand in _operands(node, scores)}
    fits = len(leading) == 1 and len(_shape(node)) == 4
    return scores if fits else None


def _softmax(graph: GraphModule, node: Node) -> Node | None:
    """What `node` is the softmax of over the last axis, in its own dtype."""
    source = node.args[0] if node.args else None
    if not isinstance(source, Node):
        return None
    dim: Any = None
    if node.op == "call_module":
        module = graph.get_submodule(str(node.target))
        dim = module.dim if isinstance(module, nn.Softmax) else None
    elif name_of(node) == "softmax" and node.kwargs.get("dtype") is None:
        dim = node.kwargs.get("dim")
    return source if dim in (-1, len(_shape(source)) - 1) else None


def _scores(node: Node) -> Scores | None:
    """How a value comes from a product, where each step on the way has one reader."""
    if len(node.users) != 1:
        return None
    name = name_of(node)
    if name == "matmul":
        return Scores(node)
    if name in ("mul", "truediv", "div"):
        return _scaled(node, name)
    found = _added(node) if name == "add" else _hidden(node, name)
    return found if found and _shape(node) == _shape(found.product) else None


def _scaled(node: Node, name: str) -> Scores | None:
    value, factor = node.args[0], _argument(node, 1, "other")
    if name == "mul" and not isinstance(value, Node):
        value, factor = factor, value
    if not isinstance(value, Node) or not isinstance(factor, int | float) or not factor:
        return None
    found = _scores(value)
    if found is None or found.masks or node.kwargs.get("rounding_mode"):
        return None
    return replace(found, scale=found.scale * (factor if name == "mul" else 1 / factor))


def _added(node: Node) -> Scores | None:
    sides = node.args[0], _argument(node, 1, "other")
    if "alpha" in node.kwargs:
        return None
    for value, mask in (sides, sides[::-1]):
        if not isinstance(value, Node) or not isinstance(mask, Node):
            return None
        found = _scores(value)
        if found is not None and _dtype(mask) == _dtype(found.product):
            return replace(found, added=(*found.added, mask))
    return None


def _hidden(node: Node, name: str) -> Scores | None:
    """Scores of which `node` hides some."""
    if name == "masked_fill":
        value, condition, number = (
            _argument(node, k, key) for k, key in enumerate(("input", "mask", "value"))
        )
        when = True
    elif name == "where" and len(node.args) == 3:
        condition, first, second = node.args
        when = not isinstance(first, Node)
        value, number = (second, first) if when else (first, second)
    else:
        return None
    if not isinstance(number, int | float) or number > _LOST:
        return None
    found = _scores(value) if isinstance(value, Node) else None
    if found is None or not isinstance(condition, Node) or _dtype(condition) != "bool":
        return None
    return replace(found, hidden=(*found.hidden, Hidden(condition, when, number)))


def _argument(node: Node, place: int, name: str) -> Any:
    return node.args[place] if place < len(node.args) else node.kwargs.get(name)


def _shape(node: Node) -> tuple[Any, ...]:
    """The inferred shape; empty where the checker did not tell."""
    origin = node.meta.get("netwright")
    return () if origin is None or origin.type is None else tuple(origin.type.shape)


def _dtype(node: Node) -> str | None:
    origin = node.meta.get("netwright")
    return None if origin is None or origin.type is None else str(origin.type.dtype)


def _operands(node: Node, scores: Scores) -> tuple[Node, Node, Node]:
    """What q, the transposed k, and v are."""
    product = scores.product
    query: Any = product.args[0]
    return query, _argument(product, 1, "other"), _argument(node, 1, "other")


# Replacing ----------------------------------------------------------------------------------


def _replace(graph: GraphModule, node: Node, scores: Scores) -> None:
    query, turned, value = _operands(node, scores)
    with graph.graph.inserting_before(node):
        key = _turned_back(graph, turned)
        given: dict[str, Any] = {"scale": scores.scale}
        if scores.masks:
            given["attn_mask"] = _mask(graph, query, scores)
        args = (query, key, value)
        called = graph.graph.call_function(F.scaled_dot_product_attention, args, given)
    called.meta = dict(node.meta)
    node.replace_all_uses_with(called)


def _turned_back(graph: GraphModule, node: Node) -> Node:
    """A value with its last two axes exchanged."""
    if name_of(node) == "transpose":
        source, rank = node.args[0], len(_shape(node))
        axes = (_argument(node, 1, "dim0"), _argument(node, 2, "dim1"))
        if isinstance(source, Node) and {axis % rank for axis in axes} == {rank - 2, rank - 1}:
            return source
    return graph.graph.call_function(torch.transpose, (node, -2, -1))


def _mask(graph: GraphModule, query: Node, scores: Scores) -> Node:
    """What is added to the scores; or, where they are hidden at -inf alone, which ones count."""
    call = graph.graph.call_function
    if not scores.added and all(h.value == float("-inf") for h in scores.hidden):
        kept = [
            call(torch.logical_not, (h.condition,)) if h.when else h.condition
            for h in scores.hidden
        ]  # fmt: skip
        return _reduced(graph, torch.logical_and, kept)
    total = (
        _reduced(graph, torch.add, list(scores.added))
        if scores.added
        else graph.graph.call_method("new_zeros", (query, ()))
    )
    for h in scores.hidden:
        sides = (h.value, total) if h.when else (total, h.value)
        total = call(torch.where, (h.condition, *sides))
    return total


def _reduced(graph: GraphModule, function: Any, values: list[Node]) -> Node:
    first, *rest = values
    for other in rest:
        first = graph.graph.call_function(function, (first, other))
    return first


PASS = Pass("attention", 2, rewrite, "written-out attention becomes one call")
