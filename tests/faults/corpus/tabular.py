"""Faults of a mixer over the columns of a table."""

from __future__ import annotations

from tests.faults import lies, plugins
from tests.faults.fault import Plugin, Seeding

_of = Seeding("tabular")
_L = "mixers.*."
_BLOCK = {
    "mixers.*.back": "where `res1` is another name for it",
    "mixers.*.fc4": "where `out` is another name for it",
    "mixers.?": "the residual is declared of the block",
    "mixers": "of all its blocks",
}

SPEC = (
    _of.spec(
        "residual",
        "forgotten across the columns",
        _L + "res1",
        "res1: x + back",
        "res1: back",
        also=_BLOCK,
    ),
    _of.spec(
        "residual",
        "forgotten within a column",
        _L + "out",
        "out: res1 + fc4",
        "out: fc4",
        also=_BLOCK,
    ),
    _of.spec(
        "residual",
        "past the first branch",
        _L + "out",
        "out: res1 + fc4",
        "out: x + fc4",
        also={**_BLOCK, _L + "fc2": "it is what nothing else reads"},
    ),
    _of.spec(
        "residual", "doubled", _L + "out", "out: res1 + fc4", "out: res1 + x + fc4", also=_BLOCK
    ),
    _of.spec(
        "softmax",
        "over the samples",
        "weight",
        "weight: softmax(score, dim=1)",
        "weight: softmax(score, dim=0)",
    ),
    _of.spec(
        "softmax",
        "over a dim of one",
        "weight",
        "weight: softmax(score, dim=1)",
        "weight: softmax(score, dim=2)",
        also={"score": "its gradient is zero"},
    ),
    _of.spec(
        "softmax",
        "of the samples at the end",
        "scaled",
        "scaled: log_softmax(head, dim=-1)",
        "scaled: log_softmax(head, dim=0)",
        also={"probabilities": "what is declared of it"},
    ),
    _of.spec(
        "softmax",
        "forgotten at the end",
        "scaled",
        "scaled: log_softmax(head, dim=-1)",
        "scaled: 1 * head",
        also={"probabilities": "what is declared of it"},
    ),
    _of.spec(
        "softmax",
        "twice",
        "probabilities",
        "probabilities: exp(scaled)",
        "probabilities: softmax(exp(scaled), dim=0)",
    ),
    _of.spec(
        "range",
        "not exponentiated",
        "probabilities",
        "probabilities: exp(scaled)",
        "probabilities: -scaled",
    ),
    _of.spec(
        "batch",
        "statistics of the batch",
        "normed",
        "normed: BatchNorm1d(affine=False)(x_num)",
        "normed: BatchNorm1d(affine=False, track_running_stats=False)(x_num)",
    ),
    _of.spec(
        "batch",
        "mixes the samples",
        _L + "across",
        'across: rearrange(norm1, "b n c -> b c n")',
        'across: rearrange(norm1 - norm1.mean(dim=0), "b n c -> b c n")',
    ),
    _of.spec(
        "batch",
        "the mean of the tokens",
        "tokens",
        "tokens: cat([numeric, stack(categories, dim=1)], dim=1)",
        "tokens: cat([numeric, stack(categories, dim=1) + numeric.mean(dim=[0, 1])], dim=1)",
    ),
    _of.spec(
        "detached",
        "the weights of the pooling",
        "pooled",
        "pooled: (final * weight).sum(dim=1)",
        "pooled: (final * weight.detach()).sum(dim=1)",
    ),
    _of.spec(
        "detached",
        "what is pooled",
        "pooled",
        "pooled: (final * weight).sum(dim=1)",
        "pooled: (final.detach() * weight).sum(dim=1)",
    ),
    _of.spec(
        "detached",
        "categories",
        "tokens",
        "tokens: cat([numeric, stack(categories, dim=1)], dim=1)",
        "tokens: cat([numeric, stack(categories, dim=1).detach()], dim=1)",
    ),
    _of.spec(
        "detached",
        "one of the outputs",
        "probabilities",
        "probabilities: exp(scaled)",
        "probabilities: exp(scaled.detach())",
    ),
    _of.spec(
        "dead",
        "numbers times zero",
        "numeric.tokens",
        "tokens: normed[..., None] * weight + bias",
        "tokens: (0.0 * normed)[..., None] * weight + bias",
        also={"numeric*": "the block of it", "normed": "what it cuts off"},
    ),
    _of.spec(
        "dead",
        "a score that cancels",
        "pooled",
        "pooled: (final * weight).sum(dim=1)",
        "pooled: (final + weight - weight).sum(dim=1)",
        also={"weight": "what cancels", "score": "its gradient is zero"},
    ),
    _of.spec(
        "dead",
        "a mixer of none",
        _L + "back",
        'back: rearrange(fc2, "b c n -> b n c")',
        'back: rearrange(fc2 - fc2, "b c n -> b n c")',
    ),
    _of.spec(
        "dead", "a ReLU that never opens", _L + "act1", "act1: GELU", "act1: relu(-fc1.square())"
    ),
    _of.spec(
        "unused weight",
        "a bias of the table",
        "spare",
        "  tokens: cat([numeric, stack",
        "  spare: {parameter: [columns, dim]}\n  tokens: cat([numeric, stack",
    ),
    _of.spec(
        "weights",
        "one mixer for all",
        "mixers",
        "mixers: {op: Mixer, repeat: depth}",
        "mixers: {op: Mixer, repeat: depth, shared: true}",
        also={"mixers.*": "one of them"},
    ),
    _of.spec(
        "weights",
        "one table for all categories",
        "categories",
        "    op: Embedding\n    num_embeddings: n\n",
        "    op: Embedding\n    shared: true\n    num_embeddings: max(cardinalities)\n",
        also={"categories*": "one of them"},
    ),
    _of.spec(
        "initialisation",
        "a head a hundred times too large",
        "head",
        "- {match: Linear.bias, with: zeros}",
        "- {match: Linear.bias, with: zeros}\n  - {match: head.weight, with: normal(std=30.0)}",
    ),
    _of.spec(
        "initialisation",
        "linear layers of zeros",
        "head score " + _L + "*",
        "with: trunc_normal(std=0.1)",
        "with: zeros",
    ),
    _of.spec(
        "initialisation",
        "linear layers all alike",
        "head score " + _L + "*",
        "with: trunc_normal(std=0.1)",
        "with: constant(0.1)",
    ),
    _of.spec(
        "initialisation",
        "weights of the numbers a thousand times too large",
        "numeric.weight",
        "init: normal(std=0.5)}",
        "init: normal(std=50000.0)}",
        also={"numeric*": "the block of it", "tokens": "the first that is too large"},
    ),
    _of.spec(
        "mode",
        "noise in evaluation",
        "pooled",
        "pooled: (final * weight).sum(dim=1)",
        "pooled: (final * weight * (1 + 0.1 * randn_like(final))).sum(dim=1)",
    ),
    _of.spec(
        "arguments",
        "one column twice",
        "categories",
        "from: x_cat[:, k]",
        "from: x_cat[:, 0]",
        also={"categories*": "one of them", "x_cat": "what is read in part"},
    ),
    _of.spec("activation", "forgotten", _L + "act2", "act2: GELU", "act2: Identity"),
)

