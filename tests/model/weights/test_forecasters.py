"""Key maps for files of neuralforecast, which hold what is never used and what is computed."""

from __future__ import annotations

import netwright
import torch
from netwright_runtime import load_weights
from torch import Tensor

DIM = 8
COLUMNS = {"stat": 2, "futr": 2, "hist": 1, "tgt": 1}
SIZES = {"context": 4, "horizon": 2, "static": 2, "known": 2, "observed": 1, "heads": 2, "d_out": 3}


def linear(name: str, inputs: int, outputs: int) -> dict[str, Tensor]:
    return {f"{name}.weight": torch.rand(outputs, inputs), f"{name}.bias": torch.rand(outputs)}


def norm(name: str, size: int = DIM) -> dict[str, Tensor]:
    return {f"{name}.weight": torch.rand(size), f"{name}.bias": torch.rand(size)}


def gated(name: str, inputs: int = DIM, size: int = DIM) -> dict[str, Tensor]:
    """A gated residual network; the joint one of several variables projects its input."""
    file = linear(f"{name}.lin_a", inputs, DIM) | linear(f"{name}.lin_i", DIM, DIM)
    file |= linear(f"{name}.glu.lin", DIM, 2 * size) | norm(f"{name}.layer_norm.ln", size)
    return file | (linear(f"{name}.out_proj", inputs, size) if size != inputs else {})


def selection(name: str, variables: int) -> dict[str, Tensor]:
    """The weighing of variables; that of static ones has a map of a context that it never gets."""
    file = gated(f"{name}.joint_grn", DIM * variables, variables)
    file[f"{name}.joint_grn.lin_c.weight"] = torch.rand(DIM, DIM)
    for i in range(variables):
        file |= gated(f"{name}.var_grns.{i}")
    return file


def encoders() -> dict[str, Tensor]:
    """What is made of the columns."""
    file = selection("static_encoder.vsn", 2)
    for i in range(4):
        file |= gated(f"static_encoder.context_grns.{i}")
    for when, variables in (("history", 4), ("future", 2)):
        file |= selection(f"temporal_encoder.{when}_vsn", variables)
        lstm = torch.nn.LSTM(DIM, DIM).state_dict()
        file |= {f"temporal_encoder.{when}_encoder.{name}": w for name, w in lstm.items()}
    file |= linear("temporal_encoder.input_gate.lin", DIM, 2 * DIM)
    return file | norm("temporal_encoder.input_gate_ln")


def decoder() -> dict[str, Tensor]:
    """What looks back at the past."""
    name = "temporal_fusion_decoder"
    file = gated(f"{name}.enrichment_grn") | gated(f"{name}.positionwise_grn")
    file[f"{name}.enrichment_grn.lin_c.weight"] = torch.rand(DIM, DIM)
    file[f"{name}.attention._mask"] = torch.rand(1, 6, 6)
    file[f"{name}.attention.qkv_linears.weight"] = torch.rand(20, DIM)
    file[f"{name}.attention.out_proj.weight"] = torch.rand(DIM, 4)
    for part in ("attention", "decoder"):
        file |= linear(f"{name}.{part}_gate.lin", DIM, 2 * DIM) | norm(f"{name}.{part}_ln")
    return file


def published() -> dict[str, Tensor]:
    """A state dict as neuralforecast writes it."""
    file = {f"{loss}.quantiles": torch.rand(3) for loss in ("loss", "valid_loss")}
    for kind, count in COLUMNS.items():
        name = f"embedding.{kind}{'_exog' if kind != 'tgt' else ''}_embedding"
        file |= {f"{name}_{part}": torch.rand(count, DIM) for part in ("vectors", "bias")}
    return file | encoders() | decoder() | linear("output_adapter", DIM, 3)


def test_a_file_of_neuralforecast_gives_every_weight() -> None:
    model = netwright.create_model("tft", dim=DIM, **SIZES)
    file = published()
    assert len(file) == 181
    report = load_weights(model, file)
    assert report.key_map == "neuralforecast"
    held = model.state_dict()
    joint = "temporal_encoder.history_vsn.joint_grn"
    assert held[f"{joint}.layer_norm.weight"].equal(file[f"{joint}.layer_norm.ln.weight"])
    assert held[f"{joint}.lin_c.weight"].equal(file[f"{joint}.lin_c.weight"])
    assert report.complete
