"""Gradients are those of the values: autograd agrees with finite differences, in double precision.

Proves that a step down the gradient goes down: along a random direction in all parameters and
floating inputs at once, the derivative of a random projection of the outputs is what the central
difference says. `torch.autograd.gradcheck` compares every entry, which no large model affords; a
random direction meets every error with probability one. Where they disagree, steps of the graph are
held to their own differences, which names the one at fault: a hand-written backward, a detached
branch. For torch's own functions torch's tests answer, and they know where its gradients are
conventions; a step at fault also has to reach the outputs.

At a kink (ReLU at zero, a tie in a maximum, a router that changes its mind) the two may differ and
nothing is wrong. There a direction is no evidence: it counts only where differences from both sides
and with a smaller step agree, and only if a step disagrees by itself, near its values, at each of
several points. It does not apply where no output is floating. Steps whose gradient is deliberately
another than that of their values (straight-through estimators) are listed by the spec:
`properties: {surrogate_gradients: [quantise.rounded]}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node
from torch.fx.node import map_aggregate
from torch.utils import _pytree as pytree

from netwright_runtime.model.nearness import tensors
from netwright_runtime.verify.compare import floats
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, path_of, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, name_of, walk

POINTS = 3
"""Points and directions at which a step is tried; one that is at fault disagrees at each."""

_AGREE = {torch.float64: (1e-7, 1e-5), torch.float32: (1e-3, 3e-2)}
"""For the coarsest dtype on the way, the step and how far the derivatives may differ.

A central difference errs by the square of the step, by the kinks that lie within it, and by
rounding over the step: together about 1e-8 in double and 1e-3 in single precision.
"""

Run = Callable[[], Any]


def unfit(subject: Subject) -> str:
    floating = any(p.dtype.startswith(("float", "bfloat")) for p in subject.manifest.outputs)
    return "" if floating else "no output is floating"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph(trial.given, dtype=torch.float64)
    inputs = subject.inputs(trial, torch.float64)
    points: list[Tensor] = [p for p in graph.parameters() if p.requires_grad]
    points += [t.requires_grad_() for t in floats(inputs)]
    line = _Line(lambda: record(graph, _copied(inputs))[-1].value, points, _silent(graph))
    if any(line.slopes(trial.seed + number).agree for number in range(POINTS)):
        return
    stated = subject.declared.get("surrogate_gradients", ())
    for node, finding in _suspects(graph, inputs, stated, trial.seed):
        if _matters(graph, inputs, line, node, trial.seed):
            yield finding
            return


def _suspects(
    graph: GraphModule, inputs: Mapping[str, Any], stated: Iterable[str], seed: int
) -> Iterator[tuple[Node, Finding]]:
    """The steps whose own gradient is wrong, among those that torch does not answer for."""
    found: list[tuple[Node, Finding]] = []

    def visit(step: Step) -> Any:
        if step.computes and not _stated(step.node, stated) and not _of_torch(step):
            found.extend((step.node, finding) for finding in _at(step, seed))
        return step.run()

    with torch.no_grad():
        walk(graph, _copied(inputs), visit)
    yield from found


def _of_torch(step: Step) -> bool:
    """Whether torch gives the gradient: its own tests hold it to that, and know its exceptions."""
    name = name_of(step.node)
    if name.startswith("detach"):
        return False
    home = getattr(step.node.target, "__module__", None)
    if step.module is not None:
        home = type(step.module).__module__
    if step.node.op == "call_method" or home is None:
        return True
    return home.partition(".")[0] in ("torch", "_operator", "builtins", "math")


def _matters(
    graph: GraphModule, inputs: Mapping[str, Any], line: _Line, node: Node, seed: int
) -> bool:
    """Whether the outputs move otherwise when the value of `node` stays where it is."""
    kept: list[Any] = []

    def visit(step: Step) -> Any:
        if step.node is not node:
            return step.run()
        if not kept:
            kept.append(step.run())
        return kept[0]

    still = replace(line, run=lambda: walk(graph, _copied(inputs), visit))
    moving, resting = line.slopes(seed), still.slopes(seed)
    return abs(moving.numeric - resting.numeric) > moving.within * moving.scale


def _stated(node: Node, paths: Iterable[str]) -> bool:
    """Whether a node is, or is part of, one that the spec lists; it lists no iterations."""
    parts = path_of(node).split(".")
    plain = [part for part in parts if not part.isdigit()]
    listed = (path.split(".") for path in paths)
    return any(names in (parts[: len(names)], plain[: len(names)]) for names in listed)


@dataclass(frozen=True)
class _Slopes:
    """The derivative along one direction, by autograd and by a central difference.

    step    that of the difference
    scale   that of the derivative's parts, which may cancel
    within  how far it may be off, as a part of the scale
    """

    analytic: float
    numeric: float
    step: float
    scale: float
    within: float

    @property
    def agree(self) -> bool:
        """Whether they agree; values that are not finite are another property's matter."""
        off = abs(self.analytic - self.numeric)
        return not math.isfinite(off) or off <= self.within * self.scale


