"""gpt2: GPT-2, a pre-norm decoder-only transformer with learned positions and a tied
head.

Generated from language/gpt2.yaml (513b8176, variant gpt2) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch, T of input_ids (T <= n_positions)
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
        nn.init.normal_(self.weight, std=0.02)
        self.bias = nn.Parameter(torch.zeros(out_features))

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
        x = self.c_attn(x)  # (B, T, 3*dim)
        q, k, v = x.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=self.dropout if self.training else 0.0
        )
        x = x.transpose(1, 2).flatten(2)
        x = self.c_proj(x)  # (B, T, dim)
        return self.resid_dropout(x)


class BlockMlp(nn.Module):
    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.c_fc = Conv1D(dim, 4 * dim)
        self.act = nn.GELU(approximate="tanh")
        self.c_proj = Conv1D(4 * dim, dim)
        self.dropout_ = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c_fc(x)  # (B, T, 4*dim)
        x = self.act(x)
        x = self.c_proj(x)  # (B, T, dim)
        return self.dropout_(x)


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, dim: int, heads: int, eps: float, dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(dim, eps=eps)
        self.attn = Attention(dim, heads, dropout)
        self.ln_2 = nn.LayerNorm(dim, eps=eps)
        self.mlp = BlockMlp(dim, dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x), mask)  # (B, T, dim)
        return x + self.mlp(self.ln_2(x))


class GPT2LMHeadModelTransformer(nn.Module):
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
        self.h = nn.ModuleList([Block(dim, heads, eps, dropout) for _ in range(depth)])
        self.ln_f = nn.LayerNorm(dim, eps=eps)

    def forward(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        x = self.wte(input_ids) + self.wpe(
            torch.arange(input_ids.shape[1], device=input_ids.device)
        )
        x = self.drop(x)
        for layer in self.h:
            x = layer(x, mask)
        return self.ln_f(x)


class GPT2LMHeadModel(nn.Module):
    """GPT-2, a pre-norm decoder-only transformer with learned positions and a tied
    head.
    """

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
            raise ValueError("`dim % heads == 0` does not hold")
        self.n_positions = n_positions
        self.transformer = GPT2LMHeadModelTransformer(
            vocab_size, n_positions, dim, depth, heads, eps, dropout
        )
        self.lm_head = nn.Linear(dim, vocab_size, bias=False)
        self.apply(self._init_weights)
        for name, parameter in self.named_parameters():
            if name.endswith(".c_proj.weight"):
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * depth))
        self.lm_head.weight = self.transformer.wte.weight  # tied

    @staticmethod
    def _init_weights(module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None
    ) -> Tensor:
        T = input_ids.shape[1]
        if T > self.n_positions:
            raise ValueError("`T <= n_positions` does not hold")
        causal = torch.ones(T, T, device=input_ids.device).bool().tril()  # (T, T)
        mask = (
            causal & attention_mask[:, None, None].bool()
            if attention_mask is not None
            else causal
        )
        x = self.transformer(input_ids, mask)  # (B, T, dim)
        return self.lm_head(x)
