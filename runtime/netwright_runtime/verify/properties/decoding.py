"""Decoding step by step with the state gives what one pass over the whole sequence gives.

Proves what `state: {past: present}` says: the sequence is cut into chunks and then single
positions, each call is given the state that the one before left, and the outputs and the last
state have to be those of one call. Off-by-one positions, masks that forget the past and caches in
the wrong order are found, by the first node that computes something else than in the full pass.
transformers tests its caches so, on the logits. It runs in double, since other lengths mean other
kernels. It does not apply to a model without state, nor where the dim that is walked along cannot
be told: `properties: {causal: {over: T}}` names it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule

from netwright_runtime.model.compiled import Slot
from netwright_runtime.model.nearness import distance, tolerance
from netwright_runtime.model.sizes import evaluate, names_in
from netwright_runtime.verify.axes import axes, outputs, shape_of, upstream
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, path_of, place_of, record
from netwright_runtime.verify.subject import Subject


def unfit(subject: Subject) -> str:
    if not subject.manifest.state:
        return "the model carries no state"
    if _walked(subject) is None:
        return "`properties: {causal: {over: T}}` is to name the dim that is decoded along"
    return "" if cases(subject) else "the checker elaborated no call that continues another"


def _walked(subject: Subject) -> str | None:
    """The dim of the positions: what `causal` is over, else the only one beside the batch."""
    if "causal" in subject.declared:
        return str(subject.declared["causal"]["over"])
    taken = [p for p in subject.manifest.inputs if not p.optional]
    sizes = {size for port in taken for size in port.shape if isinstance(size, str)}
    rest = sizes - {subject.batch}
    return rest.pop() if len(rest) == 1 else None


def cases(subject: Subject) -> tuple[frozenset[str], ...]:
    """The calls that begin without a state and can be continued with one."""
    state, known = frozenset(subject.manifest.state), subject.compiled.cases
    return tuple(given for given in known if not given & state and given | state in known)


def minimum(subject: Subject) -> dict[str, int]:
    dim = _walked(subject)
    return {} if dim is None else {dim: 5}


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    dim = _walked(subject)
    assert dim is not None
    with torch.no_grad():
        whole = _Run(subject, trial.given, subject.inputs(trial, torch.float64))
        yield from _stepwise(subject, trial, dim, whole)


def _stepwise(subject: Subject, trial: Trial, dim: str, whole: _Run) -> Iterator[Finding]:
    """Chunk by chunk, up to the first that differs from the whole."""
    state: dict[str, Any] = {}
    step, done = whole, 0
    for length in _lengths(trial, dim):
        given = trial.given | frozenset(state)
        sizes = {**trial.size, dim: length}
        inputs = _cut(subject.slots(given), whole.inputs, state, sizes, dim, done)
        step = _Run(subject, given, inputs)
        apart = step.apart(whole, dim, done, length)
        if apart is not None:
            last = done + length - 1
            told = f"positions {done} to {last}" if last > done else f"position {done}"
            message = f"decoding {told} of `{dim}` differs from one pass over all"
            yield Finding(message, apart.path, apart.place)
            return
        state = {name: step.outputs[out] for name, out in subject.manifest.state.items()}
        done += length
        for out in subject.manifest.state.values():
            held = _positions(step, whole, out, dim)
            if held not in (None, done):
                node = step.nodes[out][0]
                message = f"after {done} positions of `{dim}` the state `{out}` holds {held}"
                yield Finding(message, path_of(node), place_of(node))
                return
    for name, out in subject.manifest.state.items():
        if distance(state[name], whole.outputs[out]) > whole.allowed:
            node = step.nodes[out][0]
            message = f"the state `{out}` after all steps is not that of one pass"
            yield Finding(message, path_of(node), place_of(node))


def _positions(step: _Run, whole: _Run, out: str, dim: str) -> int | None:
    """How many positions a state holds, None where a pass over all keeps no axis of them."""
    node = whole.nodes[out][0]
    value = next(value for value in whole.values if value.node is node)
    found = axes(shape_of(value) or (), dim)
    held = step.outputs[out]
    tensor = held[0] if isinstance(held, list) else held
    return int(tensor.shape[found[0]]) if len(found) == 1 else None


def _lengths(trial: Trial, dim: str) -> list[int]:
    """Two chunks, then single positions."""
    total = trial.size[dim]
    first = random.Random(trial.seed).randrange(1, total - 2)
    return [first, total - 2 - first, 1, 1]


def _cut(
    slots: tuple[Slot, ...],
    inputs: Mapping[str, Any],
    state: Mapping[str, Any],
    sizes: dict[str, int],
    dim: str,
    done: int,
) -> dict[str, Any]:
    """The inputs of one call: the chunk along `dim`, and of what covers the past too all so far."""
    for slot in slots:
        if slot.name in state:
            sizes |= _bound(slot, state[slot.name])
    found: dict[str, Any] = {}
    for slot in slots:
        if slot.name in state:
            found[slot.name] = state[slot.name]
            continue
        value = inputs[slot.name]
        for axis, size in enumerate(slot.shape):
            if isinstance(size, str) and dim in names_in(size):
                start = done if size == dim else 0
                value = value.narrow(axis, start, int(evaluate(size, sizes)))
        found[slot.name] = value
    return found


def _bound(slot: Slot, value: Any) -> dict[str, int]:
    """The dims that a state binds: `P`, the length of the past."""
    tensor = value[0] if isinstance(value, list) else value
    sizes = zip(slot.shape, tensor.shape, strict=True)
    return {name: size for name, size in sizes if isinstance(name, str) and name.isidentifier()}


class _Run:
    """A call with all that its nodes gave."""

    def __init__(self, subject: Subject, given: frozenset[str], inputs: Mapping[str, Any]) -> None:
        self.inputs = inputs
        self.state = set(subject.manifest.state.values())
        graph: GraphModule = subject.graph(given, dtype=torch.float64)
        self.nodes = outputs(subject, graph)
        self.values = record(graph, inputs)
        self.allowed = tolerance(value.value for value in self.values)
        held = {value.node: value.value for value in self.values}
        many = {p.name for p in subject.manifest.outputs if p.kind == "list"}
        self.outputs = {
            name: [held[n] for n in nodes] if name in many else held[nodes[0]]
            for name, nodes in self.nodes.items()
        }

    def apart(self, whole: _Run, dim: str, done: int, length: int) -> Value | None:
        """The first node on the way to an output that differs from its positions in `whole`."""
        same = _named(whole.values)
        wrong: dict[Any, Value] = {}
        for key, value in _named(self.values).items():
            there = same.get(key)
            part = None if there is None else _part(there, dim, done, length)
            if part is not None and distance(value.value, part) > self.allowed:
                wrong[value.node] = value
        given = [n for name, ns in self.nodes.items() if name not in self.state for n in ns]
        way = upstream([node for node in given if node in wrong])
        return next((value for node, value in wrong.items() if node in way), None)


def _named(values: list[Value]) -> dict[tuple[str, str, int], Value]:
    """The typed values by path, type, and which of their like they are."""
    found: dict[tuple[str, str, int], Value] = {}
    count: dict[tuple[str, str], int] = {}
    for value in values:
        if shape_of(value) is not None:
            key = value.path, str(value.type)
            count[key] = count.get(key, 0) + 1
            found[*key, count[key]] = value
    return found


def _part(value: Value, dim: str, done: int, length: int) -> Tensor | None:
    """Some positions of a value; None where it has no positions, or several axes of them."""
    found = axes(shape_of(value) or (), dim)
    if len(found) != 1:
        return None
    part: Tensor = value.value.narrow(found[0], done, length)
    return part


PROPERTY = Property("decoding", check, __doc__ or "", unfit, trials=3, minimum=minimum, cases=cases)
