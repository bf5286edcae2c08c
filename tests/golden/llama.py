"""llama3-8b: Llama 2 and 3 (arXiv:2307.09288, arXiv:2407.21783), with rotary positions,
grouped-query attention, RMSNorm and SwiGLU.

Generated from language/llama.yaml (3e5d5834, variant llama3-8b) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch, T of input_ids, S of attention_mask (S == T + (past[0].shape[3] if
past is not None else 0)), P of past
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Rotary(nn.Module):
    """Cosines and sines of the rotary positions (arXiv:2104.09864)."""

    base: Tensor
    inv_freq: Tensor

    def __init__(
        self,
        head_dim: int,
        rope_theta: float,
        rope_factor: float,
        rope_low: float,
        rope_high: float,
        rope_context: int,
    ) -> None:
        super().__init__()
        if rope_factor != 1.0:
            raise ValueError("`rope_factor != 1.0` is False in this file: emit another")
        self.register_buffer(
            "base",
            (
                1
                / (
                    rope_theta
                    ** (
                        torch.arange(0, head_dim, 2).to(torch.get_default_dtype())
                        / head_dim
                    )
                )
            ),
            persistent=False,
        )
        self.register_buffer(
            "inv_freq",
            torch.where(
                2 * math.pi / self.base > rope_context / rope_low,
                self.base / rope_factor,
                torch.where(
                    2 * math.pi / self.base < rope_context / rope_high,
                    self.base,
                    (
                        (
                            (
                                (rope_context * self.base / (2 * math.pi) - rope_low)
                                / (rope_high - rope_low)
                                * (1 - 1 / rope_factor)
                            )
                            + 1 / rope_factor
                        )
                        * self.base
                    ),
                ),
            ),
            persistent=False,
        )

    def forward(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        x = positions[:, None] * self.base  # (T, (head_dim+1)//2)
        x = torch.cat([x, x], dim=-1)
        return x.cos(), x.sin()


class Rope(nn.Module):
    """Rotates the two halves of every head."""

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        a, b = torch.chunk(x, 2, dim=-1)
        return x * cos + torch.cat([-b, a], dim=-1) * sin


class GroupedQueryAttention(nn.Module):
    """Several heads of queries share one of keys and values (arXiv:2305.13245). Keys
    and values of the past come before the new ones.
    """

    def __init__(self, dim: int, heads: int, kv_heads: int, head_dim: int) -> None:
        super().__init__()
        self.q_proj = nn.Linear(dim, heads * head_dim, bias=False)
        self.k_proj = nn.Linear(dim, kv_heads * head_dim, bias=False)
        self.v_proj = nn.Linear(dim, kv_heads * head_dim, bias=False)
        self.q = Rope()
        self.k_new = Rope()
        self.o_proj = nn.Linear(heads * head_dim, dim, bias=False)

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Tensor,
        past: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        head_dim = cos.shape[1]
        q_heads = self.q_proj(x)  # (B, T, head_dim*heads)
        k_heads = self.k_proj(x)  # (B, T, head_dim*kv_heads)
        v_heads = self.v_proj(x)
        q_heads = q_heads.unflatten(-1, (-1, head_dim)).transpose(1, 2)
        k_heads = k_heads.unflatten(-1, (-1, head_dim)).transpose(1, 2)
        v_heads = v_heads.unflatten(-1, (-1, head_dim)).transpose(1, 2)
        q = self.q(q_heads, cos, sin)  # (B, heads, T, head_dim)
        k_new = self.k_new(k_heads, cos, sin)  # (B, kv_heads, T, head_dim)
        k = torch.cat([past[0], k_new], dim=2) if past is not None else k_new
        v = torch.cat([past[1], v_heads], dim=2) if past is not None else v_heads
        merged = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, enable_gqa=True
        )
        merged = merged.transpose(1, 2).flatten(2)  # (B, T, head_dim*heads)
        return self.o_proj(merged), torch.stack([k, v])


class GatedMlp(nn.Module):
    """One half of what is widened gates the other (arXiv:2002.05202)."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(dim, hidden, bias=False)
        self.act_fn = nn.SiLU()
        self.up_proj = nn.Linear(dim, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act_fn(self.gate_proj(x)) * self.up_proj(x)  # (B, T, hidden)
        return self.down_proj(x)


class DecoderLayer(nn.Module):
    """Pre-norm transformer block."""

    def __init__(
        self,
        dim: int,
        heads: int,
        kv_heads: int,
        head_dim: int,
        hidden: int,
        eps: float,
    ) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(dim, eps=eps)
        self.self_attn = GroupedQueryAttention(dim, heads, kv_heads, head_dim)
        self.post_attention_layernorm = nn.RMSNorm(dim, eps=eps)
        self.mlp = GatedMlp(dim, hidden)

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Tensor,
        past: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        self_attn, kv = self.self_attn(self.input_layernorm(x), cos, sin, mask, past)
        x = x + self_attn  # (B, T, dim)
        return x + self.mlp(self.post_attention_layernorm(x)), kv


class LlamaForCausalLMModel(nn.Module):
    def __init__(
        self,
        vocab_size: int,
        dim: int,
        depth: int,
        heads: int,
        kv_heads: int,
        head_dim: int,
        hidden: int,
        eps: float,
        rope_theta: float,
        rope_factor: float,
        rope_low: float,
        rope_high: float,
        rope_context: int,
    ) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(vocab_size, dim)
        self.rotary_emb = Rotary(
            head_dim, rope_theta, rope_factor, rope_low, rope_high, rope_context
        )
        self.layers = nn.ModuleList(
            [
                DecoderLayer(dim, heads, kv_heads, head_dim, hidden, eps)
                for _ in range(depth)
            ],
        )
        self.norm = nn.RMSNorm(dim, eps=eps)

    def forward(
        self,
        input_ids: Tensor,
        positions: Tensor,
        mask: Tensor,
        past: list[Tensor] | None = None,
    ) -> tuple[Tensor, list[Tensor]]:
        x = self.embed_tokens(input_ids)  # (B, T, dim)
        cos, sin = self.rotary_emb(positions)
        all_kv = []
        for i, layer in enumerate(self.layers):
            x, kv = layer(x, cos, sin, mask, past[i] if past is not None else None)
            all_kv.append(kv)
        return self.norm(x), all_kv


class LlamaForCausalLMOutput(NamedTuple):
    """What `LlamaForCausalLM` returns."""

    logits: Tensor
    present: list[Tensor]


class LlamaForCausalLM(nn.Module):
    """Llama 2 and 3 (arXiv:2307.09288, arXiv:2407.21783), with rotary positions,
    grouped-query attention, RMSNorm and SwiGLU. Decodes incrementally when `past` is
    given.
    """

    def __init__(
        self,
        vocab_size: int = 128256,
        dim: int = 4096,
        depth: int = 32,
        heads: int = 32,
        kv_heads: int = 8,
        head_dim: int | None = None,
        hidden: int = 14336,
        eps: float = 1e-5,
        rope_theta: float = 500000.0,
        rope_factor: float = 1.0,
        rope_low: float = 1.0,
        rope_high: float = 4.0,
        rope_context: int = 8192,
    ) -> None:
        super().__init__()
        if head_dim is None:
            head_dim = dim // heads
        if heads % kv_heads != 0:
            raise ValueError("`heads % kv_heads == 0` does not hold")
        self.model = LlamaForCausalLMModel(
            vocab_size,
            dim,
            depth,
            heads,
            kv_heads,
            head_dim,
            hidden,
            eps,
            rope_theta,
            rope_factor,
            rope_low,
            rope_high,
            rope_context,
        )
        self.lm_head = nn.Linear(dim, vocab_size, bias=False)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        past: list[Tensor] | None = None,
    ) -> LlamaForCausalLMOutput:
        T = input_ids.shape[1]
        past_len = past[0].shape[3] if past is not None else 0
        positions = torch.arange(past_len, past_len + T, device=input_ids.device)  # (T)
        causal = positions[:, None] >= torch.arange(
            past_len + T, device=input_ids.device
        )
        mask = (
            causal & attention_mask[:, None, None].bool()
            if attention_mask is not None
            else causal
        )
        x, present = self.model(input_ids, positions, mask, past)
        return LlamaForCausalLMOutput(logits=self.lm_head(x), present=present)
