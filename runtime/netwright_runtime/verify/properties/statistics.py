"""A model begins with finite outputs and gradients of a sensible scale.

Proves that training can begin: with the initial weights, in training mode, on normal inputs, every
output and gradient is finite, outputs are neither huge nor next to nothing, no softmax gives all to
one item, and a gradient neither grows nor fades beyond use on its way from the outputs to the
inputs. The recipe is LSUV's and
Karpathy's, who look at such statistics by hand. What is only unusual is a warning. Outputs that are
zero are meant: last layers often begin so. The run is in double, in which what cancels is zero to
fourteen digits, and not taken for something small. It does not apply where no output is floating.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from netwright_runtime.verify.compare import floats, scalar
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import name_of

OUTPUTS = (1e-6, 1e4)
"""The root mean square of an output, where it is a fault; the catalogue's lie in 0.03 ... 1.1."""

USUAL = (1e-9, 1e2)
"""That of any value, beyond which it is a warning; the catalogue's lie in 4e-8 ... 2.3.

The smallest are branches that begin next to nothing on purpose (ConvNeXt's layer scale).
"""

GRADIENTS = (1e-6, 1e6)
"""The gradient's norm at a step, as a part of that at the outputs, where it is a fault.

The catalogue's lie in 1e-3 ... 1e3, the largest in deep stacks of batch norms over few values.
"""

SATURATED = 1e-4
"""What a softmax leaves to all items but one, where it is a fault: hardly a gradient passes it."""

MASKED = 5e3
"""Scores that lie so far below the largest are masked."""

ROUNDING = 1e-14
"""What is smaller is zero, and what is left of it are the last digits of double precision."""


def unfit(subject: Subject) -> str:
    floating = any(p.dtype.startswith(("float", "bfloat")) for p in subject.manifest.outputs)
    return "" if floating else "no output is floating"


def least(subject: Subject) -> Mapping[str, int]:
    """Enough samples for the statistics of a batch norm."""
    return {name: 8 if name == subject.batch else 4 for name in subject.names}


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph(trial.given, training=True, initial=True, dtype=torch.float64)
    values = record(graph, subject.inputs(trial, torch.float64))
    checks = (_infinite(values), _outputs(values), _saturated(values), _gradients(graph, values))
    yield from _first(*checks)


def _first(*checks: Iterable[Finding]) -> Iterator[Finding]:
    """What the first check finds that finds a fault; else all warnings."""
    warnings: list[Finding] = []
    for check in checks:
        found = list(check)
        if any(not finding.warning for finding in found):
            yield from found
            return
        warnings += found
    yield from warnings


def _infinite(values: list[Value]) -> Iterator[Finding]:
    """The first value that is NaN, or infinite, if an output is; masks hold infinities too."""
    for kind, test in (("NaN", torch.isnan), ("infinite", torch.isinf)):
        if any(bool(test(out).any()) for out in floats(values[-1].value)):
            at = next(v for v in values if any(bool(test(t).any()) for t in floats(v.value)))
            yield Finding(f"gives {kind} values with the initial weights", at.path, at.place)
            return


def _outputs(values: list[Value]) -> Iterator[Finding]:
    low, high = OUTPUTS
    for out in floats(values[-1].value):
        size = _size(out)
        if _typical(out) > high or ROUNDING < size < low:
            at, growth = largest_step(values, size > high)
            message = f"an output begins with a scale of {size:.1g}; here it changes {growth:.1g}x"
            yield Finding(message, at.path, at.place, "look at its scale, and at its weights' init")
            return
    for value in values:
        size = _size(value.value)
        if value.path and size > ROUNDING and not USUAL[0] <= size <= USUAL[1]:
            message = f"its values begin with a scale of {size:.1g}"
            yield Finding(message, value.path, value.place, warning=True)
            return


def _saturated(values: list[Value]) -> Iterator[Finding]:
    """The first softmax that begins with all its weight on one item, whatever the others are."""
    given = {value.node: value.value for value in values}
    for value in values:
        if name_of(value.node) != "softmax" or not value.node.all_input_nodes:
            continue
        logits = given[value.node.all_input_nodes[0]].detach()
        dim = value.node.kwargs.get("dim", value.node.args[1] if len(value.node.args) > 1 else -1)
        rows = value.value.detach().movedim(dim, -1).flatten(0, -2)
        seen = (logits > logits.amax(dim, keepdim=True) - MASKED).movedim(dim, -1).flatten(0, -2)
        left = 1.0 - rows.amax(-1)[seen.sum(-1) > 1]
        if left.numel() and left.median().item() < SATURATED:
            source = Value(_unmasked(value.node.all_input_nodes[0]), None)
            message = f"a softmax over it leaves {left.median():.1g} to all but the largest"
            yield Finding(message, source.path, source.place, "its scale is too large: divide it")
            return


