"""efficientnet_b1: EfficientNet B0 to B7 (arXiv:1905.11946).

Generated from vision/efficientnet.yaml (41c9687d, variant efficientnet_b1) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch, H height, W width
"""

import math

import torch
from torch import Tensor, nn


def drop_path(x: Tensor, p: float, training: bool) -> Tensor:
    """Drop whole samples of a residual branch in training (arXiv:1603.09382)."""
    if p == 0.0 or not training:
        return x
    keep = 1 - p
    shape = (x.shape[0],) + (1,) * (x.ndim - 1)
    return x * x.new_empty(shape).bernoulli_(keep) / keep


def make_divisible(
    value: float,
    divisor: int = 8,
    min_value: int | None = None,
    round_limit: float = 0.9,
) -> int:
    """Round to a multiple of `divisor` without going under `round_limit` of the value."""
    least = min_value or divisor
    rounded = max(least, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < round_limit * value else rounded


class SqueezeExcite(nn.Module):
    """Scales every channel by what all channels together say (arXiv:1709.01507)."""

    def __init__(self, in_channels: int, squeeze: int) -> None:
        super().__init__()
        self.conv_reduce = nn.Conv2d(in_channels, squeeze, kernel_size=1)
        self.act1 = nn.SiLU()
        self.conv_expand = nn.Conv2d(squeeze, in_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        conv_reduce = self.conv_reduce(torch.mean(x, dim=(2, 3), keepdim=True))
        return x * torch.sigmoid(self.conv_expand(self.act1(conv_reduce)))


class DepthwiseSeparable(nn.Module):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.drop_path = drop_path
        self.conv_dw = nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size=kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=in_channels,
            bias=False,
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.act1 = nn.SiLU()
        self.se = SqueezeExcite(in_channels, in_channels // 4)
        self.conv_pw = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.has_residual = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn1(self.conv_dw(x))  # (B, in_channels, (H+1)//2, (W+1)//2)
        out = self.act1(out)
        out = self.se(out)
        out = self.conv_pw(out)  # (B, out_channels, (H+1)//2, (W+1)//2)
        out = self.bn2(out)
        return (
            x + drop_path(out, self.drop_path, self.training)
            if self.has_residual
            else out
        )


class MBConv(nn.Module):
    """Inverted residual with squeeze and excitation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        expand: int = 6,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.drop_path = drop_path
        mid = make_divisible(in_channels * expand)
        self.conv_pw = nn.Conv2d(in_channels, mid, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(mid)
        self.act1 = nn.SiLU()
        self.conv_dw = nn.Conv2d(
            mid,
            mid,
            kernel_size=kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=mid,
            bias=False,
        )
        self.bn2 = nn.BatchNorm2d(mid)
        self.act2 = nn.SiLU()
        self.se = SqueezeExcite(mid, round(mid * 0.25 / expand))
        self.conv_pwl = nn.Conv2d(mid, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.has_residual = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn1(self.conv_pw(x))
        out = self.act1(out)
        out = self.conv_dw(out)
        out = self.bn2(out)
        out = self.act2(out)
        out = self.se(out)
        out = self.conv_pwl(out)
        out = self.bn3(out)
        return (
            x + drop_path(out, self.drop_path, self.training)
            if self.has_residual
            else out
        )


class EfficientNetStage(nn.Sequential):
    def __init__(
        self,
        in_channels: int,
        drop_path_rate: float,
        depths: tuple[int, ...],
        stage: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
    ) -> None:
        super().__init__(
            *[
                MBConv(
                    in_channels if i == 0 else out_channels,
                    out_channels,
                    kernel_size=kernel_size,
                    stride=stride if i == 0 else 1,
                    drop_path=drop_path_rate * (sum(depths[:stage]) + i) / sum(depths),
                )
                for i in range(depths[stage])
            ],
        )


class EfficientNet(nn.Module):
    """EfficientNet B0 to B7 (arXiv:1905.11946). Weights named as in timm."""

    def __init__(
        self,
        width: float = 1.0,
        depth: float = 1.1,
        drop: float = 0.2,
        drop_path_rate: float = 0.0,
        num_classes: int = 1000,
        widths: tuple[int, ...] | None = None,
        depths: tuple[int, ...] | None = None,
        strides: tuple[int, ...] = (1, 2, 2, 2, 1, 2, 1),
        kernels: tuple[int, ...] = (3, 3, 5, 3, 5, 5, 3),
    ) -> None:
        super().__init__()
        if widths is None:
            widths = tuple(
                make_divisible(c * width) for c in [16, 24, 40, 80, 112, 192, 320]
            )
        if depths is None:
            depths = tuple(math.ceil(n * depth) for n in [1, 2, 2, 3, 3, 4, 1])
        self.conv_stem = nn.Conv2d(
            3,
            make_divisible(32 * width),
            kernel_size=3,
            stride=2,
            padding=1,
            bias=False,
        )
        self.bn1 = nn.BatchNorm2d(make_divisible(32 * width))
        self.act1 = nn.SiLU()
        self.blocks = nn.ModuleList(
            [
                nn.Sequential(
                    *[
                        DepthwiseSeparable(
                            make_divisible(32 * width) if i == 0 else widths[0],
                            widths[0],
                            drop_path=drop_path_rate * i / sum(depths),
                        )
                        for i in range(depths[0])
                    ],
                ),
                *[
                    EfficientNetStage(
                        widths[i],
                        drop_path_rate,
                        depths,
                        i + 1,
                        widths[i + 1],
                        kernels[i + 1],
                        strides[i + 1],
                    )
                    for i in range(len(depths) - 1)
                ],
            ],
        )
        self.conv_head = nn.Conv2d(
            widths[-1], make_divisible(1280 * width), kernel_size=1, bias=False
        )
        self.bn2 = nn.BatchNorm2d(make_divisible(1280 * width))
        self.act2 = nn.SiLU()
        self.dropped = nn.Dropout(drop)
        self.classifier = nn.Linear(make_divisible(1280 * width), num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv_stem(image)
        x = self.bn1(x)
        x = self.act1(x)
        x = self.blocks[0](x)
        for stage in self.blocks[1:]:
            x = stage(x)
        x = self.conv_head(x)
        x = self.bn2(x)
        x = self.act2(x)
        x = self.dropped(torch.mean(x, dim=(2, 3)))  # (B, make_divisible(1280*width))
        return self.classifier(x)
