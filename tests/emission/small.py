"""Every spec and variant of the catalogue at a size that runs in a blink, with inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

from netwright.passes.model import Elaboration

from tests.emission.building import distinct, elaborated, models
from tests.references import filling, fixture


@dataclass(frozen=True)
class Small:
    """`params` given over a variant's, and the recorded case whose inputs fit them."""

    params: Mapping[str, Any]
    case: int | None = None


SMALL: dict[str, Small] = {
    "audio/crnn": Small({"frames": 23, "mels": 8, "width": 4, "hidden": 6, "fc_dim": 8}, 1),
    "audio/wav2vec2": Small({"width": 8, "dim": 32, "depth": 2, "heads": 4}, -1),
    "audio/whisper": Small(
        {"mel_bins": 8, "frames": 10, "vocab_size": 60, "max_tokens": 20, "dim": 24, "heads": 3}
        | {"encoder_depth": 2, "decoder_depth": 2},
        7,
    ),
    "generative/autoencoder": Small({"channels": 1, "widths": (4, 6), "latent": 2}, 1),
    "generative/autoencoder_kl": Small({"size": 8, "widths": (8, 16), "groups": 4}, 2),
    "generative/dcgan": Small({"latent": 6, "widths": (8, 4)}, 1),
    "generative/dcgan_discriminator": Small({"width": 4}, 1),
    "generative/ddpm": Small({"size": 4, "widths": (8, 16), "attending": 1, "groups": 4}, 2),
    "generative/dit": Small(
        {"input_size": 8, "patch_size": 2, "dim": 32, "depth": 2, "heads": 4, "num_classes": 10}, 5
    ),
    "generative/sd3": Small(
        {"size": 8, "in_channels": 4, "depth": 3, "heads": 2, "head_dim": 8, "text_dim": 12}
        | {"pooled_dim": 10, "max_grid": 6, "base_grid": 4},
        2,
    ),
    "generative/stable_diffusion": Small(
        {"size": 4, "widths": (8, 16), "context_dim": 6, "heads": 2, "groups": 4}, 2
    ),
    "generative/vae": Small({"channels": 1, "width": 8, "latent": 16}, 1),
    "graph/gat": Small(
        {"in_channels": 5, "out_channels": 3, "hidden": 8, "depth": 3, "heads": 2}, 0
    ),
    "graph/gin": Small({"in_channels": 5, "out_channels": 3, "hidden": 8, "depth": 3}, 0),
    "graph/graphsage": Small({"in_channels": 5, "out_channels": 3, "hidden": 8, "depth": 3}, 0),
    "graph/gcn": Small({"in_channels": 5, "out_channels": 3, "hidden": 8, "depth": 3}, 1),
    "language/bert": Small(
        {"vocab_size": 80, "max_positions": 24, "dim": 48, "depth": 2, "heads": 4}
        | {"token_types": 2},
        9,
    ),
    "language/deepseek_v3": Small(
        {"vocab_size": 128, "dim": 64, "depth": 3, "dense": 1, "heads": 4, "head_dim": 16}
        | {"rope_dim": 8, "q_rank": 24, "kv_rank": 16, "hidden": 96, "expert_hidden": 32}
        | {"num_experts": 8, "groups": 4, "top_groups": 2, "top_k": 3},
        1,
    ),
    "language/distilbert": Small(
        {"vocab_size": 80, "max_positions": 24, "dim": 48, "depth": 2, "heads": 4}, 3
    ),
    "language/gemma3": Small(
        {"vocab_size": 128, "dim": 48, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96}
        | {"head_dim": 16, "every": 2},
        5,
    ),
    "language/gpt2": Small(
        {"vocab_size": 96, "n_positions": 24, "dim": 48, "depth": 3, "heads": 4}, 5
    ),
    "language/llama": Small(
        {"vocab_size": 128, "dim": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96}, 7
    ),
    "language/minilm": Small(
        {"vocab_size": 80, "max_positions": 24, "dim": 48, "depth": 2, "heads": 4}, 2
    ),
    "language/mamba": Small({"vocab_size": 80, "dim": 24, "depth": 2, "state": 6}),
    "language/mistral": Small(
        {"vocab_size": 128, "dim": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96}
        | {"head_dim": 16},
        5,
    ),
    "language/mixtral": Small(
        {"vocab_size": 128, "dim": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96}
        | {"num_experts": 4},
        2,
    ),
    "language/modernbert": Small(
        {"vocab_size": 80, "dim": 48, "depth": 2, "heads": 4, "hidden": 40, "every": 2}
        | {"padding_idx": 0},
        2,
    ),
    "language/qwen3": Small(
        {"vocab_size": 128, "dim": 48, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96}
        | {"head_dim": 16},
        6,
    ),
    "language/t5": Small(
        {"vocab_size": 80, "dim": 32, "depth": 2, "heads": 4, "head_dim": 8, "hidden": 48}, 10
    ),
    "language/tiny_gpt": Small({"vocab_size": 40, "max_len": 16, "dim": 16, "depth": 2}),
    "language/transformer": Small(
        {"vocab_size": 80, "dim": 32, "depth": 2, "heads": 4, "hidden": 48}
    ),
    "recommendation/deepfm": Small(
        {"numbers": 2, "cardinalities": (5, 7, 3), "dim": 4, "hidden": (8, 6)}, 0
    ),
    "recommendation/dlrm": Small(
        {"numbers": 3, "cardinalities": (7, 5, 11), "bottom": (8, 4), "top": (8, 6)}, 1
    ),
    "recommendation/neumf": Small({"users": 30, "items": 20}, 2),
    "recommendation/two_tower": Small(
        {"user_sizes": (7, 3), "item_sizes": (5,), "embed_dim": 4, "hidden": (6,), "dim": 8}, 1
    ),
    "multimodal/clip": Small(
        {"image_size": 16, "patch_size": 8, "image_dim": 32, "image_depth": 2, "image_heads": 4}
        | {"vocab_size": 60, "max_positions": 12, "text_dim": 24, "text_depth": 2}
        | {"text_heads": 3, "shared_dim": 20},
        4,
    ),
    "multimodal/llava": Small(
        {"image_size": 16, "patch_size": 8, "image_dim": 32, "image_depth": 1, "image_heads": 4}
        | {"image_token": 3, "vocab_size": 60, "dim": 32, "depth": 2, "heads": 4, "hidden": 48}
    ),
    "multimodal/siglip": Small(
        {"image_size": 16, "patch_size": 8, "vocab_size": 60, "max_positions": 12, "dim": 24}
        | {"depth": 2, "heads": 3, "hidden": 40},
        8,
    ),
    "recurrent/gru_classifier": Small(
        {"vocab_size": 40, "embed_dim": 12, "hidden": 10, "depth": 3, "num_classes": 5}, 1
    ),
    "recurrent/lstm_classifier": Small(
        {"vocab_size": 40, "embed_dim": 12, "hidden": 10, "depth": 3, "num_classes": 5}, 2
    ),
    "recurrent/seq2seq": Small({"source_vocab": 30, "target_vocab": 20, "dim": 6, "hidden": 8}, 1),
    "recurrent/speaker_encoder": Small({"hidden": 12, "dim": 8}, 0),
    "tabular/ft_transformer": Small(
        {"d_out": 4, "d_block": 24, "n_blocks": 2, "attention_n_heads": 4}, 2
    ),
    "tabular/mlp": Small({"d_block": 12}, 0),
    "tabular/tab_transformer": Small({"dim": 8, "depth": 2, "heads": 2, "head_dim": 4}, 0),
    "tabular/tabnet": Small({"d_out": 3, "n_steps": 2}, 0),
    "tabular/tabular_resnet": Small({"d_block": 12}, 0),
    "timeseries/lstm_forecaster": Small({"channels": 3, "horizon": 4, "hidden": 8}, 1),
    "timeseries/nbeats": Small({"context": 10, "horizon": 5, "depth": 1, "layers": 2}, 3),
    "timeseries/patchtst": Small(
        {"context": 30, "channels": 3, "patch": 8, "stride": 5, "horizon": 6, "dim": 16}
        | {"depth": 2, "heads": 2, "hidden": 24, "attention_dropout": 0.1},
        2,
    ),
    "timeseries/tft": Small(
        {"context": 4, "horizon": 2, "observed": 1, "known": 2, "static": 2, "dim": 8, "heads": 2},
        1,
    ),
    "timeseries/tsmixer": Small({"context": 30, "channels": 3, "horizon": 6, "hidden": 5}, 1),
    "vision/convnext": Small(
        {"depths": (1, 1, 2, 1), "dims": (8, 16, 24, 32), "num_classes": 10}, 4
    ),
    "vision/deeplabv3": Small({"depths": (1, 1, 1, 1), "width": 8, "num_classes": 3}, 0),
    "vision/deeplabv3plus": Small({"depths": (1, 1, 1, 1), "width": 8, "num_classes": 3}, 0),
    "vision/deit": Small({"img_size": 32, "depth": 2, "num_classes": 10, "dim": 24, "heads": 2}, 6),
    "vision/detr": Small(
        {
            "features": "resnet.ResNet(block=resnet.BasicBlock, depths=[1, 1, 1, 1],"
            " norm=norms.FrozenBatchNorm2d)",
            "dim": 32,
            "heads": 4,
            "hidden": 48,
            "encoder_depth": 1,
            "decoder_depth": 2,
            "queries": 6,
            "num_classes": 5,
        },
        4,
    ),
    "vision/dinov2": Small({"img_size": 28, "depth": 2, "dim": 24, "heads": 2}, 3),
    "vision/densenet": Small(
        {"depths": (2, 1, 2, 1), "width": 16, "growth": 8, "num_classes": 10}, 4
    ),
    "vision/efficientnet": Small({"width": 0.25, "num_classes": 10, "drop_path_rate": 0.2}, 8),
    "vision/efficientnet_lite": Small(
        {"widths": (8, 8, 8, 16, 16, 16, 24), "depths": (1, 1, 2, 1, 1, 1, 1)}
        | {"num_classes": 10, "drop_path_rate": 0.2},
        0,
    ),
    "vision/eva02": Small(
        {"img_size": 42, "dim": 24, "depth": 2, "heads": 2, "num_classes": 10}, 4
    ),
    "vision/fcos": Small(
        {
            "width": 32,
            "depth": 1,
            "num_classes": 5,
            "encoder": "resnet.ResNet(block=resnet.BasicBlock, depths=[1, 1, 1, 1],"
            " norm=pyramid.FrozenBatchNorm2d)",
        },
        1,
    ),
    "vision/mixer": Small(
        {"img_size": 32, "patch_size": 16, "dim": 24, "depth": 2, "num_classes": 10}, 6
    ),
    "vision/mobilenetv2": Small(
        {"width": 0.25, "depths": (1, 2, 1, 1, 1, 1, 1), "num_classes": 10}, 0
    ),
    "vision/mobilenetv3": Small({"width": 0.25, "num_classes": 10}, 0),
    "vision/regnet": Small(
        {"depths": (1, 2), "widths": (16, 24), "num_classes": 10, "group_width": 8}, 0
    ),
    "vision/resnet": Small({"num_classes": 10, "depths": (2, 1, 1, 1)}, 5),
    "vision/retinanet": Small(
        {
            "width": 64,
            "depth": 1,
            "num_classes": 5,
            "encoder": "resnet.ResNet(block=resnet.BasicBlock, depths=[1, 1, 1, 1],"
            " norm=pyramid.FrozenBatchNorm2d)",
        },
        2,
    ),
    "vision/rt_detr": Small(
        {
            "layer": "BasicLayer",
            "widths": (64, 16, 24, 32),
            "depths": (1, 1, 1, 1),
            "encoder_dim": 32,
            "encoder_hidden": 48,
            "fused_dim": 16,
            "dim": 32,
            "heads": 4,
            "hidden": 48,
            "points": 2,
            "decoder_depth": 2,
            "queries": 5,
            "num_classes": 3,
        },
        4,
    ),
    "vision/segformer": Small(
        {"depths": (1, 2, 1, 1), "dims": (8, 16, 24, 32), "heads": (1, 2, 3, 4)}
        | {"reductions": (4, 2, 2, 1), "decoder_dim": 16, "num_classes": 5},
        6,
    ),
    "vision/sam": Small(
        {"img_size": 20, "patch_size": 4, "window": 3, "width": 16, "depth": 2, "heads": 2}
        | {"global_layers": (1,), "dim": 16, "decoder_heads": 2, "decoder_hidden": 24},
        3,
    ),
    "vision/swin": Small(
        {"img_size": 64, "patch_size": 4, "window": 4, "dims": (12, 24, 48), "depths": (2, 2, 1)}
        | {"heads": (2, 3, 4), "num_classes": 10},
        6,
    ),
    "vision/unet": Small({"num_classes": 3, "channels": (32, 24, 16, 16, 8)}, 4),
    "vision/vgg": Small(
        {"depths": (1, 2), "widths": (8, 12), "hidden": 16, "num_classes": 5},
        8,
    ),
    "vision/yolo11": Small({"width": 0.0625, "num_classes": 3}, 0),
    "vision/yolov8": Small({"width": 0.0625, "num_classes": 3}, 0),
    "vision/vit": Small(
        {"img_size": 32, "patch_size": 8, "depth": 2, "num_classes": 10, "dim": 48, "heads": 3}, 7
    ),
}

