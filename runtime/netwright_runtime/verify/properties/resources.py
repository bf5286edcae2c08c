"""Weights and operations are exactly what `show` predicts, and peak memory is close to it.

Proves the numbers that decide on which machine a model fits, before it is built. torchinfo,
fvcore and ptflops count by hooks, and are known to be wrong with tied weights and attention. Peak
memory is that of a call in evaluation, weights apart, as a graph runs it: a value is freed after
its last use, where the frames of the emitted source keep it a little longer. What kernels take for
themselves is not predicted, so that a peak further off is a warning, and that of recurrent modules
is not looked at. It always applies.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from netwright_runtime.model import evaluate
from netwright_runtime.model.nearness import tensors
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import path_of, place_of
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, walk

CLOSE = 0.05
"""How far the predicted peak may lie from the measured one, as a part of it."""

SLACK = 1024
"""Bytes that do not count: indices and scalars of tiny models."""


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    found = sum(p.numel() for p in subject.meta.parameters())
    expected = subject.manifest.parameters
    if found != expected:
        message = f"the spec has {expected:,} parameters, and the model {found:,}"
        yield Finding(message, _other_weight(subject))
    predicted = evaluate(subject.compiled.compiler.flops(trial.given), trial.size)
    counted = _flops(subject, trial)
    if counted != predicted:
        message = f"{predicted:,} operations are predicted, and {counted:,} are counted"
        yield _at_node(subject, trial, message)
    yield from _memory(subject, trial)


def _other_weight(subject: Subject) -> str:
    """The node whose parameters are not those that the checker lists."""
    listed = {w.name: tuple(w.shape) for w in subject.manifest.weights if not w.buffer}
    made = {name: tuple(p.shape) for name, p in subject.meta.named_parameters()}
    names = (*made, *listed)
    differing = (name for name in names if made.get(name) != listed.get(name))
    return next(differing, "").rpartition(".")[0]


def _flops(subject: Subject, trial: Trial) -> int:
    """What torch counts, on the meta device: no kernel of the CPU hides its products there."""
    with FlopCounterMode(display=False) as counter:
        subject.meta(**_on_meta(subject.inputs(trial)))
    return int(counter.get_total_flops())


def _on_meta(value: Any) -> Any:
    return pytree.tree_map_only(Tensor, lambda t: t.to("meta"), value)


def _at_node(subject: Subject, trial: Trial, message: str) -> Finding:
    """The finding at the innermost node of whose operations more or fewer are counted."""
    counted, places = _flops_by_node(subject, trial)
    predicted = subject.compiled.compiler.flops_by_node(trial.given)
    differing = [
        path for path in predicted if evaluate(predicted[path], trial.size) != counted[path]
    ]
    inner = [p for p in differing if not any(other.startswith(f"{p}.") for other in differing)]
    if not inner:
        return Finding(message)
    path = inner[0]
    said = evaluate(predicted[path], trial.size)
    message = f"{message}; of `{path}` {said:,} and {counted[path]:,}"
    return Finding(message, path, places.get(path, ""))


def _flops_by_node(subject: Subject, trial: Trial) -> tuple[Counter[str], dict[str, str]]:
    """What torch counts at each node of the graph and for what it stands in, and their places."""
    counted: Counter[str] = Counter()
    places: dict[str, str] = {}

    def visit(step: Step) -> Any:
        with FlopCounterMode(display=False) as counter:
            value = step.run()
        path = path_of(step.node)
        places.setdefault(path, place_of(step.node))
        for at in range(len(parts := path.split("."))):
            counted[".".join(parts[: at + 1])] += counter.get_total_flops()
        return value

    graph = deepcopy(subject.graph(trial.given)).to("meta")
    walk(graph, _on_meta(subject.inputs(trial)), visit)
    return counted, places


def _memory(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph(trial.given)
    if any(isinstance(module, nn.RNNBase) for module in graph.modules()):
        return  # its kernels take memory of their own, which differs from one to the next
    predicted = subject.compiled.compiler.peak(trial.given, trial.size)
    inputs = subject.inputs(trial)
    with torch.no_grad(), _Memory(graph, inputs) as memory:
        graph(**inputs)
    if abs(memory.peak - predicted) > CLOSE * memory.peak + SLACK:
        said = f"a peak of {predicted:,} bytes is predicted, and {memory.peak:,} are measured"
        yield Finding(said, warning=True)


class _Memory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the tensors that are made, as long as they live."""

    def __init__(self, module: nn.Module, inputs: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        there = (*module.parameters(), *module.buffers(), *tensors(inputs))
        self._there = {_storage(tensor) for tensor in there}
        self._sizes: dict[int, int] = {}
        self._now = 0
        self.peak = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tensors(out):
            self._made(tensor)
        return out

    def _made(self, tensor: Tensor) -> None:
        key, storage = _storage(tensor), tensor.untyped_storage()
        if key in self._there or key in self._sizes:
            return
        self._sizes[key] = storage.nbytes()
        self._now += storage.nbytes()
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._freed, key)

    def _freed(self, key: int) -> None:
        self._now -= self._sizes.pop(key, 0)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


PROPERTY = Property("resources", check, __doc__ or "", trials=3, minimum=lambda s: s.telling)
