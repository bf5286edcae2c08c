"""Faults of a graph network."""

from __future__ import annotations

from tests.faults import lies, plugins
from tests.faults.fault import Plugin, Seeding

_of = Seeding("graph")
_L = "layers.*."
_BLOCK = {"layers.?": "the residual is declared of the block", "layers": "of all its blocks"}
_PLACED = {_L + "arrived": "what comes of it", _L + "summed": "where messages meet"}

SPEC = (
    _of.spec(
        "residual",
        "forgotten",
        _L + "out",
        "out: h + sigmoid(gate) * tanh(update)",
        "out: sigmoid(gate) * tanh(update)",
        also=_BLOCK,
    ),
    _of.spec(
        "residual",
        "from the norm",
        _L + "out",
        "out: h + sigmoid(gate) * tanh(update)",
        "out: normed + sigmoid(gate) * tanh(update)",
        also=_BLOCK,
    ),
    _of.spec(
        "residual",
        "halved",
        _L + "out",
        "out: h + sigmoid(gate) * tanh(update)",
        "out: 0.5 * h + sigmoid(gate) * tanh(update)",
        also=_BLOCK,
    ),
    _of.spec(
        "permutation",
        "numbers of the nodes as a feature",
        "encode",
        "encode: Linear(out_features=dim)(x)",
        "encode: Linear(out_features=dim)(x + 0.1 * arange(N)[:, None])",
    ),
    _of.spec(
        "permutation",
        "messages in the order of edges",
        _L + "message",
        "* scale[source][:, None]",
        "* scale[source][:, None] * (1 + 0.1 * arange(E)[:, None])",
    ),
    _of.spec(
        "permutation",
        "a running sum over the nodes",
        _L + "arrived",
        "arrived: summed * scale[:, None]",
        "arrived: cumsum(summed, dim=0) * scale[:, None]",
    ),
    _of.spec(
        "permutation",
        "the neighbour in memory",
        _L + "both",
        "both: cat([normed, arrived], dim=-1)",
        "both: cat([normed.roll(1, 0), arrived], dim=-1)",
    ),
    _of.spec(
        "permutation",
        "the first node for all",
        _L + "both",
        "both: cat([normed, arrived], dim=-1)",
        "both: cat([normed, arrived + normed[:1]], dim=-1)",
    ),
    _of.spec(
        "permutation",
        "one message wins where several arrive",
        _L + "summed",
        "summed: zeros([N, dim]).index_add(0, target, message)",
        "summed: zeros([N, dim]).index_copy(0, target, message)",
    ),
    _of.spec(
        "softmax",
        "over the nodes",
        _L + "out",
        "out: h + sigmoid(gate) * tanh(update)",
        "out: h + softmax(gate, dim=0) * tanh(update)",
    ),
    _of.spec(
        "arguments",
        "source and target swapped in the degree",
        "degree",
        "degree: zeros([N]).index_add(0, target, ones([E]))",
        "degree: zeros([N]).index_add(0, source, ones([E]))",
    ),
    _of.spec(
        "arguments",
        "messages taken where they arrive",
        _L + "message",
        "from_source[source] + from_edge",
        "from_source[target] + from_edge",
    ),
    _of.spec(
        "detached",
        "the messages",
        _L + "arrived",
        "arrived: summed * scale[:, None]",
        "arrived: summed.detach() * scale[:, None]",
    ),
    _of.spec(
        "detached",
        "the gate, in part",
        _L + "out",
        "out: h + sigmoid(gate) * tanh(update)",
        "out: h + sigmoid(gate.detach() + 0.5 * gate) * tanh(update)",
    ),
    _of.spec(
        "dead",
        "edges left out",
        _L + "message",
        "from_source[source] + from_edge",
        "from_source[source]",
        also={
            _L + "from_edge": "it is what nothing reads",
            "edge_attr": "it is what nothing reads",
        },
    ),
    _of.spec(
        "dead",
        "the gate closed",
        _L + "out",
        "out: h + sigmoid(gate) * tanh(update)",
        "out: h + relu(-gate.abs()) * tanh(update)",
    ),
    _of.spec(
        "dead",
        "messages left out",
        _L + "both",
        "both: cat([normed, arrived], dim=-1)",
        "both: cat([normed, normed], dim=-1)",
        also={
            **_PLACED,
            _L + "message": "it is what nothing reads",
            _L + "from_*": "it is what nothing reads",
        },
    ),
    _of.spec(
        "unused weight",
        "a second decoder",
        "spare",
        "  decode:\n",
        "  spare: Linear(out_features=dim)(layers)\n  decode:\n",
    ),
    _of.spec(
        "weights",
        "one layer for all",
        "layers",
        "repeat: depth, from: {h: encode",
        "repeat: depth, shared: true, from: {h: encode",
        also={"layers.*": "one of them"},
    ),
    _of.spec(
        "weights",
        "no bias",
        "encode",
        "encode: Linear(out_features=dim)(x)",
        "encode: Linear(out_features=dim, bias=False)(x)",
    ),
    _of.spec(
        "initialisation",
        "a decoder a thousand times too large",
        "decode.fc2",
        "- {match: Linear.bias, with: zeros}",
        "- {match: Linear.bias, with: zeros}\n  - {match: decode.fc2.weight, with: normal(std=300.0)}",
        also={"y": "declared of the output", "decode": "the block of it"},
    ),
    _of.spec(
        "initialisation",
        "all weights alike",
        "encode " + _L + "* decode.*",
        "with: xavier_uniform",
        "with: constant(0.1)",
    ),
    _of.spec(
        "numerics",
        "the degree of a lonely node",
        "scale",
        "scale: 1 / sqrt(degree + 1)",
        "scale: 1 / sqrt(degree)",
        also={_L + "*": "what it makes infinite"},
    ),
    _of.spec(
        "scale",
        "messages not normalised",
        "scale",
        "scale: 1 / sqrt(degree + 1)",
        "scale: (degree + 1) * 1000",
    ),
    _of.spec(
        "mode",
        "noise in evaluation",
        _L + "both",
        "both: cat([normed, arrived], dim=-1)",
        "both: cat([normed, arrived + 0.01 * randn_like(arrived)], dim=-1)",
    ),
    _of.spec("activation", "forgotten in the decoder", "decode.act", "act: ReLU", "act: Identity"),
)

