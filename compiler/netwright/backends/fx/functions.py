"""Functions that graphs call where torch has none, as the emitted source defines them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def drop_path(x: Tensor, p: float, training: bool) -> Tensor:
    """Drop whole samples of a residual branch in training (arXiv:1603.09382)."""
    if p == 0.0 or not training:
        return x
    keep = 1 - p
    shape = (x.shape[0],) + (1,) * (x.ndim - 1)
    return x * x.new_empty(shape).bernoulli_(keep) / keep


def linear_scan(a: Tensor, b: Tensor, dim: int) -> Tensor:
    """Solve h[t] = a[t] * h[t - 1] + b[t] along `dim`, h[-1] = 0, in log2(T) steps."""
    a, b = a.movedim(dim, -1), b.movedim(dim, -1)
    step = 1
    while step < b.shape[-1]:
        b = torch.cat([b[..., :step], b[..., step:] + a[..., step:] * b[..., :-step]], -1)
        a = torch.cat([a[..., :step], a[..., step:] * a[..., :-step]], -1)
        step *= 2
    return b.movedim(-1, dim)


def walk(
    body: Callable[..., tuple[Tensor, ...]],
    leading: Sequence[object],
    walked: Sequence[Tensor],
    axes: Sequence[int],
    carried: Sequence[Tensor],
    fixed: Sequence[object],
    fed: Sequence[int],
    stacked: Sequence[int],
    final: Sequence[int],
    axis: int,
) -> tuple[Tensor, ...]:
    """Run `body` for every item of `walked`, feeding results back: what `scan` means.

    `body` takes what is `leading`, an item of each walked tensor (along its one of `axes`), then
    what is carried, then what is fixed, and returns a tuple. In it stand at `fed` the next
    `carried`, at `stacked` what is stacked along `axis`, at `final` what is returned as it is after
    the last item.
    """
    columns: list[list[Tensor]] = [[] for _ in stacked]
    last: dict[int, Tensor] = {}
    items = [tensor.unbind(dim) for tensor, dim in zip(walked, axes, strict=True)]
    for step in zip(*items, strict=True):
        made = body(*leading, *step, *carried, *fixed)
        carried = [made[k] for k in fed]
        for column, k in zip(columns, stacked, strict=True):
            column.append(made[k])
        last = {k: made[k] for k in final}
    return (*(torch.stack(c, axis) for c in columns), *(last[k] for k in final))


def absent(value: object, name: str) -> None:
    """Refuse an optional input that the graph was lowered without; ValueError."""
    if value is not None:
        raise ValueError(f"the graph was lowered for calls without `{name}`")
