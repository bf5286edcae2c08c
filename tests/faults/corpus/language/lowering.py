"""Faults of the source back end, in what it emits."""

from __future__ import annotations

from tests.faults.fault import Seeding

_of = Seeding("language")
_CORE = "layers.*.attn."

LOWERING = (
    _of.lowering(
        "arguments",
        "cosine and sine swapped",
        _CORE + "q " + _CORE + "q.*",
        "q = self.q(q_heads, cos, sin)",
        "q = self.q(q_heads, sin, cos)",
    ),
    _of.lowering(
        "arguments",
        "keys of the past for its values",
        _CORE + "*",
        "v = torch.cat([past[1]",
        "v = torch.cat([past[0]",
    ),
    _of.lowering(
        "arguments",
        "another scale",
        _CORE + "scores",
        "keys.mT / math.sqrt(head_dim)",
        "keys.mT / math.sqrt(x.shape[2])",
    ),
    _of.lowering(
        "arguments",
        "another epsilon",
        "layers.*.norm1",
        "self.norm1 = nn.RMSNorm(dim, eps=1e-6)",
        "self.norm1 = nn.RMSNorm(dim, eps=1e-3)",
    ),
    _of.lowering(
        "axes",
        "another axis of the softmax",
        _CORE + "weights",
        "-math.inf), dim=-1)",
        "-math.inf), dim=-2)",
    ),
    _of.lowering(
        "axes",
        "values not transposed",
        _CORE + "v_heads",
        "v_heads = v_heads.unflatten(-1, (-1, head_dim)).transpose(1, 2)",
        "v_heads = v_heads.unflatten(-1, (-1, head_dim)).reshape(x.shape[0], 2, -1, 4)",
    ),
    _of.lowering(
        "axes",
        "repeated, not interleaved",
        _CORE + "keys",
        "repeat_interleave(self.heads // self.kv_heads, dim=1)\n        values",
        "repeat(1, self.heads // self.kv_heads, 1, 1)\n        values",
    ),
    _of.lowering(
        "calls",
        "a norm skipped",
        "layers.*.norm2",
        "self.mlp(self.norm2(x)), kv",
        "self.mlp(x), kv",
    ),
    _of.lowering(
        "calls",
        "the last layer skipped",
        "layers.*",
        "enumerate(self.layers):",
        "enumerate(self.layers[:1]):",
    ),
    _of.lowering(
        "calls", "dropout skipped", "drop", "        x = self.drop(x)\n", "        x = x\n"
    ),
    _of.lowering(
        "state",
        "the first layer's cache for all",
        _CORE + "k " + _CORE + "v",
        "past[i] if past is not None else None)",
        "past[0] if past is not None else None)",
    ),
    _of.lowering(
        "state",
        "the cache left out of the positions",
        "before positions mask",
        "before = past[0].shape[3] if past is not None else 0",
        "before = past[0].shape[2] if past is not None else 0",
    ),
    _of.lowering(
        "sharing",
        "the head untied",
        "head",
        "        self.head.weight = self.embed.weight  # tied\n",
        "        self.head.weight = nn.Parameter(self.embed.weight.detach().clone())\n",
    ),
    _of.lowering(
        "initialisation",
        "branches begin as the others",
        "layers.*.o_proj layers.*.attn.o_proj",
        'if name.endswith(".o_proj.weight"):',
        'if name.endswith("o.proj.weight"):',
    ),
    _of.lowering(
        "constants",
        "a buffer with another step",
        "freqs",
        "torch.arange(0, head_dim, 2) / head_dim",
        "torch.arange(0, head_dim, 2) / dim",
    ),
)