LOWERING = (
    _of.lowering(
        "arguments",
        "columns in another order",
        "tokens",
        "torch.cat([x, torch.stack(categories, dim=1)], dim=1)",
        "torch.cat([torch.stack(categories, dim=1), x], dim=1)",
    ),
    _of.lowering(
        "arguments",
        "another column",
        "categories*",
        "category(x_cat[:, k]) for k, category",
        "category(x_cat[:, 0]) for k, category",
    ),
    _of.lowering(
        "arguments",
        "affine after all",
        "normed",
        "nn.BatchNorm1d(numbers, affine=False)",
        "nn.BatchNorm1d(numbers, affine=True)",
    ),
    _of.lowering(
        "arguments",
        "weight and bias swapped",
        "numeric.tokens",
        "normed[..., None] * self.weight + self.bias",
        "normed[..., None] * self.bias + self.weight",
    ),
    _of.lowering(
        "axes",
        "not transposed back",
        _L + "back",
        "x = x + self.fc2(self.drop1(out)).transpose(1, 2)",
        "x = x + self.fc2(self.drop1(out)).reshape(x.shape)",
    ),
    _of.lowering(
        "axes",
        "pooled by another softmax",
        "weight",
        "F.softmax(self.score(x), dim=1)",
        "F.softmax(self.score(x), dim=0)",
    ),
    _of.lowering(
        "axes",
        "pooled over the features",
        "pooled",
        "(x * weight).sum(dim=1)",
        "(x * weight)[:, 0]",
    ),
    _of.lowering(
        "calls",
        "a norm for another",
        _L + "norm2",
        "self.fc3(self.norm2(x))",
        "self.fc3(self.norm1(x))",
    ),
    _of.lowering(
        "calls", "a norm skipped", "final", "        x = self.final(x)\n", "        x = 1 * x\n"
    ),
    _of.lowering(
        "calls", "a mixer skipped", "mixers*", "self.mixers(torch.cat", "self.mixers[:1](torch.cat"
    ),
    _of.lowering(
        "modes",
        "dropout left out",
        _L + "drop2",
        "return x + self.fc4(self.drop2(fc3))",
        "return x + self.fc4(fc3)",
    ),
    _of.lowering(
        "modes",
        "dropout in evaluation",
        _L + "drop1",
        "self.fc2(self.drop1(out))",
        "self.fc2(F.dropout(out, 0.1))",
    ),
    _of.lowering(
        "sharing",
        "one mixer for all",
        "mixers*",
        "*[Mixer(len(cardinalities) + numbers, dim, dropout) for _ in range(depth)]",
        "*([Mixer(len(cardinalities) + numbers, dim, dropout)] * depth)",
    ),
    _of.lowering(
        "initialisation",
        "another deviation",
        "score head " + _L + "*",
        "nn.init.trunc_normal_(module.weight, std=0.1)",
        "nn.init.trunc_normal_(module.weight, std=0.2)",
    ),
    _of.lowering(
        "initialisation",
        "a bias that does not begin with zeros",
        "numeric.bias",
        "nn.Parameter(torch.zeros(numbers, dim))",
        "nn.Parameter(torch.ones(numbers, dim))",
    ),
)