LOWERING = (
    _of.lowering(
        "arguments",
        "source and target swapped",
        "source target",
        "source = edges[0]  # (E)\n        target = edges[1]",
        "target = edges[0]  # (E)\n        source = edges[1]",
    ),
    _of.lowering(
        "arguments",
        "gate and update swapped",
        _L + "gate " + _L + "update " + _L + "out",
        "torch.sigmoid(self.gate(both)) * torch.tanh(self.update(both))",
        "torch.sigmoid(self.update(both)) * torch.tanh(self.gate(both))",
    ),
    _of.lowering(
        "arguments",
        "messages to their source",
        _L + "summed",
        "index_add(0, target, message)",
        "index_add(0, source, message)",
    ),
    _of.lowering(
        "axes",
        "joined the other way round",
        _L + "both",
        "torch.cat([normed, summed * scale[:, None]], dim=-1)",
        "torch.cat([summed * scale[:, None], normed], dim=-1)",
    ),
    _of.lowering(
        "axes",
        "scaled at the wrong end",
        _L + "message",
        "* scale[source][:, None]",
        "* scale[target][:, None]",
    ),
    _of.lowering(
        "calls", "a norm skipped", _L + "normed", "normed = self.normed(h)", "normed = 1 * h"
    ),
    _of.lowering(
        "calls",
        "layers in reverse",
        "layers*",
        "for layer in self.layers:",
        "for layer in reversed(self.layers):",
    ),
    _of.lowering(
        "calls",
        "one layer twice",
        "layers*",
        "layers = layer(layers, source, target, edge_attr, scale)",
        "layers = self.layers[0](layers, source, target, edge_attr, scale)",
    ),
    _of.lowering(
        "constants", "another constant", "scale", "x.new_ones(E)) + 1)", "x.new_ones(E)) + 2)"
    ),
    _of.lowering(
        "sharing",
        "one layer for all",
        "layers*",
        "[Layer(edge_features, dim) for _ in range(depth)]",
        "[Layer(edge_features, dim)] * depth",
    ),
    _of.lowering(
        "initialisation",
        "normal for uniform",
        "encode " + _L + "* decode.*",
        "nn.init.xavier_uniform_(module.weight)",
        "nn.init.xavier_normal_(module.weight)",
    ),
    _of.lowering(
        "modes",
        "noise in training",
        "decode.fc1",
        "x = self.fc1(layers)",
        "x = F.dropout(self.fc1(layers), 0.1, self.training)",
    ),
)

RULES = (
    _of.rule(
        "shape", "of a ReLU, one edge", _L + "message", lies.resized("relu", 0, lambda size: 1)
    ),
    _of.rule(
        "shape", "of a sigmoid, one node", _L + "out", lies.resized("sigmoid", 0, lambda size: 1)
    ),
    _of.rule("shape", "of tanh, one feature", _L + "out", lies.resized("tanh", 1, lambda size: 1)),
    _of.rule(
        "weights", "a norm without its bias", _L + "normed", lies.without("LayerNorm", "bias")
    ),
    _of.rule(
        "operations",
        "linear layers count half",
        "encode " + _L + "* decode.*",
        lies.counted("Linear", lies.half),
    ),
)

PLUGINS = (
    _of.plugin(
        "positions",
        "adds the number of the node",
        "encode",
        Plugin(plugins.Order),
        "encode: Linear(out_features=dim)(x)",
        "project: Linear(out_features=dim)(x)\n  encode: Order",
    ),
    _of.plugin(
        "gradients",
        "detaches",
        "decode.act",
        Plugin(plugins.Detached),
        "act: ReLU",
        "act: Detached",
    ),
    _of.plugin(
        "gradients",
        "a slope without end",
        "decode.act",
        Plugin(plugins.RootOfZero),
        "act: ReLU",
        "act: RootOfZero",
    ),
    _of.plugin(
        "state",
        "writes into its input",
        "decode.act",
        Plugin(plugins.InPlaceInEvaluation, plugins.unchanged),
        "act: ReLU",
        "act: InPlaceInEvaluation",
    ),
    _of.plugin(
        "shape",
        "says one node",
        _L + "gate",
        Plugin(plugins.Tap, plugins.one_row),
        "gate: Linear(out_features=dim)(both)",
        "raw: Linear(out_features=dim)(both)\n      gate: Tap",
    ),
    _of.plugin(
        "precision",
        "always in single precision",
        "decode.act",
        Plugin(plugins.SinglePrecision),
        "act: ReLU",
        "act: SinglePrecision",
    ),
)

FAULTS = (*SPEC, *LOWERING, *RULES, *PLUGINS)
