"""The model that most tests here load weights into, and what was published for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netwright
import torch
from torch import Tensor, nn

SPEC = """\
netwright: 1
model: Tagger
params: {vocab: 12, dim: 8, classes: 3, depth: 2, tied: false}
inputs: {tokens: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=vocab, embedding_dim=dim)
  freqs: {buffer: "1 / 100 ** (arange(0, dim) / dim)", persistent: false}
  mixed: embed * freqs
  layers:
    repeat: depth
    graph:
      q: Linear(out_features=dim)(mixed)
      k: Linear(out_features=dim)(mixed)
      norm: LayerNorm
      out: q * sigmoid(k) + norm
  unembed: Linear(out_features=vocab, bias=False)
  head: Linear(out_features=classes)(layers)
outputs: {words: unembed, tags: head}
tie: {unembed.weight: embed.weight if tied else None}
weights:
  published:
    - {match: "^transformer\\\\.h\\\\.", to: "layers."}
    - {match: "^wte", to: embed}
    - {match: "qk\\\\.", split: ["q.", "k."]}
    - {match: "position_ids$", to: null}
    - {match: "^classifier", to: head}
  other:
    - {match: "^classifier", to: head}
"""


def tagger(folder: Path, device: str | None = None, **params: Any) -> nn.Module:
    """The model, in evaluation."""
    path = folder / "tagger.yaml"
    path.write_text(SPEC)
    return netwright.build(path, params=params, device=device).eval()


def drawn(module: nn.Module) -> dict[str, Tensor]:
    """Values for every entry of a module's `state_dict`, other than those that it begins with."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return {
            name: torch.rand_like(entry) if entry.is_floating_point() else entry.clone()
            for name, entry in module.state_dict().items()
        }


def published(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights as someone else would have published them."""
    found = {"position_ids": torch.arange(4)[None]}
    for name, value in state.items():
        key = "wte.weight" if name == "embed.weight" else name.replace("layers", "transformer.h")
        if ".k." not in key:
            other = state.get(name.replace(".q.", ".k."), value)
            fused = torch.cat([value, other]) if ".q." in key else value
            found[key.replace(".q.", ".qk.").replace("head.", "classifier.")] = fused
    return found


def assert_holds(module: nn.Module, state: dict[str, Tensor]) -> None:
    held = module.state_dict()
    assert held.keys() == state.keys()
    for name, value in state.items():
        assert torch.equal(held[name], value), name
