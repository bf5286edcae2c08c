"""Batch norm folded into the layer before it."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.optimise.optimising import optimised_graph

from tests.optimise.models import fired, kinds, lively, optimised, spec

IMAGE = 'inputs: {x: "float[B, 4, H, W]"}\n'
SIZES = {"B": 2, "H": 7, "W": 9}


@pytest.mark.parametrize(
    ("inputs", "layer", "norm"),
    [
        ("float[B, 4, L]", "Conv1d(out_channels=6, kernel_size=3, bias=False)", "BatchNorm1d"),
        (
            "float[B, 4, L, W]",
            "Conv2d(out_channels=8, kernel_size=3, groups=4, padding_mode='circular', padding=1)",
            "BatchNorm2d(affine=False)",
        ),
        ("float[B, 4, 3, L, W]", "Conv3d(out_channels=6, kernel_size=1)", "BatchNorm3d"),
        ("float[B, 4, L, W]", "ConvTranspose2d(out_channels=6, kernel_size=2)", "BatchNorm2d"),
        ("float[B, 4]", "Linear(out_features=6, bias=False)", "BatchNorm1d(eps=0.1)"),
    ],
)
def test_it_becomes_part_of_the_weights(inputs: str, layer: str, norm: str) -> None:
    found = spec(f'inputs: {{x: "{inputs}"}}\ngraph:\n  layer: {layer}\n  norm: {norm}\n')
    sizes = [{"B": b, "L": 6 + b, "W": 5} for b in (2, 3)]
    graph, report = optimised(found, *sizes)
    assert fired(report) == {"norms": ["norm"]}
    assert len(kinds(graph)) == 1
    assert [name for name, _ in graph.named_parameters()] == [
        "layer_norm.weight",
        "layer_norm.bias",
    ]


def test_in_float32_the_weights_are_computed_in_double() -> None:
    text = "graph: {conv: 'Conv2d(out_channels=3, kernel_size=1)', norm: BatchNorm2d}\n"
    found = spec(IMAGE + text)
    model = lively(found, torch.float32)
    graph, _ = optimised_graph(found, model, 2)
    held = {name: tensor.double() for name, tensor in model.state_dict().items()}
    scale = held["norm.weight"] / (held["norm.running_var"] + 1e-5).sqrt()
    exact = held["conv.weight"] * scale[:, None, None, None]
    assert torch.equal(graph.get_parameter("conv_norm.weight"), exact.float())


@pytest.mark.parametrize(
    "graph",
    [
        "{conv: 'Conv2d(out_channels=4, kernel_size=1)', norm: BatchNorm2d, out: norm + conv}",
        "{conv: 'Conv2d(out_channels=4, kernel_size=1)', "
        "norm: BatchNorm2d(track_running_stats=False)}",
        "{conv: 'Conv2d(out_channels=4, kernel_size=1)', act: ReLU, norm: BatchNorm2d}",
        "{norm: BatchNorm2d, conv: 'Conv2d(out_channels=4, kernel_size=1)'}",
        "{conv: 'ConvTranspose2d(out_channels=4, kernel_size=1, groups=2)', norm: BatchNorm2d}",
        "{conv: 'Conv2d(out_channels=4, kernel_size=1)', norm: GroupNorm(num_groups=2)}",
    ],
    ids=["two readers", "batch statistics", "activation between", "norm first", "grouped transpose",
         "another norm"],
)  # fmt: skip
def test_it_stays(graph: str) -> None:
    _, report = optimised(spec(f"{IMAGE}graph: {graph}\n"), SIZES)
    assert not report.fired


def test_a_norm_over_another_axis_than_the_features_stays() -> None:
    text = 'inputs: {x: "float[B, 5, 4]"}\ngraph: {fc: Linear(out_features=5), norm: BatchNorm1d}\n'
    _, report = optimised(spec(text), {"B": 2})
    assert not report.fired


def test_one_norm_of_two_layers_is_folded_into_both() -> None:
    found = spec(
        IMAGE
        + """graph:
  conv: Conv2d(out_channels=4, kernel_size=1)
  norm: BatchNorm2d
  again: norm(conv(norm))
"""
    )
    graph, report = optimised(found, SIZES, {**SIZES, "B": 3})
    assert len(fired(report)["norms"]) == 2
    assert kinds(graph) == ["Conv2d", "Conv2d"]


def test_tied_layers_keep_the_weight_of_the_one_that_has_no_norm() -> None:
    found = spec(
        IMAGE
        + """graph:
  a: Conv2d(out_channels=4, kernel_size=1)
  norm: BatchNorm2d
  b: Conv2d(out_channels=4, kernel_size=1)
tie: {b.weight: a.weight}
"""
    )
    graph, _ = optimised(found, SIZES)
    assert {name for name, _ in graph.named_parameters()} == {
        "a_norm.weight", "a_norm.bias", "b.weight", "b.bias"
    }  # fmt: skip
