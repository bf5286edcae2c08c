"""Small models to export."""

from __future__ import annotations

from pathlib import Path

LINEAR = """\
netwright: 1
model: Pair
doc: Two heads over one map.
inputs: {x: "float[B, 4]", scale: {type: "float[B]", optional: true}}
graph:
  body: Linear(out_features=8)
  scaled: body * scale[:, None] if scale is not None else body
  left: Linear(out_features=3)(scaled)
  right: tanh(scaled)
outputs: {left: left, right: right}
methods:
  encode: {inputs: {x: x}, outputs: {code: body}}
"""

MAPS = """\
netwright: 1
model: Maps
inputs: {image: "float[B, 3, H, W]"}
where: [H % 4 == 0, W % 4 == 0, H <= 256, W >= 8]
graph:
  down: Conv2d(out_channels=4, kernel_size=4, stride=4)
  pooled: mean(down, dim=[2, 3])
  head: Linear(out_features=5)
outputs: {logits: head}
"""

CACHE = """\
netwright: 1
model: Decoder
inputs:
  tokens: int[B, T]
  past: {type: "list[float[B, P, 8]]", optional: true}
graph:
  x: Embedding(num_embeddings=11, embedding_dim=8)(tokens)
  seen: cat([past[0], x], dim=1) if past is not None else x
  mixed: scaled_dot_product_attention(x, seen, seen)
  head: Linear(out_features=11)
outputs: {logits: head, present: "[seen]"}
state: {past: present}
"""

RECURRENT = """\
netwright: 1
model: Steps
inputs: {x: "float[B, T, 4]"}
graph:
  rnn: {op: GRU, hidden_size: 6, num_layers: 2, batch_first: true, bidirectional: true}
  head: Linear(out_features=2)(rnn.output)
outputs: {y: head}
"""


def written(text: str, folder: Path) -> Path:
    """The file of a spec."""
    path = folder / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return path
