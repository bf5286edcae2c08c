"""Segmentation: transformers."""

from typing import Any

import torch

from ..filling import Descriptions
from .case import Case, Inputs, Outputs, call, drawn, listed


def prompted(model: Any, inputs: Inputs) -> Outputs:
    """All four masks of each prompt, which transformers gives in two calls, and their scores.

    Two corners are a box there, and to points it adds the one that is none.
    """
    points, labels = inputs["points"], inputs["labels"]
    asked = {"pixel_values": inputs["image"], "input_masks": inputs.get("masks")}
    if labels.max() > 1:
        asked |= {"input_boxes": points.flatten(2)}
    else:
        asked |= {"input_points": points[:, :, :-1], "input_labels": labels[:, :, :-1]}
    calls = [model(**asked, multimask_output=several) for several in (False, True)]
    return {
        "masks": torch.cat([found.pred_masks for found in calls], dim=2),
        "iou_scores": torch.cat([found.iou_scores for found in calls], dim=2),
    }


def sam(variant: str, image: dict[str, Any], **options: Any) -> Case:
    """A size of SAM; `image` are transformers' options of the image encoder."""
    sizes = options.pop("sizes", {})
    config = call("transformers.SamConfig", vision_config=image, **sizes)
    reference = call("transformers.SamModel", config)
    return Case(variant=variant, reference=reference, **options)


def encoder(dim: int, depth: int, heads: int, whole: list[int]) -> dict[str, Any]:
    """An image encoder in transformers' words."""
    return {
        "hidden_size": dim,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "global_attn_indexes": whole,
    }


SMALL = encoder(16, 2, 2, [1]) | {
    "image_size": 20,
    "patch_size": 4,
    "window_size": 3,
    "output_channels": 16,
    "num_pos_feats": 8,
}
SMALL_SIZES = {
    "prompt_encoder_config": {"hidden_size": 16, "image_size": 20, "patch_size": 4},
    "mask_decoder_config": {
        "hidden_size": 16,
        "mlp_dim": 24,
        "num_attention_heads": 2,
        "iou_head_hidden_dim": 16,
    },
}
IMAGE = drawn("uniform", 2, 3, 20, 20)
POINTS: Descriptions = {
    "image": IMAGE,
    "points": listed(
        [
            [[[3.0, 4.0], [9.5, 12.0], [0.0, 0.0]], [[1.0, 18.0], [7.0, 2.0], [0.0, 0.0]]],
            [[[15.0, 5.0], [2.5, 3.0], [0.0, 0.0]], [[10.0, 10.0], [19.0, 1.0], [0.0, 0.0]]],
        ]
    ),
    "labels": listed([[[1, 0, -1], [1, 1, -1]], [[0, 1, -1], [1, -1, -1]]]),
}
BOXES: Descriptions = {
    "image": IMAGE,
    "points": listed([[[[1.0, 2.0], [12.0, 9.0]]], [[[4.0, 3.5], [18.0, 17.0]]]]),
    "labels": listed([[[2, 3]], [[2, 3]]]),
    "masks": drawn("normal", 2, 1, 20, 20),
}

SAM = (
    sam("sam-vit-base", encoder(768, 12, 12, [2, 5, 8, 11]), names=True),
    sam("sam-vit-large", encoder(1024, 24, 16, [5, 11, 17, 23])),
    sam("sam-vit-huge", encoder(1280, 32, 16, [7, 15, 23, 31])),
    sam(
        "tiny",
        SMALL,
        params={"decoder_depth": 2},
        sizes=SMALL_SIZES,
        run=prompted,
        inputs=(BOXES, POINTS),
    ),
)

CASES = {"vision/sam": SAM}
