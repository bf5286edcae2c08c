"""resnet50: Deep residual network (arXiv:1512.03385), with the stride in the 3x3
convolution (v1.5).

Generated from vision/resnet.yaml (aff8e0e6, variant resnet50) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch, H height, W width
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut."""

    def __init__(
        self,
        in_channels: int,
        width: int,
        groups: int,
        width_per_group: int,
        stride: int = 1,
        dilation: int = 1,
        expansion: int = 4,
    ) -> None:
        super().__init__()
        mid = width * width_per_group // 64 * groups
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
        self.conv3 = nn.Conv2d(mid, expansion * width, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(expansion * width)
        if stride != 1 or in_channels != expansion * width:
            self.downsample: nn.Module = nn.Sequential(
                nn.Conv2d(
                    in_channels,
                    expansion * width,
                    kernel_size=1,
                    stride=stride,
                    bias=False,
                ),
                nn.BatchNorm2d(expansion * width),
            )
        else:
            self.downsample = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn1(self.conv1(x))
        out = self.act1(out)
        out = self.conv2(out)
        out = self.bn2(out)
        out = self.act2(out)
        return F.relu(self.bn3(self.conv3(out)) + self.downsample(x))


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
        first_dilated: bool = True,
        groups: int = 1,
        width_per_group: int = 64,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.act1 = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = nn.Sequential(
            *[
                Bottleneck(
                    64 if i == 0 else 256,
                    64,
                    groups,
                    width_per_group,
                    stride=strides[0] if i == 0 else 1,
                    dilation=dilations[0],
                )
                for i in range(depths[0])
            ],
        )
        self.layer2 = nn.Sequential(
            *[
                Bottleneck(
                    256 if i == 0 else 512,
                    128,
                    groups,
                    width_per_group,
                    stride=strides[1] if i == 0 else 1,
                    dilation=dilations[1],
                )
                for i in range(depths[1])
            ],
        )
        self.layer3 = nn.Sequential(
            *[
                Bottleneck(
                    512 if i == 0 else 1024,
                    256,
                    groups,
                    width_per_group,
                    stride=strides[2] if i == 0 else 1,
                    dilation=dilations[2],
                )
                for i in range(depths[2])
            ],
        )
        self.layer4 = nn.Sequential(
            *[
                Bottleneck(
                    1024 if i == 0 else 2048,
                    512,
                    groups,
                    width_per_group,
                    stride=strides[3] if i == 0 else 1,
                    dilation=dilations[3] if i > 0 or first_dilated else 1,
                )
                for i in range(depths[3])
            ],
        )
        self.fc = nn.Linear(2048, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv1(image)  # (B, 64, (H+1)//2, (W+1)//2)
        x = self.bn1(x)
        x = self.act1(x)
        x = self.maxpool(x)  # (B, 64, (H+3)//4, (W+3)//4)
        x = self.layer1(x)  # (B, 256, (H+3)//4, (W+3)//4)
        x = self.layer2(x)  # (B, 512, (H+7)//8, (W+7)//8)
        x = self.layer3(x)  # (B, 1024, (H+15)//16, (W+15)//16)
        x = self.layer4(x)  # (B, 2048, (H+31)//32, (W+31)//32)
        return self.fc(torch.mean(x, dim=(2, 3)))
