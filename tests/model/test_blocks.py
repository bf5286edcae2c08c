"""The blocks that a model repeats, by all that their code depends on."""

from __future__ import annotations

import netwright
from netwright_runtime.model.blocks import kinds
from torch import nn

STAGES = """
netwright: 1
model: Net
inputs: {x: "float[B, 8]"}
graph:
  stages:
    repeat: stage in range(2)
    graph:
      blocks: {op: Block, repeat: 3}
  last: {op: Block, hidden: 4, repeat: 2}
blocks:
  Block:
    params: {hidden: 16}
    inputs: {x: "float[B, C]"}
    graph:
      norm: Norm
      up: Linear(out_features=hidden)
      down: Linear(out_features=C)
      again: Norm
      out: x + again
  Norm:
    inputs: {x: "float[B, C]"}
    graph: {norm: LayerNorm, fc: Linear(out_features=C)}
"""


def found(module: nn.Module) -> list[tuple[str, list[str]]]:
    return [(kind.name, list(kind.blocks)) for kind in kinds(module)]


def test_blocks_of_stages_are_units_and_not_the_stages_or_what_is_in_the_blocks(tmp_path) -> None:
    (tmp_path / "net.yaml").write_text(STAGES)
    inner = [f"stages.{stage}.{block}" for stage in range(2) for block in range(3)]
    names = [name.replace(".blocks", "") for name in inner]
    by_kind = found(netwright.build(tmp_path / "net.yaml"))
    assert [(name, [p.replace(".blocks", "") for p in paths]) for name, paths in by_kind] == [
        ("Block", names),
        ("Block", ["last.0", "last.1"]),
    ]


def test_what_code_depends_on_tells_kinds_apart(tmp_path) -> None:
    (tmp_path / "net.yaml").write_text(STAGES)
    module = netwright.build(tmp_path / "net.yaml")
    whole = [name for name, part in module.named_modules() if type(part).__name__ == "Block"]
    norm = module.get_submodule(f"{whole[0]}.norm.norm")
    assert isinstance(norm, nn.LayerNorm)
    norm.eps = 0.1
    module.get_submodule(f"{whole[1]}.up").weight.requires_grad_(False)
    assert [paths for name, paths in found(module) if name == "Block"] == [whole[2:6], whole[6:]]
