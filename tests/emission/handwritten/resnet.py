"""ResNet: Deep residual network (arXiv:1512.03385), with the stride in the 3x3
convolution (v1.5). Weights named as in torchvision. `groups` and `width_per_group`
widen the 3x3 convolution, which gives Wide ResNet (arXiv:1605.07146) and ResNeXt
(arXiv:1611.05431). `strides` and `dilations` trade resolution for dilation, stage by
stage, for segmentation.

Written by hand, as the measure of what is emitted.

Shapes: B batch, H height, W width
"""

import torch.nn.functional as F
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        width_per_group: int = 64,
        expansion: int = 4,
    ) -> None:
        super().__init__()
        mid = width * width_per_group // 64 * groups
        out_channels = expansion * width
        self.conv1 = nn.Conv2d(in_channels, mid, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(mid)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(
            mid,
            mid,
            kernel_size=3,
            stride=stride,
            padding=dilation,
            dilation=dilation,
            groups=groups,
            bias=False,
        )
        self.bn2 = nn.BatchNorm2d(mid)
        self.act2 = nn.ReLU()
        self.conv3 = nn.Conv2d(mid, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(
                    in_channels, out_channels, kernel_size=1, stride=stride, bias=False
                ),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.act1(self.bn1(self.conv1(x)))
        out = self.act2(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.downsample(x))


class ResNet(nn.Module):
    """Deep residual network (arXiv:1512.03385), with the stride in the 3x3 convolution
    (v1.5). Weights named as in torchvision. `groups` and `width_per_group` widen the
    3x3 convolution, which gives Wide ResNet (arXiv:1605.07146) and ResNeXt
    (arXiv:1611.05431). `strides` and `dilations` trade resolution for dilation, stage
    by stage, for segmentation.
    """

    def __init__(
        self,
        depths: tuple[int, ...] = (3, 4, 6, 3),
        strides: tuple[int, ...] = (1, 2, 2, 2),
        dilations: tuple[int, ...] = (1, 1, 1, 1),
        groups: int = 1,
        width_per_group: int = 64,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        self.groups = groups
        self.width_per_group = width_per_group
        self.in_channels = 64
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.act1 = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._layer(64, depths[0], strides[0], dilations[0])
        self.layer2 = self._layer(128, depths[1], strides[1], dilations[1])
        self.layer3 = self._layer(256, depths[2], strides[2], dilations[2])
        self.layer4 = self._layer(512, depths[3], strides[3], dilations[3])
        self.fc = nn.Linear(self.in_channels, num_classes)

    def _layer(
        self, width: int, depth: int, stride: int, dilation: int
    ) -> nn.Sequential:
        blocks = []
        for i in range(depth):
            blocks.append(
                Bottleneck(
                    self.in_channels,
                    width,
                    stride=stride if i == 0 else 1,
                    dilation=dilation,
                    groups=self.groups,
                    width_per_group=self.width_per_group,
                )
            )
            self.in_channels = 4 * width
        return nn.Sequential(*blocks)

    def forward(self, image: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.conv1(image)))
        x = self.maxpool(x)  # (B, 64, H/4, W/4)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)  # (B, 2048, H/32, W/32)
        return self.fc(x.mean(dim=[2, 3]))
