"""DiT with the names of facebookresearch/DiT; the module that libraries hold has others."""

import math

import torch
from torch import Tensor, nn


class DiT(nn.Module):
    """Diffusion transformer (arXiv:2212.09748) with a variance, in eval mode."""

    def __init__(
        self,
        patch: int,
        dim: int,
        depth: int,
        heads: int,
        size: int = 32,
        classes: int = 1000,
    ) -> None:
        super().__init__()
        self.patch, self.grid = patch, size // patch
        self.x_embedder = nn.ModuleDict({"proj": nn.Conv2d(4, dim, patch, patch)})
        self.t_embedder = nn.ModuleDict({"mlp": perceptron(256, dim)})
        self.y_embedder = nn.ModuleDict({"embedding_table": nn.Embedding(classes + 1, dim)})
        self.register_buffer("pos_embed", grid_sinusoids(dim, self.grid))
        self.blocks = nn.ModuleList(DiTBlock(dim, heads) for _ in range(depth))
        self.final_layer = FinalLayer(dim, 8 * patch**2)

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        """(B, 4, size, size), (B,) and (B,) -> (B, 8, size, size)."""
        x = self.x_embedder["proj"](x).flatten(2).mT + self.pos_embed
        c = self.t_embedder["mlp"](sinusoids(t, 256)) + self.y_embedder["embedding_table"](y)
        for block in self.blocks:
            x = block(x, c)
        x = self.final_layer(x, c).reshape(-1, self.grid, self.grid, self.patch, self.patch, 8)
        rows = torch.einsum("nhwpqc->nchpwq", x)
        return rows.reshape(-1, 8, self.grid * self.patch, self.grid * self.patch)


class DiTBlock(nn.Module):
    """Attention and a perceptron, conditioned by adaLN-Zero."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(dim, heads)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(dim, 4 * dim), "fc2": nn.Linear(4 * dim, dim)})
        self.adaLN_modulation = modulation(dim, 6)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """(B, N, dim) and (B, dim) -> (B, N, dim)."""
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(c).chunk(6, dim=1)
        x = x + gate1[:, None] * self.attn(modulated(x, shift1, scale1))
        inner = self.mlp["fc1"](modulated(x, shift2, scale2))
        perceived: Tensor = self.mlp["fc2"](nn.functional.gelu(inner, approximate="tanh"))
        return x + gate2[:, None] * perceived


class Attention(nn.Module):
    """Self-attention of several heads."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, dim) -> (B, N, dim)."""
        q, k, v = (part.unflatten(-1, (self.heads, -1)).mT for part in self.qkv(x).chunk(3, -1))
        scores = torch.einsum("bndh,bmdh->bhnm", q, k) * q.shape[2] ** -0.5
        mixed = torch.einsum("bhnm,bmdh->bnhd", scores.softmax(dim=-1), v)
        attended: Tensor = self.proj(mixed.flatten(2))
        return attended


class FinalLayer(nn.Module):
    """A conditioned norm and the projection to patches."""

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(dim, width)
        self.adaLN_modulation = modulation(dim, 2)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """(B, N, dim) and (B, dim) -> (B, N, width)."""
        patches: Tensor = self.linear(modulated(x, *self.adaLN_modulation(c).chunk(2, dim=1)))
        return patches


def perceptron(width: int, dim: int) -> nn.Sequential:
    """What embeds a time."""
    return nn.Sequential(nn.Linear(width, dim), nn.SiLU(), nn.Linear(dim, dim))


def modulation(dim: int, parts: int) -> nn.Sequential:
    """A condition as shifts, scales and gates."""
    return nn.Sequential(nn.SiLU(), nn.Linear(dim, parts * dim))


def modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """A norm without weights of its own, then a scale around 1 and a shift."""
    normed = nn.functional.layer_norm(x, x.shape[-1:], eps=1e-6)
    return normed * (1 + scale[:, None]) + shift[:, None]


def sinusoids(places: Tensor, width: int) -> Tensor:
    """(N,) -> (N, width): cosines, then sines."""
    frequencies = torch.exp(-math.log(10000) * torch.arange(width // 2) / (width // 2))
    angles = torch.outer(places.to(frequencies.dtype), frequencies)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def grid_sinusoids(dim: int, size: int) -> Tensor:
    """(1, size * size, dim): sines and cosines first of columns, then of rows."""
    halves = []
    for places in torch.meshgrid(torch.arange(size), torch.arange(size), indexing="xy"):
        cosines, sines = sinusoids(places.flatten(), dim // 2).chunk(2, dim=1)
        halves += [sines, cosines]
    return torch.cat(halves, dim=1)[None]
