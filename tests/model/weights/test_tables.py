"""Key maps for files of pytorch-tabnet and pytorch-forecasting, which repeat what is shared."""

from __future__ import annotations

import netwright
import torch
from netwright_runtime import load_weights
from torch import Tensor

TINY = {"n_d": 3, "n_a": 2, "n_steps": 2, "n_shared": 2, "n_independent": 1}
FEATURES = 6
GATES = 10
"""Both halves of a layer, for the decision and for the next choice of columns."""


def norm(name: str, size: int) -> dict[str, Tensor]:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": torch.rand(size) for part in parts}


def published() -> dict[str, Tensor]:
    """A state dict as pytorch-tabnet writes it."""
    file = {f"embedder.embeddings.{i}.weight": torch.rand(n, 1) for i, n in enumerate((5, 3))}
    file |= norm("tabnet.initial_bn", FEATURES) | norm("tabnet.encoder.initial_bn", FEATURES)
    file["tabnet.final_mapping.weight"] = torch.rand(3, 3)
    maps = [torch.rand(GATES, n) for n in (FEATURES, GATES // 2)]
    places = ["initial_splitter", *(f"feat_transformers.{i}" for i in range(2))]
    for place in (f"tabnet.encoder.{place}" for place in places):
        for i, shared in enumerate(maps):
            file[f"{place}.shared.shared_layers.{i}.weight"] = shared
            file[f"{place}.shared.glu_layers.{i}.fc.weight"] = shared
            file |= norm(f"{place}.shared.glu_layers.{i}.bn.bn", GATES)
        file[f"{place}.specifics.glu_layers.0.fc.weight"] = torch.rand(GATES, GATES // 2)
        file |= norm(f"{place}.specifics.glu_layers.0.bn.bn", GATES)
    for place in (f"tabnet.encoder.att_transformers.{i}" for i in range(2)):
        file[f"{place}.fc.weight"] = torch.rand(FEATURES, 2)
        file |= norm(f"{place}.bn.bn", FEATURES)
    return file


def test_a_file_of_pytorch_tabnet_gives_every_weight() -> None:
    model = netwright.create_model("tabnet", numbers=4, cardinalities=[5, 3], d_out=3, **TINY)
    file = published()
    report = load_weights(model, file)
    assert report.key_map == "pytorch_tabnet"
    held = model.state_dict()
    shared = "tabnet.encoder.feat_transformers.1.shared.glu_layers.1.fc.weight"
    assert held["shared.1.weight"].equal(file[shared])
    mean = "tabnet.encoder.att_transformers.1.bn.bn.running_mean"
    assert held["steps.1.attentive.bn.running_mean"].equal(file[mean])
    assert report.complete


def test_a_file_of_pytorch_forecasting_gives_every_weight() -> None:
    sizes = {"context": 6, "horizon": 2, "depth": 2, "layers": 3}
    model = netwright.create_model("nbeats_interpretable", **sizes)
    file = {}
    for i, (width, size, name) in enumerate(2 * [(256, 3, "T")] + 2 * [(2048, 2, "S")]):
        block = f"net_blocks.{i}"
        for layer, inputs in (("0", 6), ("2.1", width), ("4.1", width)):
            file[f"{block}.fc.{layer}.weight"] = torch.empty(width, inputs)
            file[f"{block}.fc.{layer}.bias"] = torch.empty(width)
        theta = torch.empty(size, width)
        file |= {f"{block}.theta_{side}_fc.weight": theta for side in "bf"}
        file[f"{block}.{name}_backcast"] = torch.empty(size, 6)
        file[f"{block}.{name}_forecast"] = torch.empty(size, 2)
    report = load_weights(model, file)
    assert report.key_map == "pytorch_forecasting"
    assert report.complete
