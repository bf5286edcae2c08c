"""Vision: torchvision, timm, segmentation_models_pytorch and transformers."""

from typing import Any

from .case import OWN, Call, Case, Inputs, Outputs, call, drawn


def images(*sizes: tuple[int, int, int]) -> tuple[dict[str, Any], ...]:
    """Passes over colour images of (batch, height, width)."""
    return tuple({"image": drawn("uniform", b, 3, h, w)} for b, h, w in sizes)


REGNET_SIZES = (
    *("004", "006", "008", "016", "032", "040"),
    *("064", "080", "120", "160", "320"),
)

WIDE_AND_TALL = images((2, 64, 96), (1, 96, 64))


def features(model: Any, inputs: Inputs) -> Outputs:
    """Tokens before the head."""
    return {"": model.forward_features(inputs["image"])}


def class_and_patches(model: Any, inputs: Inputs) -> Outputs:
    """The class token and the patches, without the registers."""
    found = model.forward_features(inputs["image"])
    return {"class_token": found[:, 0], "patches": found[:, model.num_prefix_tokens :]}


def logits(model: Any, inputs: Inputs) -> Outputs:
    """Logits out of a named result."""
    return {"": model(inputs["image"]).logits}


def torchvision_model(name: str, **options: Any) -> Case:
    """A torchvision network; its weights only, where no `inputs` are given."""
    return Case(variant=name, reference=call(f"torchvision.models.{name}"), **options)


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


def convnext_v2(name: str, inputs: tuple[dict[str, Any], ...] = (), **options: Any) -> Case:
    """A ConvNeXt V2 of timm, its perceptrons as linear layers."""
    return Case(variant=name, reference=call("timm.create_model", name, **options), inputs=inputs)


def unet(encoder: str, params: dict[str, Any], names: bool = False, **options: Any) -> Case:
    """A U-Net of segmentation_models_pytorch without pretrained weights."""
    reference = call("segmentation_models_pytorch.Unet", encoder, encoder_weights=None, **options)
    return Case(
        variant=encoder, params=params, reference=reference, inputs=WIDE_AND_TALL, names=names
    )


def deeplab(name: str, encoder: str, **options: Any) -> Case:
    """A DeepLab of segmentation_models_pytorch without pretrained weights."""
    reference = call(
        f"segmentation_models_pytorch.{name}", encoder, encoder_weights=None, classes=21
    )
    return Case(variant=encoder, reference=reference, **options)


def detections(model: Any, inputs: Inputs) -> Outputs:
    """Decoded predictions, and what they come from."""
    predictions, raw = model(inputs["image"])
    return {"predictions": predictions, "boxes": raw["boxes"], "scores": raw["scores"]}


