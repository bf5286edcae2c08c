"""How a faulty model differs from the sound one: what differs in nothing has no fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from netwright_runtime.model import Compiled
from netwright_runtime.model.compiled import size_text
from netwright_runtime.model.domains import domains
from netwright_runtime.model.nearness import leaves
from netwright_runtime.verify.compare import all_identical, scalar
from netwright_runtime.verify.property import Trial
from netwright_runtime.verify.subject import Subject
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from tests.faults.usual import built


def differences(sound: Compiled, faulty: Compiled) -> Iterator[str]:
    """In what the models of the two differ, in a word each."""
    models = built(sound), built(faulty)
    if _shape(models[0]) != _shape(models[1]):
        yield "weights"
    if not _same(dict(models[0].state_dict()), dict(models[1].state_dict())):
        yield "beginning"
    behaviour = list(_behaviour(sound, *models))
    yield from behaviour
    if not behaviour and not _traceable(built(faulty), sound):
        yield "tracing"


@dataclass(frozen=True)
class Said:
    """What the checker says of a model: where it lies, this is what differs."""

    types: list[tuple[str, str]]
    weights: list[Any]
    operations: list[int | str]

    def differences(self, other: Said) -> Iterator[str]:
        return (name for name in vars(self) if getattr(self, name) != getattr(other, name))


def said(compiled: Compiled) -> Said:
    """What the checker says, by the table of ops as it is now."""
    operations = [compiled.compiler.flops(case) for case in compiled.cases]
    return Said(_types(compiled), list(compiled.manifest.weights), operations)


def _types(compiled: Compiled) -> list[tuple[str, str]]:
    found = []
    for node in compiled.graph().graph.nodes:
        origin = node.meta.get("netwright")
        if origin is not None and origin.type is not None:
            shape = list(map(size_text, origin.type.shape))
            found.append((node.name, f"{origin.type.dtype}{shape}"))
    return found


def _shape(module: nn.Module) -> list[Any]:
    """What a model owns: names, shapes, what learns, and what shares storage."""
    own: list[Any] = [(name, p.shape, p.requires_grad) for name, p in module.named_parameters()]
    stores: dict[int, list[str]] = {}
    for name, p in module.named_parameters(remove_duplicate=False):
        stores.setdefault(p.data_ptr(), []).append(name)
    return [own, sorted(stores.values()), [(n, b.shape) for n, b in module.named_buffers()]]


def _same(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> bool:
    return all(all_identical(a[name], b[name]) for name in a.keys() & b.keys())


def trials(subject: Subject) -> Iterator[Trial]:
    """Two sets of sizes for each case of the optional inputs."""
    for given in subject.compiled.cases:
        for least in (2, 5):
            few = domains(subject.manifest, dict.fromkeys(subject.names, least))
            yield Trial(tuple((n, sizes[0]) for n, sizes in few.items()), given, least)


def _behaviour(sound: Compiled, one: nn.Module, other: nn.Module) -> Iterator[str]:
    """What differs when both have the weights that they share."""
    subject = Subject(sound)
    weights = subject.lively
    found: set[str] = set()
    for trial in trials(subject):
        seen = [_seen(model, weights, subject, trial) for model in (one, other)]
        found |= {name for name in seen[0] if not _equal(seen[0][name], seen[1].get(name))}
    yield from sorted(found)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return _same(a, b)
    return all_identical(a, b)


def _seen(
    model: nn.Module, weights: Mapping[str, Tensor], subject: Subject, trial: Trial
) -> dict[str, Any]:
    """What a model does in both modes; an exception is told by its type."""
    found: dict[str, Any] = {}
    for mode in ("evaluation", "training"):
        _given(model, weights)
        model.train(mode == "training").zero_grad(set_to_none=True)
        inputs = subject.inputs(trial)
        torch.manual_seed(trial.seed)
        try:
            out = model(**inputs)
            loss = scalar(out)
            if loss is not None:
                torch.autograd.backward(loss)
            again = model(**subject.inputs(trial)) if mode == "evaluation" else None
            spread = model(**_spread(subject.inputs(trial))) if mode == "evaluation" else None
        except Exception as error:
            return {**found, f"{mode} outputs": type(error).__name__}
        found[f"{mode} outputs"] = [leaf.detach() for leaf in leaves(out)]
        found[f"{mode} gradients"] = {
            n: p.grad if p.grad is None else p.grad.clone() for n, p in model.named_parameters()
        }
        found[f"{mode} buffers"] = {n: b.clone() for n, b in model.named_buffers()}
        found[f"{mode} inputs"] = all_identical(inputs, subject.inputs(trial))
        found[f"{mode} layout"] = [leaf.detach() for leaf in leaves(spread) if leaf is not None]
        found[f"{mode} repeated"] = again is None or all_identical(out, again)
    return found


def _spread(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The same inputs, laid out in memory with gaps."""
    return tree_map(lambda x: torch.stack([x, x], -1)[..., 0], dict(inputs))


@torch.no_grad()
def _given(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    for name, tensor in model.state_dict().items():
        if name in weights and weights[name].shape == tensor.shape:
            tensor.copy_(weights[name])


def _traceable(model: nn.Module, sound: Compiled) -> bool:
    """Whether a model can be captured whole, as compiling and exporting it need."""
    subject = Subject(sound)
    trial = next(trials(subject))
    torch._dynamo.reset()
    try:
        torch.compile(model.eval(), fullgraph=True, backend="eager")(**subject.inputs(trial))
    except Exception:
        return False
    return True
