"""Sound models from one number: stacks of blocks that are sound each, with what they claim.

`tests/strangers` draws whatever the language admits, sound or not; here everything has a
gradient, no sample sees another, and every claim under `properties` holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random


@dataclass
class Drawing:
    """A spec under construction: its nodes, blocks and claims, line by line."""

    random: Random
    nodes: list[str] = field(default_factory=list)
    blocks: dict[str, str] = field(default_factory=dict)
    claims: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    inits: list[str] = field(default_factory=list)

    def one(self, *choices: str) -> str:
        return self.random.choice(choices)


def text(seed: int) -> str:
    """The spec that `seed` draws."""
    random = Random(seed)
    family = random.choice((_images, _sequences, _tokens, _sets, _tables))
    drawing = Drawing(random)
    inputs, outputs = family(drawing)
    lines = ["netwright: 1", f"model: Good{seed}", "", "inputs:", *_indented(inputs, 2)]
    lines += [f"where: [{', '.join(drawing.where)}]"] if drawing.where else []
    lines += ["", "graph:", *_indented(drawing.nodes, 2), "", "outputs:", *_indented(outputs, 2)]
    lines += ["", "init:", *_indented(drawing.inits, 2)] if drawing.inits else []
    lines += ["", "properties:", *_indented(drawing.claims, 2)] if drawing.claims else []
    lines += ["", "blocks:"] if drawing.blocks else []
    for block in drawing.blocks.values():
        lines += _indented(block.splitlines(), 2)
    return "\n".join(lines) + "\n"


def _indented(lines: list[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]


# Families -----------------------------------------------------------------------------------


def _images(d: Drawing) -> tuple[list[str], list[str]]:
    width = d.random.choice((8, 12, 16))
    d.nodes += [f"stem: Conv2d(out_channels={width}, kernel_size=3, padding=1)"]
    for k in range(d.random.randint(1, 3)):
        block = d.one("ResidualConv", "Depthwise", "Gated")
        d.blocks[block] = _IMAGE[block].replace(
            "NORM", d.one("GroupNorm(num_groups=4)", "BatchNorm2d")
        )
        d.nodes += [f"stage{k}: {{op: {block}, repeat: {d.random.randint(1, 3)}}}"]
        if d.random.random() < 0.5:
            d.nodes += [
                d.one(
                    f"down{k}: AvgPool2d(kernel_size=2)",
                    f"down{k}: Conv2d(out_channels={width}, kernel_size=2, stride=2)",
                )
            ]
    d.nodes += ["pooled: mean(" + _last(d) + ", dim=[2, 3])"]
    d.where += ["H % 8 == 0", "W % 8 == 0"]
    return ["image: float[B, 3, H, W]"], _classes(d, "pooled")


def _sequences(d: Drawing) -> tuple[list[str], list[str]]:
    dim = d.random.choice((8, 12))
    d.nodes += [f"lifted: Linear(out_features={dim})"]
    for k in range(d.random.randint(1, 3)):
        block = d.one("CausalConv", "Recurrence", "Perceptron")
        d.blocks[block] = _SEQUENCE[block].replace("NORM", d.one("LayerNorm", "RMSNorm"))
        d.nodes += [f"layers{k}: {{op: {block}, repeat: {d.random.randint(1, 2)}}}"]
    d.nodes += [f"head: Linear(out_features={d.random.randint(1, 5)})"]
    d.claims += ["causal: {over: T}"]
    return ["series: float[B, T, 5]"], ["forecast: head"]


def _tokens(d: Drawing) -> tuple[list[str], list[str]]:
    causal = d.random.random() < 0.5
    d.nodes += [
        "embed: Embedding(num_embeddings=30, embedding_dim=12)",
        "places: Embedding(num_embeddings=64, embedding_dim=12)(arange(T))",
        "placed: embed + places",
    ]
    flag = "is_causal=True" if causal else "is_causal=False"
    d.blocks["Attention"] = _ATTENTION.replace("FLAG", flag)
    d.blocks["Layer"] = _LAYER.replace("NORM", d.one("LayerNorm", "RMSNorm")).replace(
        "ACT", d.one("GELU", "SiLU", "ReLU")
    )
    d.nodes += [
        f"layers: {{op: Layer, repeat: {d.random.randint(1, 3)}}}",
        "norm: LayerNorm",
        "head: Linear(out_features=30, bias=False)",
    ]
    d.inits += [
        "- {match: Linear.weight, with: xavier_uniform}",
        "- {match: Embedding.weight, with: normal(std=0.5)}",
    ]
    d.claims += ["position_sensitive: {over: T}", "residual: [layers]"]
    d.claims += ["causal: {over: T}"] if causal else []
    return ["tokens: int[B, T]"], ["logits: head"]


def _sets(d: Drawing) -> tuple[list[str], list[str]]:
    d.nodes += ["encode: Linear(out_features=12)"]
    d.blocks["Attention"] = _ATTENTION.replace("FLAG", "is_causal=False").replace("T,", "N,")
    d.blocks["Layer"] = (
        _LAYER.replace("NORM", "LayerNorm")
        .replace("ACT", d.one("GELU", "SiLU"))
        .replace("T,", "N,")
    )
    d.nodes += [f"layers: {{op: Layer, repeat: {d.random.randint(1, 2)}}}"]
    d.nodes += [
        "pooled: " + d.one("mean(layers, dim=1)", "amax(layers, dim=1)", "0.3 * layers.sum(dim=1)")
    ]
    d.claims += ["permutation_invariant: {over: N}", "residual: [layers]"]
    return ["items: float[B, N, 6]"], _classes(d, "pooled")


def _tables(d: Drawing) -> tuple[list[str], list[str]]:
    d.nodes += [
        "normed: BatchNorm1d(affine=False)",
        f"enter: Linear(out_features={d.random.choice((8, 16))})",
    ]
    d.blocks["Perceptron"] = (
        _SEQUENCE["Perceptron"]
        .replace("B, T, C", "B, C")
        .replace("NORM", d.one("LayerNorm", "RMSNorm"))
    )
    d.nodes += [f"layers: {{op: Perceptron, repeat: {d.random.randint(1, 4)}}}", "norm: LayerNorm"]
    d.claims += ["residual: [layers]"]
    return ["row: float[B, 7]"], _classes(d, "norm")


def _last(d: Drawing) -> str:
    return d.nodes[-1].partition(":")[0]


def _classes(d: Drawing, last: str) -> list[str]:
    """A head over features: classes as probabilities, or numbers."""
    d.nodes += [
        f"drop: Dropout(p=0.1)({last})",
        f"head: Linear(out_features={d.random.randint(2, 5)})",
    ]
    if d.random.random() < 0.5:
        d.nodes += ["probabilities: softmax(head, dim=-1)"]
        d.claims += ["sums_to_one: {probabilities: -1}", "output_range: [0, 1]"]
        return ["probabilities: probabilities"]
    return ["y: head"]


# Blocks -------------------------------------------------------------------------------------

_IMAGE = {
    "ResidualConv": """\
