"""Small models with repeated blocks."""

CONVOLUTIONS = """
netwright: 1
model: Net
params: {depth: 3, drop: 0.0}
inputs: {image: "float[B, 3, H, W]"}
graph:
  stem: Conv2d(out_channels=8, kernel_size=3, padding=1)
  blocks: {op: Residual, repeat: depth}
  pooled: mean(blocks, dim=[2, 3])
  head: Linear(out_features=4)
blocks:
  Residual:
    inputs: {x: "float[B, C, H, W]"}
    graph:
      conv: Conv2d(out_channels=C, kernel_size=3, padding=1)
      norm: BatchNorm2d
      act: ReLU
      drop: Dropout(p=drop)
      out: x + drop
"""

TOKENS = """
netwright: 1
model: Net
inputs: {x: "float[B, T, 16]", mask: {type: "bool[B, T]", optional: true}}
graph:
  layers: {op: Mix, repeat: 3, from: {x: x, mask: mask}}
  head: Linear(out_features=2)(layers.x)
outputs: {y: head, seen: layers.seen}
blocks:
  Mix:
    inputs: {x: "float[B, T, C]", mask: {type: "bool[B, T]", optional: true}}
    graph:
      norm: LayerNorm()(x)
      open: norm if mask is None else norm * mask[:, :, None].float()
      scores: softmax(open @ open.transpose(1, 2), dim=-1)
      fc: Linear(out_features=C)(scores @ norm)
      out: x + fc
    outputs: {x: out, seen: scores.sum(-1)}
"""
