"""Faults of a recurrent forecaster."""

from __future__ import annotations

from tests.faults import lies, plugins
from tests.faults.fault import Plugin, Seeding

_of = Seeding("recurrent")

SPEC = (
    _of.spec(
        "causal",
        "padded on both sides",
        "front.padded",
        "padded: pad(first, [kernel - 1, 0])",
        "padded: pad(first, [kernel // 2, kernel // 2])",
        also={"front.conv": "the first whose values leak"},
    ),
    _of.spec(
        "causal",
        "padded on the right",
        "front.padded",
        "padded: pad(first, [kernel - 1, 0])",
        "padded: pad(first, [0, kernel - 1])",
        also={"front.conv": "the first whose values leak"},
    ),
    _of.spec(
        "causal",
        "padded one step too late",
        "front.padded",
        "padded: pad(first, [kernel - 1, 0])",
        "padded: pad(first, [kernel - 2, 1])",
        also={"front.conv": "the first whose values leak"},
    ),
    _of.spec(
        "causal",
        "a mean over all times",
        "norm",
        "norm: LayerNorm",
        "norm: mixed - mixed.mean(dim=1, keepdim=True)",
    ),
    _of.spec(
        "causal",
        "the GRU runs backwards",
        "back",
        "gru: {op: GRU,",
        "back: flip(norm, [1])\n  gru: {op: GRU,",
    ),
    _of.spec(
        "causal",
        "the cell begins with the last",
        "start",
        "start: zeros([B, hidden])",
        "start: norm[:, -1]",
        also={"cell*": "the first that leaks"},
    ),
    _of.spec(
        "causal",
        "skips from the next step",
        "skipped",
        "skipped: drop + mixed",
        "skipped: drop + mixed.roll(-1, 1)",
    ),
    _of.spec(
        "causal",
        "normalised over time",
        "skipped",
        "skipped: drop + mixed",
        "skipped: drop + softmax(mixed, dim=1)",
    ),
    _of.spec(
        "batch",
        "first dim for time",
        "gru",
        "hidden_size: hidden, batch_first: true",
        "hidden_size: hidden, batch_first: false",
        also={"gru.output": "its result"},
    ),
    _of.spec(
        "batch",
        "batch norm by the batch",
        "norm",
        "norm: LayerNorm",
        "norm: (mixed - mixed.mean(dim=[0, 1])) / (mixed.std(dim=[0, 1], correction=0) + 1)",
    ),
    _of.spec(
        "batch",
        "a state shared by all",
        "cell*",
        "joined: cat([x_t, h], dim=-1)",
        "joined: cat([x_t, h.mean(dim=0, keepdim=True).expand([B, -1])], dim=-1)",
    ),
    _of.spec(
        "detached",
        "the state",
        "cell*",
        "kept: forget * h + (1 - forget) * tanh(candidate)",
        "kept: forget * h.detach() + (1 - forget) * tanh(candidate)",
    ),
    _of.spec(
        "detached", "the gate", "cell*", "forget: sigmoid(gate)", "forget: sigmoid(gate.detach())"
    ),
    _of.spec(
        "detached",
        "the convolution",
        "mixed",
        "mixed: lifted + front",
        "mixed: lifted + front.detach()",
    ),
    _of.spec(
        "detached",
        "what it stands on",
        "mixed",
        "mixed: lifted + front",
        "mixed: lifted.detach() + front",
    ),
    _of.spec(
        "dead",
        "the candidate",
        "cell*",
        "kept: forget * h + (1 - forget) * tanh(candidate)",
        "kept: forget * h + (1 - forget) * x_t",
    ),
    _of.spec(
        "dead",
        "the gate never opens",
        "cell*",
        "forget: sigmoid(gate)",
        "forget: sigmoid(gate) * 0 + 0.5",
    ),
    _of.spec(
        "dead",
        "the convolution",
        "mixed",
        "mixed: lifted + front",
        "mixed: lifted + lifted",
        also={"front*": "it is what nothing reads"},
    ),
    _of.spec(
        "dead",
        "the series alone",
        "step",
        "step: series + head",
        "step: series + head * 0.0",
        also={"head": "its weight has no gradient"},
    ),
    _of.spec(
        "unused weight",
        "a second head",
        "spare",
        "  head: Linear(out_features=channels)\n",
        "  spare: Linear(out_features=channels)\n  head: Linear(out_features=channels)(skipped)\n",
    ),
    _of.spec(
        "weights",
        "no bias in the GRU",
        "gru",
        "hidden_size: hidden, batch_first: true",
        "hidden_size: hidden, bias: false, batch_first: true",
        '  - {match: "gru.bias_*", with: zeros}\n',
        "",
    ),
    _of.spec(
        "initialisation",
        "a head a thousand times too large",
        "head",
        "{match: head.weight, with: normal(std=0.02)}",
        "{match: head.weight, with: normal(std=20.0)}",
    ),
    _of.spec(
        "initialisation",
        "a GRU of zeros",
        "gru",
        '{match: "gru.weight_*", with: orthogonal}',
        '{match: "gru.weight_*", with: zeros}',
        also={"gru.output": "its result"},
    ),
    _of.spec(
        "positions",
        "the state starts anew",
        "cell*",
        "joined: cat([x_t, h], dim=-1)",
        "joined: cat([x_t, h * 0], dim=-1)",
    ),
    _of.spec(
        "scale",
        "the state grows",
        "cell*",
        "kept: forget * h + (1 - forget) * tanh(candidate)",
        "kept: 30 * h + forget * tanh(candidate)",
    ),
    _of.spec(
        "numerics", "a logarithm of a gate", "cell*", "forget: sigmoid(gate)", "forget: log(gate)"
    ),
    _of.spec(
        "mode",
        "noise in evaluation",
        "drop",
        "drop: Dropout(p=dropout)(cell.trace)",
        "drop: cell.trace + 0.1 * randn_like(cell.trace)",
    ),
    _of.spec(
        "residual", "the last value forgotten", "step", "step: series + head", "step: 1 * head"
    ),
    _of.spec(
        "axes",
        "channels for times",
        "front.first",
        'first: rearrange(lifted, "b t c -> b c t")',
        "first: lifted.reshape([B, hidden, T])",
    ),
)

