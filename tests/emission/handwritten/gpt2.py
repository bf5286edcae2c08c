"""GPT-2: a pre-norm decoder-only transformer with learned positions and a tied head.

Written by hand, as the measure of what is emitted.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conv1D(nn.Module):
    """A linear layer that stores its weight as [in, out]."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


class Attention(nn.Module):
    """Masked multi-head self-attention."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.c_attn = Conv1D(dim, 3 * dim)
        self.c_proj = Conv1D(dim, dim)
        self.resid_dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        B, T, C = x.shape
        qkv = self.c_attn(x).view(B, T, 3, self.heads, C // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, C/heads)
        dropout = self.dropout if self.training else 0.0
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)
        x = x.transpose(1, 2).reshape(B, T, C)
        return self.resid_dropout(self.c_proj(x))


class Mlp(nn.Module):
    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.c_fc = Conv1D(dim, 4 * dim)
        self.act = nn.GELU(approximate="tanh")
        self.c_proj = Conv1D(4 * dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.c_fc(x))
        return self.dropout(self.c_proj(x))


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, dim: int, heads: int, eps: float, dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(dim, eps=eps)
        self.attn = Attention(dim, heads, dropout)
        self.ln_2 = nn.LayerNorm(dim, eps=eps)
        self.mlp = Mlp(dim, dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x), mask)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(
        self,
        vocab_size: int,
        n_positions: int,
        dim: int,
        depth: int,
        heads: int,
        eps: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocab_size, dim)
        self.wpe = nn.Embedding(n_positions, dim)
        self.drop = nn.Dropout(dropout)
        self.h = nn.ModuleList(Block(dim, heads, eps, dropout) for _ in range(depth))
        self.ln_f = nn.LayerNorm(dim, eps=eps)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.drop(self.wte(tokens) + self.wpe(positions))  # (B, T, C)
        for block in self.h:
            x = block(x, mask)
        return self.ln_f(x)


class GPT2LMHeadModel(nn.Module):
    def __init__(
        self,
        vocab_size: int = 50257,
        n_positions: int = 1024,
        dim: int = 768,
        depth: int = 12,
        heads: int = 12,
        eps: float = 1e-5,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if dim % heads != 0:
            raise ValueError(f"{heads} heads do not divide {dim} channels")
        self.n_positions = n_positions
        self.transformer = Transformer(
            vocab_size, n_positions, dim, depth, heads, eps, dropout
        )
        self.lm_head = nn.Linear(dim, vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight  # tied
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * depth))
            elif name.endswith(("wte.weight", "wpe.weight")):
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        T = tokens.shape[1]
        if T > self.n_positions:
            raise ValueError(f"{T} tokens, more than {self.n_positions} positions")
        mask = torch.ones(T, T, dtype=torch.bool, device=tokens.device).tril()
        if attention_mask is not None:
            mask = mask & attention_mask[:, None, None].bool()
        return self.lm_head(self.transformer(tokens, mask))  # (B, T, V)