ResidualConv:
  inputs: {x: "float[B, C, H, W]"}
  graph:
    norm: NORM
    act: SiLU
    conv: Conv2d(out_channels=C, kernel_size=3, padding=1)
    out: x + conv
""",
    "Depthwise": """\
Depthwise:
  inputs: {x: "float[B, C, H, W]"}
  graph:
    depth: Conv2d(out_channels=C, kernel_size=3, padding=1, groups=C, bias=False)
    norm: NORM
    wide: Conv2d(out_channels=2 * C, kernel_size=1)
    act: GELU
    narrow: Conv2d(out_channels=C, kernel_size=1)
    out: x + drop_path(narrow, 0.1)
""",
    "Gated": """\
Gated:
  inputs: {x: "float[B, C, H, W]"}
  graph:
    norm: NORM
    value: Conv2d(out_channels=C, kernel_size=1)(norm)
    pooled: mean(norm, dim=[2, 3], keepdim=True)
    gate: Conv2d(out_channels=C, kernel_size=1)(pooled)
    out: x + value * sigmoid(gate)
""",
}
_SEQUENCE = {
    "CausalConv": """\
CausalConv:
  inputs: {x: "float[B, T, C]"}
  graph:
    norm: NORM
    first: rearrange(norm, "b t c -> b c t")
    padded: pad(first, [2, 0])
    conv: Conv1d(out_channels=C, kernel_size=3)
    act: GELU
    out: x + rearrange(act, "b c t -> b t c")
""",
    "Recurrence": """\
Recurrence:
  inputs: {x: "float[B, T, C]"}
  graph:
    norm: NORM
    gru: {op: GRU, hidden_size: C, batch_first: true}
    out: x + gru.output
""",
    "Perceptron": """\
Perceptron:
  inputs: {x: "float[B, T, C]"}
  graph:
    norm: NORM
    fc1: Linear(out_features=2 * C)
    act: GELU
    drop: Dropout(p=0.1)
    fc2: Linear(out_features=C)
    out: x + fc2
""",
}
_ATTENTION = """\
Attention:
  inputs: {x: "float[B, T, 12]"}
  graph:
    q_proj: Linear(out_features=12)(x)
    k_proj: Linear(out_features=12, bias=False)(x)
    v_proj: Linear(out_features=12)(x)
    q: rearrange(q_proj, "b t (h d) -> b h t d", h=3)
    k: rearrange(k_proj, "b t (h d) -> b h t d", h=3)
    v: rearrange(v_proj, "b t (h d) -> b h t d", h=3)
    attended: scaled_dot_product_attention(q, k, v, FLAG)
    merged: rearrange(attended, "b h t d -> b t (h d)")
    out: Linear(out_features=12)
"""
_LAYER = """\
Layer:
  inputs: {x: "float[B, T, 12]"}
  graph:
    norm1: NORM
    attn: Attention
    res1: x + attn
    norm2: NORM
    fc1: Linear(out_features=24)
    act: ACT
    fc2: Linear(out_features=12)
    out: res1 + fc2
"""
