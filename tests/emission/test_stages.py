"""Loops over stages: each takes its own items of lists, and gives each of its values once."""

from __future__ import annotations

import inspect
from pathlib import Path

import netwright
import torch
from netwright.driver.model import load

from tests.emission.building import FEATURES, built, class_of, emitted, executed

STAGES = FEATURES / "stages.yaml"


def test_items_are_passed() -> None:
    """A stage that reads `kernels[stage]` takes a kernel size and not the kernels."""
    classes = executed(emitted(load(STAGES).elaborate()).text)
    taken = list(inspect.signature(classes["StagesStage"]).parameters)
    assert taken == ["in_channels", "width", "kernel_size", "depth"]


def test_lists_stay_arguments() -> None:
    """What walks a list reads its sizes from the list, so that another list fits."""
    file = class_of(emitted(load(STAGES).elaborate()))
    widths = (5, 7, 9)
    given = built(load(STAGES, params={"widths": widths}).elaborate())
    loops = ("walked.", "each.", "plain.", "stages.")
    wanted = {k: w.shape for k, w in given.state_dict().items() if k.startswith(loops)}
    found = {k: w.shape for k, w in file(widths=widths).state_dict().items()}
    assert len(wanted) > 20
    assert {k: found.get(k) for k in wanted} == wanted


def test_a_value_is_returned_once() -> None:
    """A map that is carried on and collected is one value; a stage gives no tuple."""
    classes = executed(emitted(load(STAGES).elaborate()).text)
    returned = inspect.signature(classes["StagesWalked"].forward).return_annotation
    assert returned == "Tensor"


MAPS = """\
netwright: 1
model: Maps
inputs: {x: "float[B, 4, H, W]"}
graph:
  neck:
    graph:
      a: Conv2d(out_channels=4, kernel_size=1)(x)
      b: Conv2d(out_channels=6, kernel_size=1)(a)
    outputs: {a: a, b: b}
  heads: {op: Heads, from: [[neck.a, neck.b]]}
blocks:
  Heads:
    inputs: {maps: "list[float[B, ...]]"}
    graph:
      each: {each: m in maps, graph: {head: "Conv2d(out_channels=2, kernel_size=1)(m)"}}
      out: cat(each, dim=1)
"""


def test_sizes_of_a_lists_items_are_passed(tmp_path: Path) -> None:
    """A type that leaves them open has no names for them."""
    path = tmp_path / "maps.yaml"
    path.write_text(MAPS, encoding="utf-8")
    assert "Heads(4, 6)" in netwright.emit(path)
    assert netwright.build(path)(torch.ones(1, 4, 3, 3)).shape == (1, 4, 3, 3)
