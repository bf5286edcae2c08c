"""Splits: which samples are for training, for validation and for testing.

They follow from the recipe's `split` alone, and no sample is in two of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from netwright.recipe.data import Split
from torch import Tensor

from netwright_runtime.data.errors import DataError, unknown
from netwright_runtime.train.data.columns import Columns
from netwright_runtime.train.draws import generator

DEFAULT = Split(train=0.8, validation=0.1, test=0.1)

WHERE = ("data", "split")


def divided(source: Columns, split: Split | None) -> dict[str, Tensor]:
    """The numbers of the samples in each split, `int64 (n)`; checked to be disjoint.

    Samples that follow on one another in time (`source.gap`) are divided in order: training first,
    testing last. All others are divided at random, by `split.seed`.
    """
    if split is None and source.splits is not None:
        parts = {name: torch.as_tensor(numbers) for name, numbers in source.splits.items()}
    elif split is None or split.train is not None:
        parts = _parts(source, torch.arange(len(source)), split or DEFAULT)
    else:
        parts = _taken_out(source, split)
    _check(parts, len(source))
    return parts


def _taken_out(source: Columns, split: Split) -> dict[str, Tensor]:
    """The source's own splits, with `split`'s parts taken out of its training split."""
    if source.splits is None:
        raise DataError(
            WHERE, "a split without `train`, and the source does not divide itself", "add `train`"
        )
    own = {name: torch.as_tensor(numbers) for name, numbers in source.splits.items()}
    for name in split.shares:
        if name in own:
            raise DataError(
                (*WHERE, name), f"the source has a split `{name}` of its own", "leave it out"
            )
    rest = 1 - sum(split.shares.values())
    shares = split.model_copy(update={"train": rest})
    return own | _parts(source, own["train"], shares)


def _parts(source: Columns, numbers: Tensor, split: Split) -> dict[str, Tensor]:
    if source.gap is not None:
        return _in_order(numbers, split, source.gap)
    if split.group is not None:
        return _by_group(numbers, _column(source, split.group, "group", numbers), split)
    if split.stratify is None:
        return _at_random(numbers, split, 0)
    labels = _column(source, split.stratify, "stratify", numbers)
    classes = _distinct(labels).tolist()
    pieces = [_at_random(numbers[labels == c], split, 1 + i) for i, c in enumerate(classes)]
    return {name: torch.cat([piece[name] for piece in pieces]).sort().values for name in pieces[0]}


def _column(source: Columns, name: str, key: str, numbers: Tensor) -> Tensor:
    """A column with one whole number a sample."""
    if name not in source.columns:
        raise unknown((*WHERE, key), "column", name, source.columns)
    column = source.columns[name]
    if column.shape != () or column.dtype == "float":
        raise DataError(
            (*WHERE, key), f"`{name}` is {column}, no column of whole numbers", "name another"
        )
    return source.values(name, numbers)


def _distinct(values: Tensor) -> Tensor:
    found: Tensor = torch.unique(values)
    return found


def _ends(size: int, shares: Mapping[str, float]) -> list[int]:
    """Where each part ends among `size` samples; what rounding leaves goes to the next part."""
    ends, total = [], 0.0
    for share in shares.values():
        total += share
        ends.append(min(round(total * size), size))
    return ends


def _cut(numbers: Tensor, shares: Mapping[str, float]) -> dict[str, Tensor]:
    ends = _ends(len(numbers), shares)
    starts = [0, *ends[:-1]]
    pairs = zip(starts, ends, strict=True)
    return {name: numbers[a:b] for name, (a, b) in zip(shares, pairs, strict=True)}


def _shuffled(numbers: Tensor, seed: int, stratum: int) -> Tensor:
    return numbers[torch.randperm(len(numbers), generator=generator(seed, 0, stratum, "split"))]


def _at_random(numbers: Tensor, split: Split, stratum: int) -> dict[str, Tensor]:
    cut = _cut(_shuffled(numbers, split.seed, stratum), split.shares)
    return {name: part.sort().values for name, part in cut.items()}


def _by_group(numbers: Tensor, groups: Tensor, split: Split) -> dict[str, Tensor]:
    """All samples of a group in one part; the shares are of groups."""
    parts = _at_random(_distinct(groups), split, 0)
    return {name: numbers[torch.isin(groups, part)] for name, part in parts.items()}


def _in_order(numbers: Tensor, split: Split, gap: int) -> dict[str, Tensor]:
    """One part after the other, with `gap` samples between them that are in none."""
    parts = _cut(numbers.sort().values, split.shares)
    last = next(reversed(parts))
    return {n: part if n == last else part[: max(len(part) - gap, 0)] for n, part in parts.items()}


def _check(parts: Mapping[str, Tensor], size: int) -> None:
    """Every split has samples that exist, and no two have one in common."""
    for name, part in parts.items():
        if len(part) == 0:
            raise DataError(
                WHERE,
                f"the split `{name}` has no sample out of {size}",
                "give it a larger share, or leave it out",
            )
        if part.min() < 0 or part.max() >= size:
            raise DataError(WHERE, f"the split `{name}` names samples beyond {size}", "mend it")
    everything = torch.cat(list(parts.values()))
    if len(_distinct(everything)) != len(everything):
        raise DataError(WHERE, _common(parts), "let no sample be in two splits")


def _common(parts: Mapping[str, Tensor]) -> str:
    names: Sequence[str] = list(parts)
    for i, first in enumerate(names):
        if len(_distinct(parts[first])) != len(parts[first]):
            return f"the split `{first}` holds a sample twice"
        for second in names[i + 1 :]:
            shared = torch.isin(parts[first], parts[second]).sum()
            if shared:
                return f"the splits `{first}` and `{second}` have {int(shared)} samples in common"
    raise AssertionError(parts)
