"""Both back ends begin with the same weights: the same constants, the same distributions.

Proves the lowering of `init`, of parameters and of buffers. Everywhere else the source's weights
are copied into the graph, so that nothing else would see a rule that was lost on the way. The two
draw in another order, so that one seed does not give the same numbers: what is constant has to be
equal, of the rest mean, deviation and kurtosis are compared. Karpathy's recipe asks for this by
hand. It always applies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from netwright_runtime.verify.compare import identical
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject

SEEDS = (2, 16)
"""Draws of each back end: two show what is constant, more what small weights are."""

SIGMAS = 6.0
"""How many standard errors two samples may be apart: no initialiser has longer tails than a normal
distribution, so that this is beyond chance for all weights of all models together."""

FEWEST = 60
"""Numbers of which a mean and a deviation are worth comparing."""


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    source, graph = (_drawn(subject, by_graph) for by_graph in (False, True))
    modules = {node.target for node in subject.graph().graph.nodes if node.op == "call_module"}
    for name in (name for name in source if name in graph):
        message = _differing(source[name], graph[name])
        if message:
            yield Finding(
                f"`{name}` begins otherwise in the source than in the graph: {message}",
                owner if (owner := name.rpartition(".")[0]) in modules else name,
                help="a fault of the compiler: please report it with the spec",
            )


def _drawn(subject: Subject, by_graph: bool) -> dict[str, Tensor]:
    """Every weight as several seeds begin it, along a new first dim."""
    drawn = []
    least, most = SEEDS
    for seed in range(max(least, min(most, 100_000 // (subject.manifest.parameters + 1)))):
        torch.manual_seed(seed)
        module = subject.compiled.graph() if by_graph else subject.compiled.build()
        drawn.append(dict(module.state_dict()))
    return {name: torch.stack([weights[name] for weights in drawn]) for name in drawn[0]}


def _differing(a: Tensor, b: Tensor) -> str:
    """In what the two differ, empty for nothing."""
    if a.shape != b.shape:
        return f"{list(a.shape[1:])} against {list(b.shape[1:])}"
    if _constant(a) or _constant(b):
        return "" if identical(a, b) else "one of the two does not depend on the seed"
    if not a.is_floating_point() or a.numel() < FEWEST:
        return ""
    a, b = a.double(), b.double()
    spread = max(a.std().item(), b.std().item())
    error = SIGMAS * spread / math.sqrt(a.numel())  # of a deviation; of a mean it is more
    if abs(a.mean().item() - b.mean().item()) > math.sqrt(2) * error:
        return f"its mean is {a.mean():.2g} against {b.mean():.2g}"
    if abs(a.std().item() - b.std().item()) > error:
        return f"its deviation is {a.std():.2g} against {b.std():.2g}"
    first, second = _tails(a), _tails(b)
    if abs(first - second) > SIGMAS * math.sqrt(48 / a.numel()) * max(1.0, first, second) / 3:
        return f"its kurtosis is {first:.2g} against {second:.2g}"
    return ""


def _tails(drawn: Tensor) -> float:
    """The kurtosis: 1.8 of a uniform distribution, 3 of a normal one."""
    off = drawn - drawn.mean()
    return (off**4).mean().item() / max(off.square().mean().item() ** 2, 1e-300)


def _constant(drawn: Tensor) -> bool:
    """Whether every seed gives the same."""
    return all(identical(drawn[0], one) for one in drawn[1:])


PROPERTY = Property("initialisation", check, __doc__ or "", varies=False)
