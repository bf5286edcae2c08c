"""b0: SegFormer B0 to B5 (arXiv:2105.15203) for segmentation.

Generated from vision/segformer.yaml (9cd9feb3, variant b0) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch, H height (H >= 32), W width (W >= 32)
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def drop_path(x: Tensor, p: float, training: bool) -> Tensor:
    """Drop whole samples of a residual branch in training (arXiv:1603.09382)."""
    if p == 0.0 or not training:
        return x
    keep = 1 - p
    shape = (x.shape[0],) + (1,) * (x.ndim - 1)
    return x * x.new_empty(shape).bernoulli_(keep) / keep


class SegformerStagePatchEmbeddings(nn.Module):
    def __init__(self, in_channels: int, dim: int, size: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(
            in_channels, dim, kernel_size=size, stride=stride, padding=size // 2
        )
        self.layer_norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.proj(x)
        return self.layer_norm(x.permute(0, 2, 3, 1))


class AttentionSequenceReduction(nn.Module):
    def __init__(self, dim: int, reduction: int) -> None:
        super().__init__()
        self.sequence_reduction = nn.Conv2d(
            dim, dim, kernel_size=reduction, stride=reduction
        )
        self.layer_norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.sequence_reduction(x.permute(0, 3, 1, 2))
        return self.layer_norm(x.permute(0, 2, 3, 1))


class Attention(nn.Module):
    """Attention over all positions; keys and values come from a map `reduction` times
    smaller.
    """

    def __init__(self, dim: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.heads = heads
        if reduction > 1:
            self.sequence_reduction: nn.Module = AttentionSequenceReduction(
                dim, reduction
            )
        else:
            self.sequence_reduction = nn.Identity()
        self.q_proj = nn.Linear(dim, dim)
        self.k_proj = nn.Linear(dim, dim)
        self.v_proj = nn.Linear(dim, dim)
        self.o_proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        H = x.shape[1]
        sequence_reduction = self.sequence_reduction(x)
        q = self.q_proj(x)
        k = self.k_proj(sequence_reduction)
        v = self.v_proj(sequence_reduction)
        q = q.unflatten(-1, (self.heads, -1)).flatten(1, 2).transpose(1, 2)
        k = k.unflatten(-1, (self.heads, -1)).flatten(1, 2).transpose(1, 2)
        v = v.unflatten(-1, (self.heads, -1)).flatten(1, 2).transpose(1, 2)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.o_proj(x.transpose(1, 2).unflatten(1, (H, -1)).flatten(3))


class LayerMlp(nn.Module):
    def __init__(self, dim: int, mlp_ratio: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, mlp_ratio * dim)
        self.dwconv = nn.ModuleDict(
            {
                "dwconv": nn.Conv2d(
                    mlp_ratio * dim,
                    mlp_ratio * dim,
                    kernel_size=3,
                    padding=1,
                    groups=mlp_ratio * dim,
                ),
            },
        )
        self.act = nn.GELU()
        self.fc2 = nn.Linear(mlp_ratio * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc1(x)
        x = self.dwconv["dwconv"](x.permute(0, 3, 1, 2))
        x = self.act(x.permute(0, 2, 3, 1))
        return self.fc2(x)


class Layer(nn.Module):
    """Attention and a perceptron with a depthwise convolution in it; tokens stay on
    their grid.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        reduction: int,
        mlp_ratio: int = 4,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.drop_path = drop_path
        self.layernorm_before = nn.LayerNorm(dim)
        self.attention = Attention(dim, heads, reduction)
        self.layernorm_after = nn.LayerNorm(dim)
        self.mlp = LayerMlp(dim, mlp_ratio)

    def forward(self, x: Tensor) -> Tensor:
        attention = self.attention(self.layernorm_before(x))
        x = x + drop_path(attention, self.drop_path, self.training)
        mlp = self.mlp(self.layernorm_after(x))
        return x + drop_path(mlp, self.drop_path, self.training)


