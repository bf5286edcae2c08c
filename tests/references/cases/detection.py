"""Detection: torchvision and transformers."""

from typing import Any

from .case import OWN, Call, Case, Inputs, Outputs, call, drawn
from .vision import images

DETECTION = "torchvision.models.detection"


def named(path: str) -> Call:
    """A class or function that a reference takes as an argument."""
    return call("pkgutil.resolve_name", path)


FROZEN = named("torchvision.ops:FrozenBatchNorm2d")
BATCH = named("torch.nn:BatchNorm2d")
GROUPS = call("functools.partial", named("torch.nn:GroupNorm"), 32)


def raw(model: Any, inputs: Inputs) -> Outputs:
    """What a detector of torchvision makes of images that are prepared already."""
    maps = [*model.backbone(inputs["image"]).values()]
    found: Outputs = model.head(maps)
    return found


def coarser(channels: int, width: int) -> Call:
    """P6 and P7."""
    return call("torchvision.ops.feature_pyramid_network.LastLevelP6P7", channels, width)


def resnet50_pyramid(channels: int) -> Call:
    """The encoder that torchvision's published detectors have."""
    return call(
        f"{DETECTION}.backbone_utils.resnet_fpn_backbone",
        backbone_name="resnet50",
        weights=None,
        trainable_layers=5,
        returned_layers=[2, 3, 4],
        extra_blocks=coarser(channels, 256),
    )


def small_pyramid(channels: int, norm: Call) -> Call:
    """One block a stage, and few channels in the pyramid."""
    block = named("torchvision.models.resnet:BasicBlock")
    return call(
        f"{DETECTION}.backbone_utils.BackboneWithFPN",
        call("torchvision.models.ResNet", block, [1, 1, 1, 1], norm_layer=norm),
        {"layer2": "0", "layer3": "1", "layer4": "2"},
        [128, 256, 512],
        64,
        extra_blocks=coarser(channels, 64),
    )


SMALL_FROZEN = (
    "resnet.ResNet(block=resnet.BasicBlock, depths=[1, 1, 1, 1], norm=pyramid.FrozenBatchNorm2d)"
)

RETINANET = (
    Case(
        variant="retinanet_resnet50_fpn",
        reference=call(f"{DETECTION}.RetinaNet", resnet50_pyramid(256), 91),
        names=True,
    ),
    Case(
        variant="retinanet_resnet50_fpn_v2",
        reference=call(
            f"{DETECTION}.retinanet_resnet50_fpn_v2", weights=None, weights_backbone=None
        ),
    ),
    Case(
        variant="tiny",
        params={
            "encoder": SMALL_FROZEN,
            "depth": 4,
            "layer": "Plain",
        },
        reference=call(f"{DETECTION}.RetinaNet", small_pyramid(64, FROZEN), 5),
        run=raw,
        inputs=images((1, 132, 136), (2, 160, 132)),
    ),
    Case(
        variant="tiny",
        params={"from_c5": True, "depth": 4},
        reference=call(
            f"{DETECTION}.RetinaNet",
            small_pyramid(512, BATCH),
            5,
            head=call(f"{DETECTION}.retinanet.RetinaNetHead", 64, 9, 5, norm_layer=GROUPS),
        ),
        run=raw,
        inputs=images((1, 132, 136)),
    ),
)


FCOS = (
    Case(
        variant="fcos_resnet50_fpn",
        reference=call(f"{DETECTION}.FCOS", resnet50_pyramid(256), 91),
        names=True,
    ),
    Case(
        variant="tiny",
        params={
            "encoder": SMALL_FROZEN,
            "depth": 4,
            "width": 64,
        },
        reference=call(f"{DETECTION}.FCOS", small_pyramid(64, FROZEN), 5),
        run=raw,
        inputs=images((1, 132, 136), (2, 160, 132)),
    ),
)


def detr(name: str, **config: Any) -> Case:
    """A published size of DETR."""
    return Case(variant=name, reference=detr_reference(num_labels=91, **config), names=not config)


def detr_reference(**config: Any) -> Call:
    """A DETR from a configuration."""
    model = call("transformers.DetrForObjectDetection", call("transformers.DetrConfig", **config))
    return call(f"{OWN}.unscaled", model)


def boxes_of_queries(model: Any, inputs: Inputs) -> Outputs:
    """Logits and boxes of every query."""
    image, mask, start = (inputs.get(name) for name in ("image", "pixel_mask", "start"))
    found = model(image, mask, decoder_inputs_embeds=start)
    return {"logits": found.logits, "boxes": found.pred_boxes}


SMALL_IMAGE = drawn("uniform", 2, 3, 96, 64)

DETR = (
    detr("detr-resnet-50"),
    detr("detr-resnet-101", backbone="resnet101"),
    detr("detr-resnet-50-dc5", dilation=True),
    detr("detr-resnet-101-dc5", backbone="resnet101", dilation=True),
    Case(
        variant="tiny",
        params={
            "features": (
                "resnet.ResNet(block=resnet.BasicBlock, depths=[2, 2, 2, 2],"
                " norm=norms.FrozenBatchNorm2d)"
            )
        },
        reference=detr_reference(
            backbone="resnet18",
            d_model=32,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=48,
            decoder_ffn_dim=48,
            encoder_layers=1,
            decoder_layers=2,
            num_queries=6,
            num_labels=5,
        ),
        run=boxes_of_queries,
        inputs=(
            {
                "image": SMALL_IMAGE,
                "pixel_mask": drawn("bools", 2, 96, 64),
                "start": drawn("normal", 2, 6, 32),
            },
            {"image": SMALL_IMAGE},
        ),
    ),
)

CASES = {
    "vision/detr": DETR,
    "vision/retinanet": RETINANET,
    "vision/fcos": FCOS,
}
