"""TinyGPT: Decoder-only language model with learned positions and tied embeddings.

Generated from language/tiny_gpt.yaml (2e68c79f) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch, T of tokens (T <= max_len)
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CausalSelfAttention(nn.Module):
    """Multi-head self-attention in which a token attends to itself and its past."""

    def __init__(self, dim: int, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout = dropout
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        x = self.qkv(x).view(B, T, 3, self.num_heads, C // self.num_heads)
        q, k, v = x.permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(
            q, k, v, dropout_p=self.dropout if self.training else 0.0, is_causal=True
        )
        x = x.transpose(1, 2).reshape(B, T, C)  # (B, T, C)
        return self.proj(x)


class Mlp(nn.Module):
    """Position-wise feed-forward layer."""

    def __init__(self, dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden_dim)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden_dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc1(x)  # (B, T, hidden_dim)
        x = self.act(x)
        return self.fc2(x)


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(
        self, dim: int, num_heads: int, mlp_ratio: float, dropout: float
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = CausalSelfAttention(dim, num_heads, dropout)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, int(mlp_ratio * dim))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))  # (B, T, dim)
        return x + self.mlp(self.norm2(x))


class TinyGPT(nn.Module):
    """Decoder-only language model with learned positions and tied embeddings."""

    def __init__(
        self,
        vocab_size: int = 96,
        max_len: int = 256,
        dim: int = 128,
        depth: int = 6,
        num_heads: int = 4,
        mlp_ratio: float = 4.0,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if dim % num_heads != 0:
            raise ValueError("`dim % num_heads == 0` does not hold")
        self.max_len = max_len
        self.token_embed = nn.Embedding(vocab_size, dim)
        self.pos_embed = nn.Embedding(max_len, dim)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.Sequential(
            *[Block(dim, num_heads, mlp_ratio, dropout) for _ in range(depth)]
        )
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, vocab_size, bias=False)
        self.apply(self._init_weights)
        self.head.weight = self.token_embed.weight  # tied

    @staticmethod
    def _init_weights(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        T = tokens.shape[1]
        if T > self.max_len:
            raise ValueError("`T <= max_len` does not hold")
        x = self.token_embed(tokens)  # (B, T, dim)
        x = x + self.pos_embed(torch.arange(T, device=tokens.device))
        x = self.drop(x)
        x = self.blocks(x)
        x = self.norm(x)
        return self.head(x)
