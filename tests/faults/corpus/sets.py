"""Faults of a set transformer."""

from __future__ import annotations

from tests.faults import lies, plugins
from tests.faults.fault import Plugin, Seeding

_of = Seeding("sets")
_L = "blocks.*."
_A = "*.attn."
_BLOCK = {
    "blocks.*.fc2": "where `res2` is another name for it",
    "blocks.*.attn.out": "where `res1` is another name for it",
    "blocks.?": "the residual is declared of the block",
    "blocks": "of all its blocks",
}

SPEC = (
    _of.spec(
        "residual",
        "forgotten around the attention",
        _L + "res1",
        "res1: x + attn",
        "res1: attn",
        also=_BLOCK,
    ),
    _of.spec(
        "residual",
        "forgotten around the perceptron",
        _L + "res2",
        "res2: res1 + fc2",
        "res2: fc2",
        also=_BLOCK,
    ),
    _of.spec(
        "residual",
        "around the norm alone",
        _L + "res2",
        "res2: res1 + fc2",
        "res2: norm2 + fc2",
        also=_BLOCK,
    ),
    _of.spec(
        "permutation",
        "causal attention in a set",
        _A + "attended pool.attended",
        "attended: scaled_dot_product_attention(q, k, v)",
        "attended: scaled_dot_product_attention(q, k, v, is_causal=True)",
    ),
    _of.spec(
        "permutation",
        "numbers of the items as a feature",
        "encode",
        "encode: Linear(out_features=dim)",
        "encode: Linear(out_features=dim)(items + 0.1 * arange(N)[:, None])",
    ),
    _of.spec(
        "permutation",
        "the first item for the largest",
        "largest",
        "largest: amax(blocks, dim=1)",
        "largest: blocks[:, 0]",
        also={"joined": "what reads it", "hidden": "what reads it"},
    ),
    _of.spec(
        "permutation",
        "the last item added",
        "joined",
        "joined: cat([pool[:, 0], spread, largest], dim=-1)",
        "joined: cat([pool[:, 0], spread, largest + blocks[:, -1]], dim=-1)",
    ),
    _of.spec(
        "permutation",
        "a running sum",
        _L + "res1",
        "res1: x + attn",
        "res1: x + attn.cumsum(dim=1)",
        also=_BLOCK,
    ),
    _of.spec("softmax", "over the outputs", "y", "y: softplus(head)", "y: softmax(head, dim=0)"),
    _of.spec("range", "softplus forgotten", "y", "y: softplus(head)", "y: 1 * head"),
    _of.spec("range", "logarithm of it", "y", "y: softplus(head)", "y: log(softplus(head))"),
    _of.spec(
        "batch",
        "spread over the batch",
        "spread",
        "spread: std(blocks, dim=1, correction=0)",
        "spread: std(blocks, dim=[0, 1], correction=0).expand([B, dim])",
        also={"joined": "what reads it"},
    ),
    _of.spec(
        "batch",
        "the attention's mean over the samples",
        _L + "res1",
        "res1: x + attn",
        "res1: x + attn - attn.mean(dim=0)",
        also=_BLOCK,
    ),
    _of.spec(
        "batch",
        "centred over the batch",
        "act",
        "  act: GELU\n",
        "  act: gelu(hidden - hidden.mean(dim=0))\n",
    ),
    _of.spec(
        "detached",
        "the queries",
        _A + "attended pool.attended",
        "attended: scaled_dot_product_attention(q, k, v)",
        "attended: scaled_dot_product_attention(q.detach(), k, v)",
    ),
    _of.spec(
        "detached",
        "the spread",
        "joined",
        "joined: cat([pool[:, 0], spread, largest], dim=-1)",
        "joined: cat([pool[:, 0], spread.detach(), largest], dim=-1)",
    ),
    _of.spec(
        "detached",
        "by the largest's number",
        "largest",
        "largest: amax(blocks, dim=1)",
        "largest: argmax(blocks, dim=1).float()",
    ),
    _of.spec(
        "dead",
        "pooling left out",
        "joined",
        "joined: cat([pool[:, 0], spread, largest], dim=-1)",
        "joined: cat([spread, spread, largest], dim=-1)",
        also={"pool*": "it is what nothing reads", "seed": "it is what nothing reads"},
    ),
    _of.spec(
        "dead",
        "attention to one item",
        _A + "attended pool.attended",
        "attended: scaled_dot_product_attention(q, k, v)",
        "attended: scaled_dot_product_attention(q, k[:, :, :1], v[:, :, :1]).expand([-1, -1, Q, -1])",
        also={"*.q_proj": "its gradient is zero", "*.k_proj": "its gradient is zero"},
    ),
    _of.spec(
        "dead",
        "the perceptron times zero",
        _L + "res2",
        "res2: res1 + fc2",
        "res2: res1 + fc2 * 0.0",
    ),
    _of.spec(
        "dead",
        "a bias before a softmax",
        _A + "k_proj pool.k_proj",
        "k_proj: Linear(out_features=dim, bias=False)(items)",
        "k_proj: Linear(out_features=dim)(items)",
        also={"*.k": "the bias cancels in the softmax", "*.attended": "where it cancels"},
    ),
    _of.spec(
        "unused weight",
        "a second query",
        "seed2",
        "  spread: std",
        "  seed2: {parameter: [1, 1, dim]}\n  spread: std",
    ),
    _of.spec(
        "weights",
        "one block for all",
        "blocks",
        "blocks: {op: Block, repeat: depth}",
        "blocks: {op: Block, repeat: depth, shared: true}",
        also={"blocks.*": "one of them"},
    ),
    _of.spec(
        "initialisation", "queries of zeros", "seed", "init: normal(std=1.0)", "init: zeros()"
    ),
    _of.spec(
        "initialisation",
        "a head of thousands",
        "head",
        "- {match: Linear.bias, with: zeros}",
        "- {match: Linear.bias, with: zeros}\n  - {match: head.weight, with: normal(std=1000.0)}",
        also={"y": "the output of it"},
    ),
    _of.spec(
        "numerics",
        "the spread of one item",
        "spread",
        "spread: std(blocks, dim=1, correction=0)",
        "spread: std(blocks, dim=1, correction=1)",
        also={"joined": "what reads it"},
    ),
    _of.spec(
        "numerics", "an exponential for softplus", "y", "y: softplus(head)", "y: exp(head * 60)"
    ),
    _of.spec(
        "mode",
        "dropout that never ends",
        _L + "act",
        "act: ReLU",
        "act: relu(fc1) * (rand([B, N, 2 * dim]) > 0.1).float()",
    ),
    _of.spec(
        "axes",
        "heads and items mixed",
        _A + "merged pool.merged",
        'merged: rearrange(attended, "b h n d -> b n (h d)")',
        "merged: attended.reshape([B, Q, dim])",
    ),
)