INPUTS: dict[str, filling.Descriptions] = {
    "multimodal/llava": {
        "input_ids": {"values": [[9, 3, 3, 3, 3, 12], [9, 3, 3, 3, 3, 7]]},
        "pixel_values": {"shape": [2, 3, 16, 16], "values": "uniform"},
        "attention_mask": {"values": [[1, 1, 1, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 1, 1, 1]]},
        "past": [
            {"shape": [2, 2, 4, 3, 8], "values": "normal"},
            {"shape": [2, 2, 4, 3, 8], "values": "normal"},
        ],
    },
    "language/mamba": {
        "input_ids": {"shape": [2, 3], "values": "tokens:80"},
        "past_conv": [
            {"shape": [2, 48, 3], "values": "normal"},
            {"shape": [2, 48, 3], "values": "normal"},
        ],
        "past_ssm": [
            {"shape": [2, 48, 6], "values": "normal"},
            {"shape": [2, 48, 6], "values": "normal"},
        ],
    },
    "language/tiny_gpt": {"tokens": {"shape": [2, 7], "values": "tokens:40"}},
    "language/transformer": {
        "input_ids": {"shape": [2, 6], "values": "tokens:80"},
        "decoder_input_ids": {"shape": [2, 3], "values": "tokens:80"},
        "attention_mask": {"values": [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]},
        "memory": {"shape": [2, 6, 32], "values": "normal"},
        "past": [
            {"shape": [2, 2, 4, 5, 8], "values": "normal"},
            {"shape": [2, 2, 4, 5, 8], "values": "normal"},
        ],
    },
}
"""Inputs of specs for which no reference was recorded, or one without some of the inputs."""

