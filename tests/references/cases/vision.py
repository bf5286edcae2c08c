"""Vision: torchvision, timm, segmentation_models_pytorch and transformers."""

from typing import Any

from .case import OWN, Call, Case, Inputs, Outputs, call, drawn


def images(*sizes: tuple[int, int, int]) -> tuple[dict[str, Any], ...]:
    """Passes over colour images of (batch, height, width)."""
    return tuple({"image": drawn("uniform", b, 3, h, w)} for b, h, w in sizes)


WIDE_AND_TALL = images((2, 64, 96), (1, 96, 64))


def features(model: Any, inputs: Inputs) -> Outputs:
    """Tokens before the head."""
    return {"": model.forward_features(inputs["image"])}


def logits(model: Any, inputs: Inputs) -> Outputs:
    """Logits out of a named result."""
    return {"": model(inputs["image"]).logits}


def resnet(name: str, *, names: bool = False) -> Case:
    """A torchvision residual network, whole."""
    reference = call(f"torchvision.models.{name}")
    return Case(variant=name, reference=reference, inputs=WIDE_AND_TALL, names=names)


def vit(name: str, size: int = 224, **options: Any) -> Case:
    """A timm vision transformer, on images of its one size."""
    options.setdefault("inputs", images((1, size, size)))
    return Case(variant=name, reference=call("timm.create_model", name), **options)


def small_vit(params: dict[str, Any], **options: Any) -> Case:
    """A vision transformer of two small blocks; `options` are timm's words for further `params`."""
    size = {"img_size": 32, "patch_size": 8, "depth": 2, "num_classes": 10}
    reference = call(
        "timm.models.vision_transformer.VisionTransformer",
        **size,
        embed_dim=48,
        num_heads=3,
        **options,
    )
    return Case(
        variant="vit_base_patch16_224",
        params={**size, "dim": 48, "heads": 3, **params},
        reference=reference,
        inputs=images((2, 32, 32), (1, 32, 32)),
    )


def timm_model(name: str, **options: Any) -> Case:
    """A timm convolutional network."""
    options.setdefault("inputs", WIDE_AND_TALL)
    return Case(variant=name, reference=call("timm.create_model", name), **options)


def unet(encoder: str, params: dict[str, Any], names: bool = False, **options: Any) -> Case:
    """A U-Net of segmentation_models_pytorch without pretrained weights."""
    reference = call("segmentation_models_pytorch.Unet", encoder, encoder_weights=None, **options)
    return Case(
        variant=encoder, params=params, reference=reference, inputs=WIDE_AND_TALL, names=names
    )


def segformer_reference(**config: Any) -> Call:
    """A SegFormer for segmentation from a configuration."""
    return call(
        "transformers.SegformerForSemanticSegmentation",
        call("transformers.SegformerConfig", **config),
    )


def segformer(name: str, names: bool = False, **config: Any) -> Case:
    """A published size of SegFormer."""
    reference = segformer_reference(**config)
    return Case(variant=name, reference=reference, run=logits, inputs=WIDE_AND_TALL, names=names)


RESNET = (
    resnet("resnet18", names=True),
    resnet("resnet34"),
    resnet("resnet50", names=True),
    resnet("resnet101"),
    resnet("resnet152"),
    Case(
        variant="resnet18",
        params={"num_classes": 10},
        reference=call("torchvision.models.resnet18", num_classes=10),
        inputs=images((2, 32, 32)),
    ),
    Case(
        variant="resnet50",
        params={"strides": [1, 2, 1, 1], "dilations": [1, 1, 2, 4]},
        reference=call(f"{OWN}.dilated", call("torchvision.models.resnet50"), layer3=2, layer4=4),
        inputs=images((1, 64, 96)),
    ),
)

VIT = (
    vit("vit_tiny_patch16_224", names=True, inputs=images((1, 224, 224), (2, 224, 224))),
    vit(
        "vit_tiny_patch16_224",
        method="forward_features",
        run=features,
        inputs=images((2, 224, 224), (1, 224, 224)),
    ),
    vit("vit_small_patch16_224"),
    vit("vit_base_patch16_224"),
    vit("vit_base_patch32_224"),
    vit("vit_base_patch16_384", 384),
    vit("vit_large_patch16_224", inputs=()),
    small_vit({}),
    small_vit({"mlp_ratio": 2.5, "qkv_bias": False}, mlp_ratio=2.5, qkv_bias=False),
    small_vit({"act_layer": "ReLU"}, act_layer="relu"),
)

CONVNEXT = (
    timm_model("convnext_tiny", names=True),
    timm_model("convnext_small"),
    timm_model("convnext_base"),
    timm_model("convnext_large", inputs=()),
    Case(
        variant="convnext_tiny",
        params={"depths": [1, 1, 2, 1], "dims": [8, 16, 24, 32], "num_classes": 10},
        reference=call(
            "timm.models.convnext.ConvNeXt",
            depths=(1, 1, 2, 1),
            dims=(8, 16, 24, 32),
            num_classes=10,
        ),
        inputs=WIDE_AND_TALL,
    ),
)

EFFICIENTNET = (
    timm_model("efficientnet_b0", names=True, gain=1.4),
    *(timm_model(f"efficientnet_b{i}", gain=1.4) for i in range(1, 8)),
    Case(
        variant="efficientnet_b0",
        params={"num_classes": 10},
        reference=call("timm.create_model", "efficientnet_b0", num_classes=10),
        inputs=images((2, 32, 32)),
        gain=1.4,
    ),
)

UNET = (
    unet("resnet18", {}, names=True),
    unet("resnet34", {}),
    unet("resnet50", {}, names=True),
    unet("resnet101", {}),
    unet(
        "resnet18",
        {"num_classes": 3, "channels": [64, 48, 32, 16, 8]},
        classes=3,
        decoder_channels=(64, 48, 32, 16, 8),
    ),
)

WIDE: dict[str, Any] = {"hidden_sizes": [64, 128, 320, 512]}
WIDER: dict[str, Any] = {**WIDE, "decoder_hidden_size": 768}
SEGFORMER = (
    segformer("b0", names=True),
    segformer("b1", **WIDE),
    segformer("b2", depths=[3, 4, 6, 3], **WIDER),
    segformer("b3", depths=[3, 4, 18, 3], **WIDER),
    segformer("b4", depths=[3, 8, 27, 3], **WIDER),
    segformer("b5", depths=[3, 6, 40, 3], **WIDER),
    Case(
        variant="b0",
        params={
            "depths": [1, 2, 1, 1],
            "dims": [8, 16, 24, 32],
            "heads": [1, 2, 3, 4],
            "reductions": [4, 2, 2, 1],
            "decoder_dim": 16,
            "num_classes": 5,
        },
        reference=segformer_reference(
            depths=[1, 2, 1, 1],
            hidden_sizes=[8, 16, 24, 32],
            num_attention_heads=[1, 2, 3, 4],
            sr_ratios=[4, 2, 2, 1],
            decoder_hidden_size=16,
            num_labels=5,
        ),
        run=logits,
        inputs=WIDE_AND_TALL,
    ),
)

CASES = {
    "vision/resnet": RESNET,
    "vision/vit": VIT,
    "vision/convnext": CONVNEXT,
    "vision/efficientnet": EFFICIENTNET,
    "vision/unet": UNET,
    "vision/segformer": SEGFORMER,
}
