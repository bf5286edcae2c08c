"""What a reader would trip over is written otherwise."""

from __future__ import annotations

from pathlib import Path

import netwright
import torch

from tests.emission.building import SPECS


def test_a_size_has_one_spelling() -> None:
    """What is inferred is written as the spec writes it, though its own order is the alphabet's."""
    source = netwright.emit(SPECS / "vision/segformer.yaml", variant="b0")
    assert "mlp_ratio * dim" in source
    assert "dim * mlp_ratio" not in source


def test_rules_for_one_class_share_a_condition() -> None:
    source = netwright.emit(SPECS / "vision/segformer.yaml", variant="b0")
    assert source.count("isinstance(module") == 1


LISTS = """\
netwright: 1
model: Lists
params: {sizes: [8, 6], dim: 4}
inputs: {x: "float[B, 5]"}
graph:
  wide: "[2 * s for s in sizes]"
  more: wide + sizes + [dim]
  same: {op: Linear, out_features: 5, when: "sizes == [8, 6]"}
  layers:
    repeat: width in more
    graph: {fc: Linear(out_features=width)}
"""


def test_lists_beside_list_params(tmp_path: Path) -> None:
    """A list param is a tuple, so that what it is joined with or compared to is one too."""
    path = tmp_path / "lists.yaml"
    path.write_text(LISTS, encoding="utf-8")
    model = netwright.build(path)
    assert model(torch.ones(2, 5)).shape == (2, 4)
    assert hasattr(model.same, "weight")


def test_no_attribute_hides_what_every_module_has(tmp_path: Path) -> None:
    path = tmp_path / "halves.yaml"
    path.write_text(
        'netwright: 1\nmodel: Halves\nparams: {dim: 8}\ninputs: {x: "float[B, dim]"}\n'
        "graph:\n  half: dim // 2\n  out: x * half\n",
        encoding="utf-8",
    )
    model = netwright.build(path)
    assert model.half()(torch.ones(1, 8).half()).eq(4).all()
