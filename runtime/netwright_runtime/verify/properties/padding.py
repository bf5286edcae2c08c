"""What a mask leaves out influences nothing.

Proves that padded positions change no value at the real ones: their inputs are changed, and every
value at the real positions has to stay. transformers compares a padded batch with single samples,
which hides a leak behind a tolerance; here both runs have the same shapes, so that none is needed.
Then more padding is appended, which a mean over all positions would feel.
The padding is on the right. In a model that claims `causal` it lies among the real positions, since
what comes later could change nothing there anyhow; the first position is real.

`properties: {padding_invariant: {mask: attention_mask, over: T}}` claims it; `keep: false` is for
masks that mark what is left out. Without a claim it is derived for an input that is named
`attention_mask`, `key_padding_mask`, `padding_mask` or `mask` and has the dims (batch, T) that
lead another input, unless the spec says `padding_invariant: null`. Of a derived `padding_mask` or
`mask` either sense is accepted. It does not apply to a model without such a mask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from netwright_runtime.model.domains import holds
from netwright_runtime.model.nearness import tolerance
from netwright_runtime.verify.axes import Shape, along, axes, mixed, others, parted
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, record
from netwright_runtime.verify.subject import Subject

EXACT = 1e-12
"""Both runs call the same kernels on the same shapes, so that rounding is the same in both."""

MORE = 2
"""How many positions of padding are appended."""

_NAMES = {
    "attention_mask": (True,),
    "key_padding_mask": (False,),
    "padding_mask": (True, False),
    "mask": (True, False),
}
"""Names that an input's role is derived from, and what the mask may have where a position counts:
transformers' masks mark what counts, torch's `key_padding_mask` what does not."""


@dataclass(frozen=True)
class Masking:
    """Which input masks which dim; `keeps` are the senses that it may have."""

    mask: str
    dim: str
    keeps: tuple[bool, ...]


def masking(subject: Subject) -> Masking | None:
    """What the spec claims, else what its inputs suggest."""
    if "padding_invariant" in subject.declared:
        said = subject.declared["padding_invariant"]
        return said and Masking(said["mask"], said["over"], (said.get("keep", True),))
    shapes = {port.name: tuple(map(str, port.shape)) for port in subject.manifest.inputs}
    for name, keeps in _NAMES.items():
        shape = shapes.get(name, ())
        led = any(other[:2] == shape for n, other in shapes.items() if n != name)
        if len(shape) == 2 and shape[0] == subject.batch and led and shape[1] in subject.names:
            return Masking(name, shape[1], keeps)
    return None


def unfit(subject: Subject) -> str:
    if masking(subject) is None:
        return "the model has no input that is known to mask padding"
    return "" if cases(subject) else "no case of the inputs has the mask with the dim that it masks"


def cases(subject: Subject) -> tuple[frozenset[str], ...]:
    """The cases that give the mask, and in which it has the dim that it masks."""
    about = masking(subject)
    assert about is not None
    return tuple(
        given
        for given in subject.compiled.cases
        if any(s.name == about.mask and about.dim in s.shape for s in subject.slots(given))
    )


def minimum(subject: Subject) -> dict[str, int]:
    about = masking(subject)
    assert about is not None
    return {**subject.two_samples, about.dim: 4}


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    about = masking(subject)
    assert about is not None
    found = [_leak(subject, trial, about, keep) for keep in about.keeps]
    if all(leak is not None for leak in found) and found[0] is not None:
        yield Finding(
            f"positions that `{about.mask}` leaves out change values at real ones",
            found[0].path,
            found[0].place,
            "mask them here, or say `properties: {padding_invariant: null}`",
        )


def _leak(subject: Subject, trial: Trial, about: Masking, keep: bool) -> Value | None:
    """The first node at which padding changes a real position, for one sense of the mask."""
    real = _real(subject, trial, about)
    inputs = _masked(subject, trial, about, keep, real)
    pairs = (
        _replaced(subject, trial, about, inputs, real),
        _longer(subject, trial, about, keep, inputs),
    )
    graph, count = subject.graph(trial.given, dtype=torch.float64), trial.size[about.dim]
    with torch.no_grad():
        before = record(graph, inputs)

    def view(value: Tensor, shape: Shape) -> Tensor | None:
        if mixed(shape, about.dim):
            return None
        for axis in axes(shape, about.dim):
            value = value.narrow(axis, 0, count)
        return _blanked(value, shape, real, about.dim, subject.batch)

    rounding = tolerance(value.value for value in before)
    for changed, allowed in zip(pairs, (EXACT, rounding), strict=True):
        if changed is None:
            continue
        with torch.no_grad():
            found = parted(before, record(graph, changed), view, view, allowed)
        if found is not None:
            return found
    return None


def _masked(
    subject: Subject, trial: Trial, about: Masking, keep: bool, real: Tensor
) -> dict[str, Any]:
    """The inputs of a trial, with a mask that keeps what is real."""
    inputs = subject.inputs(trial, torch.float64)
    slot = next(s for s in subject.slots(trial.given) if s.name == about.mask)
    kept = _spread(real, slot.shape, slot.shape.index(about.dim), subject.batch)
    value = inputs[about.mask]
    inputs[about.mask] = (kept if keep else ~kept).expand(value.shape).to(value.dtype)
    return inputs


def _replaced(
    subject: Subject, trial: Trial, about: Masking, inputs: dict[str, Any], real: Tensor
) -> dict[str, Any]:
    """Inputs with other values where a position is not real."""
    other = others(subject, trial, torch.float64)
    changed = dict(inputs)
    for slot in subject.slots(trial.given):
        value = inputs[slot.name]
        if slot.name != about.mask and about.dim in slot.shape and isinstance(value, Tensor):
            kept = _spread(real, slot.shape, slot.shape.index(about.dim), subject.batch)
            changed[slot.name] = torch.where(kept, value, other[slot.name])
    return changed


def _longer(
    subject: Subject, trial: Trial, about: Masking, keep: bool, inputs: dict[str, Any]
) -> dict[str, Any] | None:
    """Inputs with more padding at their end; None where the spec admits none that are longer."""
    count = trial.size[about.dim]
    sizes = {**trial.size, about.dim: count + MORE}
    known = {**subject.manifest.params, **sizes}
    if not all(holds(constraint, known) for constraint in subject.manifest.constraints):
        return None
    longer = subject.inputs(Trial(tuple(sizes.items()), trial.given, trial.seed), torch.float64)
    changed = dict(inputs)
    for slot in subject.slots(trial.given):
        value = inputs[slot.name]
        if about.dim in slot.shape and isinstance(value, Tensor):
            axis = slot.shape.index(about.dim)
            end = longer[slot.name].narrow(axis, count, MORE)
            if slot.name == about.mask:
                end = torch.full_like(end, not keep)
            changed[slot.name] = torch.cat([value, end], axis)
    return changed


def _real(subject: Subject, trial: Trial, about: Masking) -> Tensor:
    """Which positions of which samples are real: (samples, positions)."""
    generator = torch.Generator().manual_seed(trial.seed)
    count, samples = trial.size[about.dim], trial.size.get(subject.batch or "", 1)
    if "causal" in subject.declared:
        real = torch.rand(samples, count, generator=generator) < 0.5
        real[:, 0], real[0, 1], real[0, -1] = True, False, True
        return real
    lengths = torch.randint(1, count, (samples, 1), generator=generator)
    return torch.arange(count) < lengths


def _spread(real: Tensor, shape: Shape, axis: int, batch: str | None) -> Tensor:
    """`real` as it lies over a value of which an axis is the positions."""
    rank = len(shape)
    if batch is None or batch not in shape:
        return real.all(0).reshape(along(real.shape[1], axis, rank))
    first = shape.index(batch)
    placed = real if first < axis else real.T
    sizes = [1] * rank
    sizes[first], sizes[axis] = real.shape
    return placed.reshape(sizes)


def _blanked(value: Tensor, shape: Shape, real: Tensor, dim: str, batch: str | None) -> Tensor:
    """A value with zeros at every position that is not real."""
    for axis in axes(shape, dim):
        value = torch.where(_spread(real, shape, axis, batch), value, torch.zeros_like(value))
    return value


PROPERTY = Property("padding", check, __doc__ or "", unfit, minimum=minimum, cases=cases)