def yolo(name: str, **options: Any) -> Case:
    """A detector of ultralytics."""
    reference = call(f"{OWN}.yolo", f"{name}.yaml")
    return Case(variant=name, reference=reference, run=detections, **options)


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
    torchvision_model("resnet18", inputs=WIDE_AND_TALL, names=True),
    torchvision_model("resnet34", inputs=WIDE_AND_TALL),
    torchvision_model("resnet50", inputs=WIDE_AND_TALL, names=True),
    torchvision_model("resnet101", inputs=WIDE_AND_TALL),
    torchvision_model("resnet152", inputs=WIDE_AND_TALL),
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
    torchvision_model("wide_resnet50_2"),
    torchvision_model("wide_resnet101_2"),
    torchvision_model("resnext50_32x4d"),
    torchvision_model("resnext101_32x8d"),
    torchvision_model("resnext101_64x4d"),
    Case(
        variant="resnext50_32x4d",
        params={"depths": [1, 1, 1, 1]},
        reference=call("timm.create_model", "resnext50_32x4d", layers=[1, 1, 1, 1]),
        inputs=images((1, 64, 64)),
    ),
    Case(
        variant="resnet50",
        params={
            "depths": [1, 1, 1, 2],
            "strides": [1, 2, 2, 1],
            "dilations": [1, 1, 1, 2],
            "first_dilated": False,
            "num_classes": 10,
        },
        reference=call(
            "torchvision.models.ResNet",
            call("pkgutil.resolve_name", "torchvision.models.resnet:Bottleneck"),
            [1, 1, 1, 2],
            num_classes=10,
            replace_stride_with_dilation=[False, False, True],
        ),
        inputs=images((1, 64, 64)),
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

SMALL_DEIT = {"img_size": 32, "patch_size": 16, "depth": 2, "num_classes": 10}

DEIT = (
    vit("deit_tiny_distilled_patch16_224", inputs=(), names=True),
    vit("deit_small_distilled_patch16_224", inputs=()),
    vit("deit_base_distilled_patch16_224", inputs=()),
    vit("deit_tiny_patch16_224", inputs=()),
    vit("deit_small_patch16_224", inputs=()),
    vit("deit_base_patch16_224", inputs=()),
    Case(
        variant="deit_base_distilled_patch16_224",
        params={**SMALL_DEIT, "dim": 24, "heads": 2},
        reference=call(
            "timm.models.deit.VisionTransformerDistilled",
            **SMALL_DEIT,
            embed_dim=24,
            num_heads=2,
        ),
        inputs=images((2, 32, 32)),
    ),
)

DINOV2 = (
    vit("vit_small_patch14_reg4_dinov2", inputs=(), names=True),
    vit("vit_base_patch14_reg4_dinov2", inputs=()),
    vit("vit_large_patch14_reg4_dinov2", inputs=()),
    Case(
        variant="tiny",
        reference=call(
            "timm.models.vision_transformer.VisionTransformer",
            img_size=28,
            patch_size=14,
            embed_dim=24,
            depth=2,
            num_heads=2,
            init_values=1e-5,
            reg_tokens=4,
            no_embed_class=True,
            num_classes=0,
        ),
        run=class_and_patches,
        inputs=images((2, 28, 28)),
    ),
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
    *(convnext_v2(f"convnextv2_{size}", conv_mlp=False) for size in ("femto", "pico", "nano")),
    *(convnext_v2(f"convnextv2_{size}") for size in ("tiny", "base", "large", "huge")),
    convnext_v2("convnextv2_atto", conv_mlp=False, inputs=images((1, 64, 32))),
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

MOBILENETV2 = (
    timm_model("mobilenetv2_035", inputs=images((2, 64, 96), (1, 64, 32)), names=True, gain=1.4),
    timm_model("mobilenetv2_050", inputs=()),
    timm_model("mobilenetv2_075", inputs=()),
    timm_model("mobilenetv2_100", inputs=()),
    timm_model("mobilenetv2_140", inputs=()),
)

MOBILENETV3 = (
    timm_model(
        "mobilenetv3_small_050", inputs=images((2, 64, 96), (1, 64, 32)), names=True, gain=1.4
    ),
    timm_model("mobilenetv3_small_075", inputs=()),
    timm_model("mobilenetv3_small_100", inputs=()),
    timm_model("mobilenetv3_large_075", inputs=images((1, 64, 96)), gain=1.4),
    timm_model("mobilenetv3_large_100", inputs=()),
)

DENSENET = (
    torchvision_model("densenet121"),
    torchvision_model("densenet161"),
    torchvision_model("densenet169"),
    torchvision_model("densenet201"),
    Case(
        variant="densenet121",
        params={"depths": [2, 1, 2, 1], "width": 16, "growth": 8, "num_classes": 10},
        reference=call(
            "torchvision.models.DenseNet",
            growth_rate=8,
            block_config=(2, 1, 2, 1),
            num_init_features=16,
            num_classes=10,
        ),
        inputs=WIDE_AND_TALL,
        names=True,
    ),
)

VGG = (
    torchvision_model("vgg11", names=True),
    *(torchvision_model(f"vgg{depth}") for depth in (13, 16, 19)),
    torchvision_model("vgg11_bn", names=True),
    *(torchvision_model(f"vgg{depth}_bn") for depth in (13, 16, 19)),
    *(
        Case(
            variant=None,
            params={
                "depths": [1, 2],
                "widths": [8, 12],
                "norm": norm,
                "hidden": 16,
                "num_classes": 5,
            },
            reference=call(
                f"{OWN}.narrow_vgg",
                call("torchvision.models.vgg.make_layers", [8, "M", 12, 12, "M"], norm),
                12,
                16,
                5,
            ),
            inputs=images((2, 56, 56), (1, 28, 84)),
        )
        for norm in (False, True)
    ),
)

REGNET = (
    timm_model("regnetx_002", inputs=images((1, 64, 96)), names=True),
    *(timm_model(f"regnetx_{size}", inputs=()) for size in REGNET_SIZES),
    timm_model("regnety_002", inputs=images((2, 64, 32), (1, 32, 64))),
    *(timm_model(f"regnety_{size}", inputs=()) for size in REGNET_SIZES),
)

MIXER = (
    timm_model("mixer_s32_224", inputs=(), names=True),
    *(timm_model(f"mixer_{size}_224", inputs=()) for size in ("s16", "b32", "b16", "l32", "l16")),
    Case(
        variant="tiny",
        reference=call(
            "timm.models.mlp_mixer.MlpMixer",
            img_size=32,
            patch_size=16,
            embed_dim=24,
            num_blocks=2,
            num_classes=10,
        ),
        inputs=images((2, 32, 32)),
    ),
)

SWIN = (
    timm_model("swin_tiny_patch4_window7_224", inputs=(), names=True),
    timm_model("swin_small_patch4_window7_224", inputs=()),
    timm_model("swin_base_patch4_window7_224", inputs=()),
    timm_model("swin_base_patch4_window12_384", inputs=()),
    timm_model("swin_large_patch4_window7_224", inputs=()),
    timm_model("swin_large_patch4_window12_384", inputs=()),
    Case(
        variant="swin_tiny_patch4_window7_224",
        params={
            "img_size": 64,
            "window": 4,
            "dims": [12, 24, 48],
            "depths": [2, 2, 1],
            "heads": [2, 3, 4],
            "num_classes": 10,
        },
        reference=call(
            "timm.models.swin_transformer.SwinTransformer",
            img_size=64,
            window_size=4,
            embed_dim=12,
            depths=(2, 2, 1),
            num_heads=(2, 3, 4),
            num_classes=10,
        ),
        inputs=images((2, 64, 64)),
    ),
)

DEEPLABV3 = (
    deeplab("DeepLabV3", "resnet50", inputs=images((2, 64, 64))),
    deeplab("DeepLabV3", "resnet101"),
)

DEEPLABV3PLUS = (
    deeplab("DeepLabV3Plus", "resnet50", inputs=images((2, 64, 96))),
    deeplab("DeepLabV3Plus", "resnet101"),
)

YOLOV8 = (
    yolo("yolov8n", names=True, inputs=images((1, 64, 96))),
    *(yolo(f"yolov8{size}") for size in "smlx"),
)

YOLO11 = (
    yolo("yolo11n", names=True, inputs=images((1, 64, 96))),
    *(yolo(f"yolo11{size}") for size in "smlx"),
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
    unet("resnet152", {}),
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
    "vision/deit": DEIT,
    "vision/dinov2": DINOV2,
    "vision/convnext": CONVNEXT,
    "vision/efficientnet": EFFICIENTNET,
    "vision/mobilenetv2": MOBILENETV2,
    "vision/mobilenetv3": MOBILENETV3,
    "vision/densenet": DENSENET,
    "vision/regnet": REGNET,
    "vision/vgg": VGG,
    "vision/mixer": MIXER,
    "vision/swin": SWIN,
    "vision/deeplabv3": DEEPLABV3,
    "vision/deeplabv3plus": DEEPLABV3PLUS,
    "vision/yolov8": YOLOV8,
    "vision/yolo11": YOLO11,
    "vision/unet": UNET,
    "vision/segformer": SEGFORMER,
}