LOWERING = (
    _of.lowering(
        "arguments",
        "keys and values swapped",
        _A + "* pool.*",
        "F.scaled_dot_product_attention(x, k, v)",
        "F.scaled_dot_product_attention(x, v, k)",
    ),
    _of.lowering(
        "arguments",
        "another correction",
        "spread",
        "dim=1, correction=0)",
        "dim=1, correction=0.5)",
    ),
    _of.lowering(
        "arguments",
        "another sign of the query",
        "pool*",
        "self.pool(self.seed.expand(",
        "self.pool(-self.seed.expand(",
    ),
    _of.lowering(
        "axes",
        "the smallest for the largest",
        "largest",
        "torch.amax(",
        "torch.amin(",
    ),
    _of.lowering(
        "axes",
        "heads not transposed back",
        _A + "merged pool.merged",
        "F.scaled_dot_product_attention(x, k, v).transpose(1, 2).flatten(2)",
        "F.scaled_dot_product_attention(x, k, v).flatten(1).unflatten(1, [-1, 12])",
    ),
    _of.lowering(
        "axes",
        "joined in another order",
        "joined",
        "[pool[:, 0], spread, largest]",
        "[pool[:, 0], largest, spread]",
    ),
    _of.lowering(
        "calls",
        "the second norm is the first",
        _L + "norm2",
        "self.fc1(self.norm2(x))",
        "self.fc1(self.norm1(x))",
    ),
    _of.lowering(
        "calls",
        "an activation skipped",
        _L + "act",
        "return x + self.fc2(self.act(fc1))",
        "return x + self.fc2(fc1)",
    ),
    _of.lowering(
        "modes",
        "dropout in training",
        "act",
        "        x = self.act(x)\n",
        "        x = F.dropout(self.act(x), 0.2, self.training)\n",
    ),
    _of.lowering(
        "initialisation",
        "another deviation",
        "seed",
        "nn.init.normal_(self.seed, std=1.0)",
        "nn.init.normal_(self.seed, std=0.1)",
    ),
    _of.lowering(
        "initialisation",
        "biases keep what torch gives",
        "encode " + _L + "* " + "pool.* hidden head",
        "            nn.init.zeros_(module.bias)\n",
        "            pass\n",
    ),
)

RULES = (
    _of.rule("shape", "of a ReLU, one sample", _L + "act", lies.resized("ReLU", 0, lambda size: 1)),
    _of.rule(
        "weights",
        "a norm's weight with a dim more",
        _L + "norm?",
        lies.reshaped("LayerNorm", "weight", lambda s: (1, *s)),
    ),
    _of.rule(
        "operations",
        "attention counts twice",
        _A + "attended pool.attended",
        lies.counted("scaled_dot_product_attention", lies.double),
    ),
)

PLUGINS = (
    _of.plugin(
        "batch",
        "scales by the batch's largest",
        "act",
        Plugin(plugins.BatchScale),
        "  act: GELU\n",
        "  act: BatchScale\n",
    ),
    _of.plugin(
        "positions",
        "adds the number of the item",
        _L + "act",
        Plugin(plugins.Order),
        "act: ReLU",
        "act: Order",
    ),
    _of.plugin(
        "gradients",
        "a gain that cancels",
        "act",
        Plugin(plugins.DeadGain, plugins.unchanged),
        "  act: GELU\n",
        "  act: DeadGain\n",
    ),
    _of.plugin(
        "gradients",
        "a backward pass that is wrong",
        _L + "act",
        Plugin(plugins.WrongBackward),
        "act: ReLU",
        "act: WrongBackward",
    ),
    _of.plugin(
        "weights",
        "a projection that nothing saves",
        "act",
        Plugin(plugins.Hidden),
        "  act: GELU\n",
        "  act: Hidden(features=dim)\n",
    ),
    _of.plugin(
        "precision",
        "an epsilon that vanishes",
        "act",
        Plugin(plugins.Tiny),
        "  act: GELU\n",
        "  act: Tiny\n",
    ),
    _of.plugin(
        "layout",
        "reads memory as it lies",
        "ordered",
        Plugin(plugins.Strided, plugins.unchanged),
        "encode: Linear(out_features=dim)",
        "ordered: Strided\n  encode: Linear(out_features=dim)",
    ),
)

FAULTS = (*SPEC, *LOWERING, *RULES, *PLUGINS)