@dataclass(frozen=True, eq=False)
class _Line:
    """What `run` gives along lines through `points`, which it reads.

    silent  rows of points, by the point's id, that get no gradient by design
    """

    run: Run
    points: list[Tensor]
    silent: Mapping[int, int] = field(default_factory=dict)

    def slopes(self, seed: int) -> _Slopes:
        """The derivative along the direction that `seed` draws."""
        ways = self._ways(seed)
        here, gradients, step, within = self._gradients(seed)
        parts = [float((g * w).sum()) for g, w in zip(gradients, ways, strict=True)]
        left, right = self._values(ways, seed, (-step, step))
        numeric = (right - left) / (2 * step)
        rounding = 100 * torch.finfo(torch.float64).eps / step / within
        scale = max(sum(map(abs, parts)), abs(numeric), rounding * max(abs(here), 1e-3))
        return _Slopes(sum(parts), numeric, step, scale, within)

    def smooth(self, seed: int) -> bool:
        """Whether differences from both sides, near and far, agree: no kink lies on the line."""
        slopes, ways = self.slopes(seed), self._ways(seed)
        step = slopes.step
        steps = (-step, -step / 4, 0.0, step / 4, step)
        far_left, left, here, right, far_right = self._values(ways, seed, steps)
        found = [(here - far_left) / step, (here - left) / step * 4]
        found += [(right - here) / step * 4, (far_right - here) / step]
        return max(found) - min(found) <= 0.1 * abs(slopes.analytic - slopes.numeric)

    def _gradients(self, seed: int) -> tuple[float, list[Tensor], float, float]:
        """The projection, its gradient at each point, the step to take, and what is near."""
        torch.manual_seed(seed)
        with torch.enable_grad():
            out = self.run()
            loss = _projected(out, seed)
            found: tuple[Tensor | None, ...] = (None,) * len(self.points)
            if loss is not None and loss.requires_grad:
                found = torch.autograd.grad(loss, self.points, allow_unused=True)
        pairs = zip(found, self.points, strict=True)
        gradients = [torch.zeros_like(p) if g is None else g for g, p in pairs]
        return _number(loss), gradients, *_AGREE[_coarsest([out, *self.points])]

    def _ways(self, seed: int) -> list[Tensor]:
        generator = torch.Generator().manual_seed(seed + 1)
        ways = [_way(point, generator) for point in self.points]
        for point, way in zip(self.points, ways, strict=True):
            if id(point) in self.silent:
                way[self.silent[id(point)]] = 0.0
        return ways

    def _values(self, ways: list[Tensor], seed: int, steps: tuple[float, ...]) -> list[float]:
        """The projection at places along the line; the points come back as they were."""
        kept = [point.detach().clone() for point in self.points]
        found = []
        with torch.no_grad():
            for step in steps:
                for point, base, way in zip(self.points, kept, ways, strict=True):
                    point.copy_(base).add_(way, alpha=step)
                torch.manual_seed(seed)
                found.append(_number(_projected(self.run(), seed)))
            for point, base in zip(self.points, kept, strict=True):
                point.copy_(base)
        return found


def _number(value: Tensor | None) -> float:
    return math.nan if value is None else value.detach().item()


def _projected(value: Any, seed: int) -> Tensor | None:
    """The sum of all floating items under random weights, the detached ones too."""
    generator = torch.Generator().manual_seed(seed)
    total: Tensor | None = None
    for out in floats(value):
        weights = torch.randn(out.shape, generator=generator, dtype=torch.float64)
        part = (out.double() * weights).sum() / max(out.numel(), 1) ** 0.5
        total = part if total is None else total + part
    return total


def _coarsest(values: list[Any]) -> torch.dtype:
    coarse = any(t.dtype == torch.float32 for value in values for t in tensors(value))
    return torch.float32 if coarse else torch.float64


def _way(point: Tensor, generator: torch.Generator) -> Tensor:
    """A random direction, as large as the values are."""
    way = torch.randn(point.shape, generator=generator, dtype=torch.float64).to(point.dtype)
    size = float(point.detach().double().square().mean().sqrt()) if point.numel() else 1.0
    return way * (size or 1.0)


def _silent(module: nn.Module) -> dict[int, int]:
    """The rows of embeddings that stand for padding: torch gives them no gradient."""
    return {
        id(inner.weight): inner.padding_idx
        for inner in module.modules()
        if isinstance(inner, nn.Embedding | nn.EmbeddingBag) and inner.padding_idx is not None
    }


def _at(step: Step, seed: int) -> Iterator[Finding]:
    """A finding if autograd is wrong about this step alone, at every point that is tried."""
    for number in range(POINTS):
        line = _near(step, seed + number)
        slopes = line.slopes(seed) if line.points else None
        if slopes is None or slopes.agree or not line.smooth(seed):
            return
    assert slopes is not None
    value = Value(step.node, None)
    yield Finding(
        f"{_does(step)}: along a random direction its values change by "
        f"{slopes.numeric:.3g}, its gradient says {slopes.analytic:.3g}",
        value.path,
        value.place,
        "what is meant is listed: `properties: {surrogate_gradients: [...]}`",
    )


def _does(step: Step) -> str:
    return "detaches its input" if name_of(step.node) == "detach" else "has a wrong gradient"


def _near(step: Step, seed: int) -> _Line:
    """Lines through values near those of a step: off any kink that these lie on."""
    generator = torch.Generator().manual_seed(seed)
    flat, spec = pytree.tree_flatten((step.args, step.kwargs))
    moved = [_moved(v, generator) if _is_float(v) else v for v in flat]
    points = [v for v in moved if _is_float(v)]
    silent = {}
    if step.module is not None:
        points += [p for p in step.module.parameters() if p.requires_grad]
        silent = _silent(step.module)

    def run() -> Any:
        args, kwargs = pytree.tree_unflatten(moved, spec)
        return step.run(_copied((args, kwargs)))

    return _Line(run, points, silent)


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _moved(value: Tensor, generator: torch.Generator) -> Tensor:
    return (value + 1e-2 * _way(value, generator)).detach().requires_grad_()


def _copied(value: Any) -> Any:
    """`value` with tensors of its own, which may be written into."""
    return map_aggregate(value, lambda item: item.clone() if isinstance(item, Tensor) else item)


PROPERTY = Property(
    "numeric_gradients", check, __doc__ or "", unfit, trials=1, minimum=lambda s: s.telling
)
