"""Detection: torchvision and transformers."""

from typing import Any

from .case import Call, Case, Inputs, Outputs, call
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
            "encoder": (
                "resnet.ResNet(block=resnet.BasicBlock, depths=[1, 1, 1, 1],"
                " norm=pyramid.FrozenBatchNorm2d)"
            ),
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

CASES = {
    "vision/retinanet": RETINANET,
}
