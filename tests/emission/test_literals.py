"""Sizes that follow from a list are written with the list, whichever part of it a loop walks."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest

HEAD = """netwright: 1
model: M
params: {widths: [8, 16, 32, 64], dim: 3}
inputs: {x: "float[B, 4]"}
graph:
  stem: Linear(out_features=widths[0])
"""
BODY = """  body: {op: Blk, width: w, repeat: "w in %s"}
  head: Linear(out_features=2)
blocks:
  Blk:
    params: {width: int}
    inputs: {x: "float[B, C]"}
    graph: {fc: Linear(out_features=width), out: relu(fc) + tanh(fc)}
"""
JOINED = """  parts: {op: Linear, out_features: dim, each: w in widths}
  whole: %s
  flat: flatten(whole, 1)
  head: Linear(out_features=2)
"""


@pytest.mark.parametrize(
    ("walked", "given", "last"),
    [
        ("widths[1:]", "widths[i]", "widths[-1]"),
        ("widths[:-1]", "widths[0] if i == 0 else widths[i - 1]", "widths[-2]"),
        ("widths[1:-1]", "widths[i]", "widths[-2]"),
        ("widths[2:]", "widths[0] if i == 0 else widths[i + 1]", "widths[-1]"),
    ],
)
def test_parts_of_a_list(walked: str, given: str, last: str, tmp_path: Path) -> None:
    source = emitted(BODY % walked, tmp_path)
    assert f"Blk({given}, w)" in source
    assert f"nn.Linear({last}, 2)" in source


MIXED = """  parts: {op: Linear, out_features: dim, each: w in widths}
  whole: cat([stem, x] + parts, dim=-1)
  head: Linear(out_features=2)
"""


def test_a_list_beside_others_counts(tmp_path: Path) -> None:
    assert "nn.Linear(dim * len(widths) + widths[0] + 4, 2)" in emitted(MIXED, tmp_path)


@pytest.mark.parametrize("joined", ["stack(parts, dim=1)", "cat(parts, dim=-1)"])
def test_a_list_of_tensors_counts(joined: str, tmp_path: Path) -> None:
    assert "nn.Linear(dim * len(widths), 2)" in emitted(JOINED % joined, tmp_path)


HELD = """  normed: {op: Blk, width: dim * 2}
blocks:
  Blk:
    params: {width: int, norm: {type: module, default: %s}}
    inputs: {x: "float[B, C]"}
    graph: {fc: Linear(out_features=width), normed: norm}
"""


@pytest.mark.parametrize(
    "norm",
    ["GroupNorm(num_groups=width)", '"LayerNorm if dim > 3 else GroupNorm(num_groups=width)"'],
)
def test_a_module_that_a_param_holds_reads_params(norm: str, tmp_path: Path) -> None:
    assert "nn.GroupNorm(width, width)" in emitted(HELD % norm, tmp_path)


def emitted(graph: str, folder: Path) -> str:
    """The source of a spec, its line breaks as spaces."""
    file = folder / "spec.yaml"
    file.write_text(HEAD + graph, encoding="utf-8")
    return " ".join(netwright.emit(file).split())
