"""resnet18: U-Net (arXiv:1505.04597) on a residual encoder.

Generated from vision/unet.yaml (8f03b89b, variant resnet18) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch, H height (H % 32 == 0), W width (W % 32 == 0)
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    def __init__(
        self, in_channels: int, width: int, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        if dilation != 1:
            raise ValueError("`dilation == 1` does not hold")
        self.conv1 = nn.Conv2d(
            in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(width)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        if stride != 1 or in_channels != width:
            self.downsample: nn.Module = nn.Sequential(
                nn.Conv2d(in_channels, width, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(width),
            )
        else:
            self.downsample = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn1(self.conv1(x))
        out = self.act1(out)
        return F.relu(self.bn2(self.conv2(out)) + self.downsample(x))


class ResNetFeatures(nn.Module):
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
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.act1 = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = nn.Sequential(
            *[
                BasicBlock(
                    64, 64, stride=strides[0] if i == 0 else 1, dilation=dilations[0]
                )
                for i in range(depths[0])
            ],
        )
        self.layer2 = nn.Sequential(
            *[
                BasicBlock(
                    64 if i == 0 else 128,
                    128,
                    stride=strides[1] if i == 0 else 1,
                    dilation=dilations[1],
                )
                for i in range(depths[1])
            ],
        )
        self.layer3 = nn.Sequential(
            *[
                BasicBlock(
                    128 if i == 0 else 256,
                    256,
                    stride=strides[2] if i == 0 else 1,
                    dilation=dilations[2],
                )
                for i in range(depths[2])
            ],
        )
        self.layer4 = nn.Sequential(
            *[
                BasicBlock(
                    256 if i == 0 else 512,
                    512,
                    stride=strides[3] if i == 0 else 1,
                    dilation=dilations[3] if i > 0 or first_dilated else 1,
                )
                for i in range(depths[3])
            ],
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        x = self.conv1(image)  # (B, 64, H//2, W//2)
        x = self.bn1(x)
        x = self.act1(x)
        layer1 = self.layer1(self.maxpool(x))  # (B, 64, H//4, W//4)
        layer2 = self.layer2(layer1)  # (B, 128, H//8, W//8)
        layer3 = self.layer3(layer2)  # (B, 256, H//16, W//16)
        return [x, layer1, layer2, layer3, self.layer4(layer3)]


class ConvBnReLU(nn.Sequential):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class Up(nn.Module):
    """Twice the size, the skip beside it where there is one, two convolutions."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = ConvBnReLU(in_channels + skip_channels, out_channels)
        self.conv2 = ConvBnReLU(out_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = x if skip is None else torch.cat([x, skip], dim=1)
        x = self.conv1(x)
        return self.conv2(x)


class UNetDecoder(nn.Module):
    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            [
                Up(
                    512 if i == 0 else channels[i - 1],
                    [256, 128, 64, 64, 0][i],
                    channels[i],
                )
                for i in range(len(channels))
            ],
        )

    def forward(self, encoder: list[Tensor]) -> Tensor:
        x = encoder[4]
        for i, block in enumerate(self.blocks):
            x = block(x, encoder[3 - i] if i < 4 else None)
        return x


class UNet(nn.Module):
    """U-Net (arXiv:1505.04597) on a residual encoder. Weights named as in
    segmentation_models_pytorch.
    """

    def __init__(
        self, channels: tuple[int, ...] = (256, 128, 64, 32, 16), num_classes: int = 1
    ) -> None:
        super().__init__()
        self.encoder = ResNetFeatures(depths=(2, 2, 2, 2))
        self.decoder = UNetDecoder(channels)
        self.segmentation_head = nn.Sequential(
            nn.Conv2d(channels[4], num_classes, kernel_size=3, padding=1)
        )

    def forward(self, image: Tensor) -> Tensor:
        _, _, H, W = image.shape
        if H % 32 != 0:
            raise ValueError("`H % 32 == 0` does not hold")
        if W % 32 != 0:
            raise ValueError("`W % 32 == 0` does not hold")
        encoder = self.encoder(image)
        x = self.decoder(encoder)  # (B, channels[4], H, W)
        return self.segmentation_head(x)
