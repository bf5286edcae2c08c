"""The door: compile a model, as a whole or block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from torch import nn

from netwright_runtime.model.blocks import Kind, kinds
from netwright_runtime.optimise.regional.bound import Bound
from netwright_runtime.optimise.regional.maps import convolves, layouts_are_free
from netwright_runtime.optimise.regional.region import Region

M = TypeVar("M", bound=nn.Module)

PAYS = 3
"""Blocks for each kind from which on they are compiled one by one."""


@dataclass(frozen=True)
class Blocks:
    """A kind of block in a compiled model.

    blocks    their paths in the model
    variants  how often code was made for them so far
    dynamo    how many of them Dynamo had to compile
    unfit     why, where it was for what is in the block
    """

    name: str
    blocks: tuple[str, ...]
    variants: int = 0
    dynamo: int = 0
    unfit: str = ""


@dataclass(frozen=True)
class Compilation:
    """How a model is compiled: `regional` block by block, or as a whole, and why."""

    regional: bool
    reason: str
    kinds: tuple[Blocks, ...]

    def __str__(self) -> str:
        shown = "".join(f"\n  {len(kind.blocks)} x {kind.name}" for kind in self.kinds)
        return f"{'by blocks' if self.regional else 'as a whole'}: {self.reason}{shown}"


def compile(
    model: M,
    *,
    mode: str = "default",
    regional: bool | Literal["auto"] = "auto",
    dynamic: bool | None = None,
) -> M:
    """Compile a model in place, for inference and for training; names of weights stay.

    Args:
        mode: as in `torch.compile`.
        regional: compile each kind of repeated block once, for all its blocks, and leave what is
            around them as it is; False compiles the whole model at once; "auto" chooses
            (`choice` says what and why).
        dynamic: as in `torch.compile`: None begins with fixed sizes, True makes code for all
            sizes, False makes code for each size anew. By blocks, code for all sizes is
            Dynamo's.

    Returns:
        `model` itself. Nothing is compiled before it is called.

    Raises:
        ValueError: `regional=True`, and the model repeats no block.
    """
    for forward in _bound(model).values():
        del forward.block.forward
    found = kinds(model)
    if not _chosen(model, found, regional)[0]:
        model.compile(mode=mode, dynamic=dynamic)
        return model
    free = layouts_are_free(model)
    for kind in found:
        region = Region(mode, dynamic, free and convolves(next(iter(kind.blocks.values()))))
        for block in kind.blocks.values():
            block.forward = Bound(block, region)
    return model


def choice(model: nn.Module, regional: bool | Literal["auto"] = "auto") -> Compilation:
    """What `compile` does with a model, or has done with it.

    Raises:
        ValueError: as `compile`.
    """
    bound = _bound(model)
    if bound:
        return Compilation(True, "it is compiled", tuple(_made(bound)))
    found = kinds(model)
    by_blocks, reason = _chosen(model, found, regional)
    shown = tuple(Blocks(kind.name, tuple(kind.blocks)) for kind in found)
    return Compilation(by_blocks, reason, shown if by_blocks else ())


def _bound(model: nn.Module) -> dict[str, Bound]:
    """The blocks that are compiled one by one, by path."""
    held = ((path, part.forward) for path, part in model.named_modules())
    return {path: forward for path, forward in held if isinstance(forward, Bound)}


def _made(bound: Mapping[str, Bound]) -> Iterator[Blocks]:
    paths: dict[Region, list[str]] = {}
    for path, forward in bound.items():
        paths.setdefault(forward.region, []).append(path)
    for region, of_kind in paths.items():
        name = type(bound[of_kind[0]].block).__name__
        dynamo = sum(bound[path].by_dynamo for path in of_kind)
        yield Blocks(name, tuple(of_kind), len(region.variants), dynamo, region.unfit)


def _chosen(
    model: nn.Module, found: list[Kind], regional: bool | Literal["auto"]
) -> tuple[bool, str]:
    blocks = sum(len(kind.blocks) for kind in found)
    if regional is True and not found:
        raise ValueError(
            f"`{type(model).__name__}` repeats no block; leave `regional` out, or pass False"
        )
    if regional != "auto":
        return regional, f"`regional={regional}`"
    fact = f"{blocks} blocks of {len(found)} kinds"
    if blocks >= PAYS * max(len(found), 1):
        return True, f"{fact}, at least {PAYS} for each"
    return False, f"{fact}, fewer than {PAYS} for each"