SAME_CLASSES = {
    ("vision/detr", "detr-resnet-101"),
    ("vision/detr", "detr-resnet-50-dc5"),
    ("vision/detr", "detr-resnet-101-dc5"),
    ("vision/unet", "resnet34"),
    ("vision/unet", "resnet101"),
}
"""Deeper variants whose file has the classes of another, but that cannot be made small."""


@cache
def small(spec: str, variant: str | None, **params: Any) -> Elaboration:
    """A spec's variant, shrunken, with these params over that."""
    return elaborated(spec, variant, **{**SMALL[spec].params, **params})


def inputs_of(spec: str) -> dict[str, Any]:
    """All inputs of a spec, optional ones too, in torch's default dtype."""
    case = SMALL[spec].case
    described = INPUTS[spec] if case is None else fixture.load(spec)["cases"][case]["inputs"]
    return filling.make_inputs(described)


def cases_of(elaboration: Elaboration, spec: str) -> Iterator[dict[str, Any]]:
    """Inputs for every case: with each set of the optional ones."""
    optional = {i.name for i in elaboration.block.inputs if i.optional}
    given = inputs_of(spec)
    there = sorted(optional & set(given))
    for count in range(len(there) + 1):
        for chosen in combinations(there, count):
            yield _fitting({k: v for k, v in given.items() if k not in optional or k in chosen})


def _fitting(inputs: dict[str, Any]) -> dict[str, Any]:
    """With a mask over the new tokens alone where there are no past ones."""
    if "past" not in inputs and {"input_ids", "attention_mask"} <= inputs.keys():
        length = inputs["input_ids"].shape[1]
        return {**inputs, "attention_mask": inputs["attention_mask"][:, -length:]}
    return inputs


SMALL_MODELS = [m for m in distinct() if m not in SAME_CLASSES]
"""What the tests that run models run: spec and variant."""

ONE_EACH = [m for k, m in enumerate(models()) if k == 0 or models()[k - 1][0] != m[0]]
"""Every spec once."""
