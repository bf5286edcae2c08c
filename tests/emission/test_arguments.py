"""Emitted classes are generic: built with other arguments, they are what the spec is with these."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from tests.emission.building import class_of, elaborated, emitted, of_catalogue

OVERRIDES: dict[str, list[dict[str, Any]]] = {
    "generative/vae": [{"latent": 5, "width": 8}, {"channels": 1}],
    "graph/gcn": [{"depth": 1}, {"depth": 5, "hidden": 7}, {"out_channels": 9, "in_channels": 2}],
    "language/bert": [{"depth": 1, "dim": 24, "heads": 3}, {"hidden": 10}, {"token_types": 3}],
    "language/gpt2": [{"depth": 2, "dim": 24, "heads": 2}, {"vocab_size": 11, "n_positions": 3}],
    "language/llama": [
        {"depth": 2, "dim": 64, "heads": 4, "kv_heads": 1, "hidden": 24},
        {"depth": 1, "head_dim": 6},
    ],
    "language/tiny_gpt": [{"mlp_ratio": 1.5, "depth": 2}, {"dim": 12, "num_heads": 3}],
    "recurrent/lstm_classifier": [{"depth": 1}, {"hidden": 3, "embed_dim": 5, "num_classes": 7}],
    "tabular/ft_transformer": [
        {"d_block": 24, "n_blocks": 1},
        {"cat_cardinalities": (3, 4, 5, 6), "n_cont_features": 2},
        {"attention_n_heads": 1, "ffn_d_hidden": 7},
    ],
    "timeseries/patchtst": [
        {"context": 30, "patch": 8, "stride": 5},
        {"depth": 1, "dim": 12, "heads": 3, "hidden": 5, "horizon": 2},
    ],
    "timeseries/tsmixer": [
        {"context": 12, "channels": 3, "horizon": 4},
        {"depth": 1, "hidden": 5, "dropout": 0.3},
    ],
    "vision/convnext": [
        {"depths": (1, 2, 1, 1), "dims": (4, 6, 8, 10)},
        {"num_classes": 3},
    ],
    "vision/efficientnet": [
        {"width": 0.5, "drop": 0.1},
        {"depths": (1, 1, 1, 1, 1, 2, 1), "num_classes": 4},
        {"widths": (8, 8, 16, 16, 24, 32, 40), "drop_path_rate": 0.2},
    ],
    "vision/resnet": [
        {"depths": (1, 1, 2, 1)},
        {"num_classes": 3, "strides": (1, 2, 1, 1), "dilations": (1, 1, 2, 4)},
    ],
    "vision/segformer": [
        {"dims": (8, 16, 24, 32), "depths": (1, 1, 1, 2), "heads": (1, 2, 3, 4)},
        {"decoder_dim": 12, "num_classes": 4, "mlp_ratio": 2, "reductions": (4, 4, 1, 1)},
    ],
    "vision/unet": [{"num_classes": 4}, {"channels": (64, 48, 32, 16, 8)}],
    "vision/vit": [
        {"img_size": 32, "patch_size": 8, "dim": 24, "heads": 3, "depth": 2},
        {"mlp_ratio": 1.5, "qkv_bias": False, "depth": 1},
    ],
}
"""Arguments by spec; all others stay at the values of the spec."""

CASES = [
    pytest.param(spec, given, id=f"{spec}-{'-'.join(given)}")
    for spec, cases in OVERRIDES.items()
    for given in cases
]


def weights(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(entry.shape) for name, entry in module.state_dict().items()}


@pytest.mark.parametrize(("spec", "given"), CASES)
def test_arguments_are_params(spec: str, given: dict[str, Any]) -> None:
    generic = class_of(of_catalogue(spec))
    with torch.device("meta"):
        found = generic(**given)
        expected = class_of(emitted(elaborated(spec, **given)))()
    assert weights(found) == weights(expected)


@pytest.mark.parametrize(
    ("spec", "given"),
    [
        ("language/llama", {"rope_factor": 8.0}),
        ("timeseries/patchtst", {"use_cls_token": True}),
        ("vision/efficientnet", {"depths": (2, 1, 1, 1, 1, 2, 1)}),
    ],
)
def test_what_the_file_was_not_written_for_is_refused(spec: str, given: dict[str, Any]) -> None:
    """An argument by which a decided condition falls otherwise gives no wrong model."""
    with torch.device("meta"), pytest.raises(ValueError, match="in this file: emit another"):
        class_of(of_catalogue(spec))(**given)


@pytest.mark.parametrize("spec", OVERRIDES)
def test_defaults_are_those_of_the_spec(spec: str) -> None:
    """No argument is required: what the spec leaves open has the values of the build."""
    signature = inspect.signature(class_of(of_catalogue(spec)))
    assert all(p.default is not p.empty for p in signature.parameters.values())
