"""References for tables that are known by other names, or by more, than the spec's."""

import pkgutil
import re
from typing import Any

import torch
from torch import Tensor, nn

TABNET = (
    (r"\.shared\.(shared_layers\.\d+|glu_layers\.\d+\.fc)\.", None),
    (r"^tabnet\.(encoder\.)?", ""),
    (r"^initial_splitter\.", "first."),
    (r"^feat_transformers\.(\d+)", r"steps.\1.feature"),
    (r"^att_transformers\.(\d+)", r"steps.\1.attentive"),
    (r"\.glu_layers\.", "."),
    (r"\.bn\.bn\.", ".bn."),
)
"""From the names of pytorch-tabnet to the spec's; what all steps share is put back by `tabnet`."""


def tabnet(numbers: int, cardinalities: list[int], d_out: int, **sizes: Any) -> nn.Module:
    """pytorch-tabnet's network, its state dict under the spec's names, shared weights once."""
    columns = numbers + len(cardinalities)
    with torch.device("cpu"):
        model: Any = pkgutil.resolve_name("pytorch_tabnet.tab_network:TabNet")(
            columns,
            d_out,
            cat_idxs=list(range(numbers, columns)),
            cat_dims=cardinalities,
            cat_emb_dim=[1] * len(cardinalities),
            group_attention_matrix=torch.eye(columns),
            **sizes,
        )
    del model.tabnet.initial_bn  # which is never called
    model.register_state_dict_post_hook(_renamed)
    found: nn.Module = model
    return found


def _renamed(model: Any, state: dict[str, Tensor], *_: object) -> None:
    shared = model.tabnet.encoder.initial_splitter.shared.shared_layers
    entries = dict(state)
    state.clear()
    state.update({f"shared.{i}.weight": layer.weight.data for i, layer in enumerate(shared)})
    for name, entry in entries.items():
        for pattern, new in TABNET:
            if new is None and re.search(pattern, name):
                break
            name = re.sub(pattern, new or "", name)
        else:
            state[name] = entry
