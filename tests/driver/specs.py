"""Small specs that the tests of the driver start from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SMALL = """\
netwright: 1
model: Small
params:
  width: {type: int, default: 8, min: 1}
  depth: 3
  act: {type: module, default: ReLU}
variants:
  small: {}
  small_wide: {width: 32}
inputs:
  x: float[B, 4]
graph:
  stem: Linear(out_features=width)
  layers: {op: Layer, repeat: depth}
  head: Linear(out_features=4)
blocks:
  Layer:
    inputs: {x: "float[B, dim]"}
    graph:
      fc: Linear(out_features=dim)
      act: act
      out: x + act
"""

TIED = """\
netwright: 1
model: Tied
params: {vocab: 10, tied: true}
inputs: {tokens: "int[B, T]", mask: {type: "float[B, T]", optional: true}}
graph:
  embed: Embedding(num_embeddings=vocab, embedding_dim=6)
  shift: {parameter: [6], init: zeros}
  gate: {op: Linear, out_features: 1, when: mask is not None, else: embed}
  out: embed + shift + gate
  head: Linear(out_features=vocab, bias=False)
tie:
  head.weight: "embed.weight if tied else None"
"""

OPEN = """\
netwright: 1
model: Open
params: {features: int, heads: {type: int, default: 4}}
inputs: {x: "float[B, features]"}
where: [features % heads == 0]
graph:
  out: Linear(out_features=features)
"""

REQUIRED: dict[str, dict[str, Any]] = {
    "gat": {"in_channels": 5, "out_channels": 3},
    "gcn": {"in_channels": 5, "out_channels": 3},
    "gin": {"in_channels": 5, "out_channels": 3},
    "graphsage": {"in_channels": 5, "out_channels": 3},
    "gru_classifier": {"vocab_size": 50},
    "lstm_classifier": {"vocab_size": 50},
    "ft_transformer": {"n_cont_features": 6, "cat_cardinalities": [3, 7]},
    "mlp": {"d_in": 8},
    "tab_transformer": {"cardinalities": [5, 3, 4], "numbers": 4},
    "tabnet": {"numbers": 4, "cardinalities": [5, 3]},
    "tabular_resnet": {"d_in": 8},
}
"""Values for the params that models of the catalogue leave open."""


def written(folder: Path, text: str, name: str = "small.yaml") -> Path:
    """A spec file with `text` in `folder`."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