LOWERING = (
    _of.lowering(
        "arguments",
        "another padding",
        "front.padded",
        "[self.kernel - 1, 0]",
        "[self.kernel // 2, self.kernel // 2]",
    ),
    _of.lowering(
        "arguments",
        "state and input swapped",
        "cell*",
        "torch.cat([x_t, h], dim=-1)",
        "torch.cat([h, x_t], dim=-1)",
    ),
    _of.lowering(
        "arguments",
        "gate the wrong way round",
        "cell*",
        "forget * h + (1 - forget) * torch.tanh",
        "(1 - forget) * h + forget * torch.tanh",
    ),
    _of.lowering(
        "arguments",
        "another axis first",
        "gru",
        "nn.GRU(hidden, hidden, batch_first=True)",
        "nn.GRU(hidden, hidden, batch_first=False)",
    ),
    _of.lowering(
        "axes", "walked over the samples", "cell*", "gru.unbind(1)", "gru.transpose(0, 1).unbind(1)"
    ),
    _of.lowering(
        "axes",
        "in reverse",
        "cell*",
        "for x_t in gru.unbind(1):",
        "for x_t in reversed(gru.unbind(1)):",
    ),
    _of.lowering(
        "calls", "a norm skipped", "norm", "self.gru(self.norm(mixed))", "self.gru(mixed)"
    ),
    _of.lowering(
        "calls",
        "a skip left out",
        "skipped",
        "torch.stack(trace_steps, dim=1)) + mixed",
        "torch.stack(trace_steps, dim=1))",
    ),
    _of.lowering(
        "calls",
        "twice in a step",
        "cell*",
        "= self.cell(h, x_t)",
        "= self.cell(self.cell(h, x_t), x_t)",
    ),
    _of.lowering(
        "state",
        "the state forgotten at each step",
        "cell*",
        "= self.cell(h, x_t)",
        "= self.cell(0 * h, x_t)",
    ),
    _of.lowering("state", "another output", "state cell*", "state=h)", "state=trace_steps[0])"),
    _of.lowering(
        "modes",
        "dropout twice",
        "drop",
        "self.drop(torch.stack(trace_steps, dim=1))",
        "self.drop(self.drop(torch.stack(trace_steps, dim=1)))",
    ),
    _of.lowering(
        "initialisation",
        "the GRU as torch has it",
        "gru",
        'if name.startswith("gru.weight_"):',
        'if name.startswith("gru.weights_"):',
    ),
    _of.lowering(
        "constants",
        "begins with ones",
        "start",
        "h = series.new_zeros(B, self.hidden)",
        "h = series.new_ones(B, self.hidden)",
    ),
)

RULES = (
    _of.rule("shape", "of GELU, one sample", "front.act", lies.resized("GELU", 0, lambda size: 1)),
    _of.rule(
        "shape",
        "of a convolution, one sample",
        "front.conv",
        lies.resized("Conv1d", 0, lambda size: 1),
    ),
    _of.rule("weights", "a GRU without a bias", "gru", lies.without("GRU", "bias_hh_l0")),
    _of.rule(
        "operations",
        "a convolution counts twice",
        "front.conv",
        lies.counted("Conv1d", lies.double),
    ),
)

PLUGINS = (
    _of.plugin(
        "causality",
        "adds the mean over all times",
        "norm",
        Plugin(plugins.Ahead),
        "norm: LayerNorm",
        "norm: Ahead",
    ),
    _of.plugin(
        "causality",
        "rolls the last to the front",
        "norm",
        Plugin(plugins.Shift),
        "norm: LayerNorm",
        "norm: Shift",
    ),
    _of.plugin(
        "state",
        "drifts in evaluation",
        "norm",
        Plugin(plugins.Drifting),
        "norm: LayerNorm",
        "norm: Drifting",
    ),
    _of.plugin(
        "state",
        "scales in training",
        "norm",
        Plugin(plugins.EvaluationScale),
        "norm: LayerNorm",
        "norm: EvaluationScale",
    ),
    _of.plugin(
        "gradients",
        "wrong for half of the numbers",
        "front.act",
        Plugin(plugins.WrongSign),
        "act: GELU",
        "act: WrongSign",
    ),
    _of.plugin(
        "shape",
        "drops the batch of one",
        "norm",
        Plugin(plugins.Squeezing, plugins.unchanged),
        "norm: LayerNorm",
        "norm: Squeezing",
    ),
    _of.plugin(
        "weights",
        "a buffer that nothing saves",
        "norm",
        Plugin(plugins.Unsaved),
        "norm: LayerNorm",
        "norm: Unsaved(features=hidden)",
    ),
    _of.plugin(
        "precision",
        "adds what is large",
        "norm",
        Plugin(plugins.Cancelling),
        "norm: LayerNorm",
        "norm: Cancelling",
    ),
)

FAULTS = (*SPEC, *LOWERING, *RULES, *PLUGINS)