class SegformerStage(nn.Module):
    def __init__(
        self,
        in_channels: int,
        depths: tuple[int, ...],
        heads: int,
        mlp_ratio: int,
        drop_path_rate: float,
        dim: int,
        stage: int,
        size: int,
        stride: int,
        reduction: int,
    ) -> None:
        super().__init__()
        self.patch_embeddings = SegformerStagePatchEmbeddings(
            in_channels, dim, size, stride
        )
        self.blocks = nn.Sequential(
            *[
                Layer(
                    dim,
                    heads,
                    reduction,
                    mlp_ratio=mlp_ratio,
                    drop_path=(
                        drop_path_rate
                        * (sum(depths[:stage]) + i)
                        / max(sum(depths) - 1, 1)
                    ),
                )
                for i in range(depths[stage])
            ],
        )
        self.layer_norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embeddings(x)
        x = self.blocks(x)
        return self.layer_norm(x).permute(0, 3, 1, 2)


class SegFormerSegformer(nn.Module):
    def __init__(
        self,
        depths: tuple[int, ...],
        dims: tuple[int, ...],
        heads: tuple[int, ...],
        reductions: tuple[int, ...],
        patch_sizes: tuple[int, ...],
        strides: tuple[int, ...],
        mlp_ratio: int,
        drop_path_rate: float,
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                SegformerStage(
                    3 if i == 0 else dims[i - 1],
                    depths,
                    heads[i],
                    mlp_ratio,
                    drop_path_rate,
                    dims[i],
                    i,
                    patch_sizes[i],
                    strides[i],
                    reductions[i],
                )
                for i in range(len(depths))
            ],
        )

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        x = image
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return x, maps


class DecodeHeadLinearProjection(nn.Module):
    def __init__(self, in_features: int, decoder_dim: int) -> None:
        super().__init__()
        self.proj = nn.Linear(in_features, decoder_dim)

    def forward(self, x: Tensor, maps: list[Tensor]) -> Tensor:
        x = self.proj(x)
        return F.interpolate(
            x.permute(0, 3, 1, 2),
            size=maps[0].shape[2:],
            mode="bilinear",
            align_corners=False,
        )


class SegFormerDecodeHead(nn.Module):
    def __init__(
        self,
        dims: tuple[int, ...],
        classifier_drop: float,
        decoder_dim: int,
        num_classes: int,
    ) -> None:
        super().__init__()
        self.linear_projections = nn.ModuleList(
            [DecodeHeadLinearProjection(dims[i], decoder_dim) for i in range(4)]
        )
        self.linear_fuse = nn.Conv2d(
            4 * decoder_dim, decoder_dim, kernel_size=1, bias=False
        )
        self.batch_norm = nn.BatchNorm2d(decoder_dim)
        self.activation = nn.ReLU()
        self.dropout = nn.Dropout(classifier_drop)
        self.classifier = nn.Conv2d(decoder_dim, num_classes, kernel_size=1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        linear_projections = [
            linear_projection(m.permute(0, 2, 3, 1), maps)
            for linear_projection, m in zip(self.linear_projections, maps)
        ]
        x = self.linear_fuse(torch.cat(linear_projections[::-1], dim=1))
        x = self.batch_norm(x)
        x = self.activation(x)
        x = self.dropout(x)
        return self.classifier(x)


class SegFormer(nn.Module):
    """SegFormer B0 to B5 (arXiv:2105.15203) for segmentation. Weights named as in
    transformers (5.x).
    """

    def __init__(
        self,
        depths: tuple[int, ...] = (2, 2, 2, 2),
        dims: tuple[int, ...] = (32, 64, 160, 256),
        heads: tuple[int, ...] = (1, 2, 5, 8),
        reductions: tuple[int, ...] = (8, 4, 2, 1),
        patch_sizes: tuple[int, ...] = (7, 3, 3, 3),
        strides: tuple[int, ...] = (4, 2, 2, 2),
        mlp_ratio: int = 4,
        drop_path_rate: float = 0.1,
        classifier_drop: float = 0.1,
        decoder_dim: int = 256,
        num_classes: int = 2,
    ) -> None:
        super().__init__()
        self.segformer = SegFormerSegformer(
            depths,
            dims,
            heads,
            reductions,
            patch_sizes,
            strides,
            mlp_ratio,
            drop_path_rate,
        )
        self.decode_head = SegFormerDecodeHead(
            dims, classifier_drop, decoder_dim, num_classes
        )
        self.apply(self._init_weights)

    @staticmethod
    def _init_weights(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, image: Tensor) -> Tensor:
        _, _, H, W = image.shape
        if H < 32:
            raise ValueError("`H >= 32` does not hold")
        if W < 32:
            raise ValueError("`W >= 32` does not hold")
        _, maps = self.segformer(image)
        return self.decode_head(maps)