RULES = (
    _of.rule(
        "shape", "of a softmax, one column", "weight", lies.resized("softmax", 1, lambda size: 1)
    ),
    _of.rule(
        "shape", "of a softmax, one sample", "weight", lies.resized("softmax", 0, lambda size: 1)
    ),
    _of.rule(
        "weights",
        "batch norm without its mean",
        "normed",
        lies.without("BatchNorm1d", "running_mean"),
    ),
    _of.rule(
        "operations",
        "linear layers count three times",
        "head score " + _L + "*",
        lies.counted("Linear", lambda size: 3 * size),
    ),
)

PLUGINS = (
    _of.plugin(
        "batch",
        "adds the first sample",
        "final",
        Plugin(plugins.FirstSample),
        "final: LayerNorm",
        "final: FirstSample",
    ),
    _of.plugin(
        "gradients",
        "detaches",
        "final",
        Plugin(plugins.Detached),
        "final: LayerNorm",
        "final: Detached",
    ),
    _of.plugin(
        "gradients",
        "a gain under no_grad",
        "final",
        Plugin(plugins.WithoutGrad, plugins.unchanged),
        "final: LayerNorm",
        "final: WithoutGrad",
    ),
    _of.plugin(
        "state",
        "counts its calls",
        "final",
        Plugin(plugins.Counting),
        "final: LayerNorm",
        "final: Counting",
    ),
    _of.plugin(
        "state",
        "random in evaluation",
        "final",
        Plugin(plugins.AlwaysNoisy),
        "final: LayerNorm",
        "final: AlwaysNoisy",
    ),
    _of.plugin(
        "weights",
        "begins a thousand times too large",
        "final",
        Plugin(plugins.HugeStart),
        "final: LayerNorm",
        "final: HugeStart(features=dim)",
    ),
    _of.plugin(
        "shape",
        "gives integers",
        "final",
        Plugin(plugins.AsLong, plugins.unchanged),
        "final: LayerNorm",
        "final: AsLong",
    ),
    _of.plugin(
        "tracing",
        "goes by values",
        "final",
        Plugin(plugins.Branching, plugins.unchanged),
        "final: LayerNorm",
        "final: Branching",
    ),
)

FAULTS = (*SPEC, *LOWERING, *RULES, *PLUGINS)
