"""RT-DETR: transformers."""

from typing import Any

from .case import Call, Case, Inputs, Outputs, call
from .vision import images


def reference(backbone: dict[str, Any], **config: Any) -> Call:
    """An RT-DETR from a configuration, that of its residual network apart."""
    return call("tests.references.detectors.rt_detr", backbone, **config)


def published(name: str, backbone: dict[str, Any], **config: Any) -> Case:
    """A published size."""
    return Case(
        variant=name,
        reference=reference(backbone, num_labels=80, **config),
        names=name == "rtdetr_r50vd",
    )


def boxes_of_layers(model: Any, inputs: Inputs) -> Outputs:
    """Logits and boxes of every layer, and what the decoder begins with."""
    found = model(inputs["image"])
    return {
        "logits": found.logits,
        "boxes": found.pred_boxes,
        "layer_logits": found.intermediate_logits,
        "layer_boxes": found.intermediate_reference_points,
        "first_logits": found.enc_topk_logits,
        "first_boxes": found.enc_topk_bboxes,
    }


def tiny(layer: str, fused_dim: int) -> Case:
    """One block a stage, two layers in the decoder."""
    return Case(
        variant="tiny",
        params={
            "norm": "norms.FrozenBatchNorm2d",
            "layer": f"{layer.title()}Layer",
            "fused_dim": fused_dim,
        },
        reference=reference(
            {"layer_type": layer, "hidden_sizes": [64, 16, 24, 32], "depths": [1, 1, 1, 1]},
            encoder_in_channels=[16, 24, 32],
            encoder_hidden_dim=32,
            encoder_ffn_dim=48,
            hidden_expansion=fused_dim / 32,
            decoder_in_channels=[32, 32, 32],
            d_model=32,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            decoder_ffn_dim=48,
            decoder_n_points=2,
            decoder_layers=2,
            num_queries=5,
            num_labels=3,
        ),
        run=boxes_of_layers,
        inputs=images((2, 96, 64)),
    )


BASIC: dict[str, Any] = {"layer_type": "basic", "hidden_sizes": [64, 128, 256, 512]}
SHALLOW: dict[str, Any] = {"encoder_in_channels": [128, 256, 512], "hidden_expansion": 0.5}

RT_DETR = (
    published("rtdetr_r18vd", {**BASIC, "depths": [2, 2, 2, 2]}, **SHALLOW, decoder_layers=3),
    published("rtdetr_r34vd", BASIC, **SHALLOW, decoder_layers=4),
    published("rtdetr_r50vd", {}),
    published(
        "rtdetr_r101vd",
        {"depths": [3, 4, 23, 3]},
        encoder_hidden_dim=384,
        encoder_ffn_dim=2048,
        decoder_in_channels=[384, 384, 384],
    ),
    tiny("basic", fused_dim=16),
    tiny("bottleneck", fused_dim=32),
)

CASES = {"vision/rt_detr": RT_DETR}
