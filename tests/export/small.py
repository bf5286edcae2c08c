"""Every model of the catalogue with as few layers as its params allow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netwright_runtime.model import Compiled, compiled, variants
from netwright_runtime.model.compiled import Refused
from netwright_runtime.model.domains import smallest
from netwright_runtime.verify.smaller import smaller

from tests.emission.building import REQUIRED, SPECS


def names() -> list[str]:
    """The specs of the catalogue that hold a model."""
    found = [
        (path.relative_to(SPECS).with_suffix("").as_posix(), path) for path in SPECS.rglob("*.yaml")
    ]
    return sorted(name for name, path in found if variants(Path(path), REQUIRED.get(name, {})))


def small(name: str) -> Compiled:
    """A model of the catalogue: its variant for verification, or one with few and narrow layers."""
    found = compiled(SPECS / f"{name}.yaml", params=REQUIRED.get(name, {}))
    if found.smaller:
        return found.compiler.vary({}, found.smaller)
    for param in found.settable:
        for params in _halved(param.name, param.value):
            try:
                fewer = found.compiler.vary(params)
            except Refused:
                break
            if _blocks(fewer) >= _blocks(found):
                break
            found = fewer
    return smaller(found, smallest(found.manifest))[0]


def _blocks(model: Compiled) -> int:
    return sum(block.repeats for block in model.manifest.classes)


def _halved(name: str, value: Any) -> Iterator[dict[str, Any]]:
    """A param at half of its size, and half of that, and so on."""
    while True:
        if isinstance(value, list) and value and all(type(item) is int for item in value):
            half: Any = [max(item // 2, 1) for item in value]
        elif type(value) is int:
            half = max(value // 2, 1)
        else:
            return
        if half == value:
            return
        value = half
        yield {name: value}