def _unmasked(node: Node) -> Node:
    """The scores that a mask was laid over, or the node itself."""
    while name_of(node) in ("where", "masked_fill"):
        node = node.all_input_nodes[name_of(node) == "where"]
    return node


def _size(value: object) -> float:
    """The root mean square of the finite items; 1 for what is not floating."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return 1.0
    kept = value.detach().double()
    kept = kept[kept.isfinite()]
    return kept.square().mean().sqrt().item() if kept.numel() else 1.0


def _typical(value: Tensor) -> float:
    """The size that three quarters of the items stay below: a few may lie next to a pole."""
    kept = value.detach().abs().flatten()
    return kept.kthvalue(max(1, 3 * kept.numel() // 4)).values.item() if kept.numel() else 1.0


def largest_step(
    values: list[Value], growing: bool, among: Collection[Node] = ()
) -> tuple[Value, float]:
    """The node that changes the scale most in a direction, and by how much; a zero comes first.

    Args:
        among: the nodes that are looked at; all, where there are none.
    """
    given = {value.node: value.value for value in values}
    sizes = {node: _size(value) for node, value in given.items()}
    best, most = values[-1], 1.0
    for value in values:
        before = [sizes[n] for n in value.node.all_input_nodes if floats(given[n]) and sizes[n] > 0]
        if not value.path or not before or (among and value.node not in among):
            continue
        if sizes[value.node] == 0.0:
            if not growing:
                return value, 0.0
            continue
        change = sizes[value.node] / (max(before) if growing else min(before))
        if change > most if growing else change < most:
            best, most = value, change
    return best, most


@dataclass(frozen=True, eq=False)
class _Reach:
    """How much of the gradient at the outputs is left at a value, or what it has grown to."""

    value: Value
    ratio: float
    entry: bool


def _gradients(graph: GraphModule, values: list[Value]) -> Iterator[Finding]:
    reaches = _reaches(values)
    for name, parameter in graph.named_parameters():
        if parameter.grad is not None and not bool(parameter.grad.isfinite().all()):
            yield _broken(name, reaches)
            return
    if not reaches:
        return
    low, high = GRADIENTS
    top = max(reaches, key=lambda reach: reach.ratio)
    if top.ratio > high:
        message = f"the gradient grows to {top.ratio:.1g} times that at the outputs"
        yield Finding(message, top.value.path, top.value.place)
    entries = [reach for reach in reaches if reach.entry]
    if entries:
        best = max(entries, key=lambda reach: reach.ratio)
        if best.ratio < low:
            message = f"the gradient fades to {best.ratio:.1g} of that at the outputs"
            yield Finding(message, best.value.path, best.value.place)


def _reaches(values: list[Value]) -> list[_Reach]:
    """Runs backward; the values with a gradient that is not zero, and those that come first."""
    for value in values:
        if _follows(value.value):
            value.value.retain_grad()
    loss = scalar(values[-1].value)
    if loss is None:
        return []
    torch.autograd.backward(loss)
    whole = math.sqrt(sum(out.numel() for out in floats(values[-1].value))) or 1.0
    follows = {value.node for value in values if _follows(value.value)}
    weights = {value.node for value in values if value.node.op == "get_attr"}
    found = []
    for value in values:
        if value.node in follows - weights and value.value.grad is not None:
            ratio = value.value.grad.double().norm().item() / whole
            entry = not follows.intersection(value.node.all_input_nodes) - weights
            if not ratio <= ROUNDING and value.path:
                found.append(_Reach(value, ratio, entry))
    return found


def _follows(value: object) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.requires_grad


def _broken(name: str, reaches: list[_Reach]) -> Finding:
    """The last value, and so the first in the backward pass, whose gradient is not finite."""
    message = f"the gradient of `{name}` is not finite with the initial weights"
    bad = [reach for reach in reaches if not math.isfinite(reach.ratio)]
    if not bad:
        return Finding(message, name.rpartition(".")[0] or name)
    return Finding(message, bad[-1].value.path, bad[-1].value.place)


PROPERTY = Property("statistics", check, __doc__ or "", unfit, trials=1, minimum=least)
