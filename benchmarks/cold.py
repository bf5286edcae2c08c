"""A fresh process that makes a model ready: `python -m benchmarks.cold SPEC DEPTH WAY`.

Prints the CPU seconds from the call that compiles to the first output, or to the written package,
with those of child processes (compilers). torch and its compiler are imported before.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netwright
import torch
from netwright_runtime import optimise
from netwright_runtime.model.blocks import kinds
from torch import Tensor, nn

SPECS = Path(__file__).parent / "specs"

INPUTS: dict[str, Callable[[], Tensor]] = {
    "pre_norm": lambda: torch.randint(0, 2048, (1, 128)),
    "decoder": lambda: torch.randint(0, 2048, (1, 128)),
    "alternating": lambda: torch.randn(1, 128, 256),
    "mixer": lambda: torch.randn(1, 64, 256),
    "residual": lambda: torch.randn(1, 3, 64, 64),
    "skips": lambda: torch.randn(1, 3, 32, 32),
}


def built(name: str, depth: int) -> tuple[nn.Module, Tensor]:
    """A model in evaluation mode, and an input for it."""
    torch.manual_seed(0)
    model = netwright.build(SPECS / f"{name}.yaml", params={"depth": depth})
    return model.eval(), INPUTS[name]()


def as_a_whole(model: nn.Module, given: Tensor) -> Any:
    """`torch.compile(model)`."""
    model.compile()
    return model(given)


def by_dynamo(model: nn.Module, given: Tensor) -> Any:
    """Each block by `Module.compile`, which shares code between blocks of a class."""
    for kind in kinds(model):
        for block in kind.blocks.values():
            block.compile()
    return model(given)


def by_blocks(model: nn.Module, given: Tensor) -> Any:
    """`netwright_runtime.optimise.compile(model)`."""
    return optimise.compile(model, regional=True)(given)


def packaged_as_a_whole(model: nn.Module, given: Tensor) -> Any:
    """AOTInductor's package of the whole model."""
    from torch._inductor import aoti_compile_and_package

    with tempfile.TemporaryDirectory() as folder:
        program = torch.export.export(model, (given,))
        path = aoti_compile_and_package(program, package_path=f"{folder}/model.pt2")
        return Path(path).stat().st_size


def packaged_by_blocks(model: nn.Module, given: Tensor) -> Any:
    """`netwright_runtime.optimise.package(model, ...)`."""
    with tempfile.TemporaryDirectory() as folder:
        optimise.package(model, (given,), f"{folder}/model.pt2")
        return Path(f"{folder}/model.pt2").stat().st_size


WAYS = {
    way.__name__: way
    for way in (as_a_whole, by_dynamo, by_blocks, packaged_as_a_whole, packaged_by_blocks)
}


def cpu() -> float:
    """CPU seconds of this process and of those of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in used)


def main(name: str, depth: str, way: str) -> None:
    """Run one way once."""
    import torch._inductor.compile_fx

    torch.set_num_threads(1)
    model, given = built(name, int(depth))
    with torch.no_grad():
        start = cpu()
        WAYS[way](model, given)
    print(cpu() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
