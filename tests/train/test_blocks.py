from __future__ import annotations

from pathlib import Path

import pytest
import torch
from netwright_runtime.model import compiled
from netwright_runtime.model.blocks import repeated
from netwright_runtime.train.blocks import compile_blocks, compute_again
from torch import nn

from tests.train.kills import FOLDER

INDUCTOR = pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")
"""What torch's compiler says of torch, when it is first imported."""


def built(name: str) -> nn.Module:
    torch.manual_seed(0)
    return compiled(FOLDER / name).build()


def names(module: nn.Module, parts: list[nn.Module]) -> list[str]:
    found = {id(part): name for name, part in module.named_modules()}
    return [found[id(part)] for part in parts]


def test_the_outermost_blocks_that_repeat_are_found() -> None:
    module = compiled("vision/resnet", "resnet18").build(device="meta")
    assert names(module, repeated(module)) == [
        f"layer{stage}.{number}" for stage in range(1, 5) for number in range(2)
    ]


@INDUCTOR
def test_a_model_that_repeats_nothing_has_none(tmp_path: Path) -> None:
    head = 'netwright: 1\nmodel: Net\ninputs: {x: "float[B, 4]"}\n'
    text = f"{head}graph:\n  fc: Linear(out_features=2)\n"
    (tmp_path / "net.yaml").write_text(text)
    module = compiled(tmp_path / "net.yaml").build()
    assert repeated(module) == []
    compile_blocks(module)
    assert module._compiled_call_impl is not None


@INDUCTOR
def test_only_repeated_blocks_are_compiled_and_names_stay() -> None:
    module = built("mixers.yaml")
    before = list(module.state_dict())
    compile_blocks(module)
    called = [n for n, part in module.named_modules() if part._compiled_call_impl is not None]
    assert called == ["blocks.0", "blocks.1", "blocks.2"]
    assert list(module.state_dict()) == before


def test_what_is_computed_again_has_the_same_gradients() -> None:
    found: list[torch.Tensor] = []
    for again in (False, True):
        module = built("mixers.yaml")
        if again:
            compute_again(module)
        module(torch.linspace(0, 1, 128).reshape(2, 1, 8, 8)).square().sum().backward()
        found.append(
            torch.cat([p.grad.flatten() for p in module.parameters() if p.grad is not None])
        )
    assert found[0].norm() > 0
    assert torch.equal(found[0], found[1])


def test_what_is_computed_again_is_not_kept() -> None:
    kept: list[int] = []
    for again in (False, True):
        module = built("mixers.yaml")
        if again:
            compute_again(module)
        sizes: list[int] = []

        def pack(tensor: torch.Tensor, sizes: list[int] = sizes) -> torch.Tensor:
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            module(torch.ones(32, 1, 8, 8))
        kept.append(sum(sizes))
    assert kept[1] < 0.6 * kept[0]
