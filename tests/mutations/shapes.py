"""Faults of sizes and dtypes. Each is one for torch too, which `test_torch.py` shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutations.source import Mutant, Source

PRIME = 100_003
"""A size that no spec has, and that divides none."""


def inferred_argument(source: Source) -> Iterator[Mutant]:
    """`Linear(in_features=100003, ...)`: the input has another size."""
    for scalar, match in source.found(r"^(Linear|Conv2d|BatchNorm2d)(\()"):
        names = {"Linear": "in_features", "Conv2d": "in_channels", "BatchNorm2d": "num_features"}
        if "groups" not in scalar.value:
            yield source.within(scalar, match, f"({names[match[1]]}={PRIME}, ", 2)


def reshape(source: Source) -> Iterator[Mutant]:
    """`reshape([B, T, C + 1])`: the shape is invalid for the input's size."""
    for scalar, match in source.found(r"\.(?:reshape|view)\(\[[^\[\]]*, ([^,\[\]]+)\]\)"):
        if "-1" not in match[0]:
            yield source.within(scalar, match, f"{match[1]} + 1")


def cat(source: Source) -> Iterator[Mutant]:
    """An item twice as long along another dim: sizes have to be equal except in `dim`."""
    for scalar, match in source.found(r"cat\(\[\w+, (\w+)\], dim=(?:1|2|-1)\)"):
        yield source.within(scalar, match, f"{match[1]}.repeat_interleave(2, dim=0)")


def groups(source: Source) -> Iterator[Mutant]:
    """`groups=100003`: the channels have to be divisible by it."""
    for scalar, match in source.found(r"^Conv2d\(.*groups=(\w+)"):
        yield source.within(scalar, match, str(PRIME))
    for scalar in source.expressions:
        if scalar.path[-1] == "groups":
            yield source.instead(scalar, str(PRIME))


def heads(source: Source) -> Iterator[Mutant]:
    """`(h d)` with 100003 heads, which do not divide the axis."""
    for scalar, match in source.found(r"^rearrange\(.*[ (](?:h|n)=(\w+)"):
        yield source.within(scalar, match, str(PRIME))


def kernel(source: Source) -> Iterator[Mutant]:
    """A kernel larger than the image, whose size is a number."""
    sized = re.search(r"\n  image: float\[B, \w+, (\w+), \1\]", source.text)
    if sized is not None and (sized[1].isdigit() or sized[1] in source.params):
        for scalar, match in source.found(r"^Conv2d\(.*kernel_size=(\w+)"):
            yield source.within(scalar, match, str(PRIME))


def residual(source: Source) -> Iterator[Mutant]:
    """A branch one wider than the residual that it is added to, so that they do not broadcast.

    Each is sound by itself: the fault is seen where they meet, with their origins.
    """
    sums = {
        s.line: s
        for s in source.expressions
        if re.search(r"\w \+ \w", s.value) and not re.search(r" if | [*] ", s.value)
    }
    for line, total in sums.items():
        for at in range(line - 1, line - 5, -1):
            near = [s for s in source.expressions if s.line == at]
            found = [re.search(r"out_(?:features|channels)=(\w+)(?=[,)])", s.value) for s in near]
            inside = bool(near) and near[0].path[: len(total.path) - 1] == total.path[:-1]
            if not inside:
                break
            if found[0] is not None:
                yield source.within(near[0], found[0], f"{found[0][1]} + 1")
                break


def input_dtype(source: Source) -> Iterator[Mutant]:
    """Numbers instead of indices for an embedding, indices instead of numbers for a layer.

    Any dtype is sound by itself: the fault is seen where the input is used, with its origin. An
    input whose dtype other values take over would be used wrongly by those too.
    """
    inputs = source.below("inputs")
    first = next((s for s in source.expressions if s.path[0] == "graph"), None)
    for scalar in inputs[:1]:
        match = re.match(r"(int|float)\[", scalar.value)
        embedded = re.search(rf"Embedding\(.*\)\({scalar.path[-1]}\)", source.text)
        layered = first is not None and re.match(r"Conv2d|Linear", first.value)
        embedding = first is not None and first.value.startswith("Embedding")
        if f"_like({scalar.path[-1]})" in source.text:
            continue
        if match is not None and match[1] == "int" and (embedded or embedding):
            yield source.within(scalar, match, "float")
        elif match is not None and match[1] == "float" and layered:
            yield source.within(scalar, match, "int")


def cast(source: Source) -> Iterator[Mutant]:
    """`&` of numbers, which is for integers and bools only."""
    for scalar, match in source.found(r" & .*\.(bool)\(\)"):
        yield source.within(scalar, match, "float")
