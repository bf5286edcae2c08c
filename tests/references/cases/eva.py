"""EVA-02: timm."""

from typing import Any

from .case import Case, call
from .vision import images

SMALL_EVA = {"img_size": 42, "patch_size": 14, "depth": 2, "num_classes": 10}


def small_eva(large: bool, **options: Any) -> Case:
    """An EVA-02 of two small blocks; `options` are timm's words for what large ones have."""
    reference = call(
        "timm.models.eva.Eva",
        **SMALL_EVA,
        embed_dim=24,
        num_heads=2,
        mlp_ratio=4 * 2 / 3,
        swiglu_mlp=True,
        use_rot_pos_emb=True,
        ref_feat_shape=(16, 16),
        **options,
    )
    params = {} if large else {"large": False}
    return Case(variant="tiny", params=params, reference=reference, inputs=images((2, 42, 42)))


def eva(name: str, names: bool = False) -> Case:
    """An EVA-02 with a head, which timm leaves out of those of 224 pixels."""
    reference = call("timm.create_model", name, num_classes=1000)
    return Case(variant=name, reference=reference, names=names)


EVA02 = (
    eva("eva02_tiny_patch14_224", names=True),
    eva("eva02_small_patch14_336"),
    eva("eva02_base_patch14_224"),
    eva("eva02_large_patch14_448"),
    small_eva(large=True, qkv_fused=False, scale_mlp=True),
    small_eva(large=False),
)

CASES = {"vision/eva02": EVA02}
