"""Faults of a convolutional classifier."""

from __future__ import annotations

from tests.faults import lies, plugins
from tests.faults.fault import Plugin, Seeding

_of = Seeding("conv")
_BLOCK = {
    "stage?.*.branch": "where `out` is another name for it",
    "stage?.?": "the residual is declared of the block",
    "stage?": "of all its blocks",
}

SPEC = (
    _of.spec(
        "residual", "forgotten", "stage?.*.out", "out: x + branch", "out: branch", also=_BLOCK
    ),
    _of.spec(
        "residual", "twice", "stage?.*.out", "out: x + branch", "out: x + x + branch", also=_BLOCK
    ),
    _of.spec(
        "residual",
        "after the norm",
        "stage?.*.out",
        "out: x + branch",
        "out: norm1 + branch",
        also=_BLOCK,
    ),
    _of.spec(
        "residual",
        "cut by a ReLU",
        "stage?.*.out",
        "out: x + branch",
        "out: relu(x + branch)",
        also=_BLOCK,
    ),
    _of.spec(
        "batch",
        "mean over the batch",
        "centred",
        "image.mean(dim=[2, 3], keepdim=True)",
        "image.mean(dim=[0, 2, 3], keepdim=True)",
    ),
    _of.spec(
        "batch",
        "mean of the gate over the batch",
        "stage?.*.squeeze.mean",
        "mean: mean(conv2, dim=[2, 3], keepdim=True)",
        "mean: mean(conv2, dim=[0, 2, 3], keepdim=True).expand([B, -1, -1, -1])",
    ),
    _of.spec(
        "batch",
        "batch statistics in evaluation",
        "down_norm",
        "down_norm: BatchNorm2d",
        "down_norm: BatchNorm2d(track_running_stats=False)",
    ),
    _of.spec(
        "softmax",
        "over the batch",
        "stage?.*.squeeze.gate",
        "gate: sigmoid(fc2)",
        "gate: softmax(fc2, dim=0)",
    ),
    _of.spec(
        "softmax",
        "over a dim of one",
        "stage?.*.squeeze.gate",
        "gate: sigmoid(fc2)",
        "gate: softmax(fc2, dim=2)",
    ),
    _of.spec(
        "detached",
        "the gate",
        "stage?.*.gated",
        "gated: conv2 * squeeze",
        "gated: conv2 * squeeze.detach()",
    ),
    _of.spec(
        "detached",
        "what is gated",
        "stage?.*.gated",
        "gated: conv2 * squeeze",
        "gated: conv2.detach() * squeeze",
    ),
    _of.spec(
        "detached",
        "the features before the head",
        "pooled",
        "pooled: mean(stage2, dim=[2, 3])",
        "pooled: mean(stage2.detach(), dim=[2, 3])",
    ),
    _of.spec(
        "dead",
        "the gate leads nowhere",
        "stage?.*.branch",
        "branch: drop_path(gated, rate)",
        "branch: drop_path(conv2, rate)",
        also={
            "stage?.*.squeeze*": "it is what nothing reads",
            "stage?.*.gated": "it is what nothing reads",
        },
    ),
    _of.spec(
        "dead",
        "the branch times zero",
        "stage?.*.branch",
        "branch: drop_path(gated, rate)",
        "branch: drop_path(gated, rate) * 0.0",
    ),
    _of.spec(
        "dead",
        "a ReLU of what is never positive",
        "stage?.*.act2",
        "act2: ReLU",
        "act2: relu(-norm2.abs())",
    ),
    _of.spec(
        "unused weight",
        "a head nobody reads",
        "spare",
        "  head: Linear(out_features=num_classes)\n",
        "  spare: Linear(out_features=num_classes)\n  head: Linear(out_features=num_classes)(drop)\n",
    ),
    _of.spec(
        "weights",
        "the head has no bias",
        "head",
        "head: Linear(out_features=num_classes)",
        "head: Linear(out_features=num_classes, bias=False)",
    ),
    _of.spec(
        "weights",
        "the blocks share theirs",
        "stage1",
        "stage1: {op: Residual, repeat: depth}",
        "stage1: {op: Residual, repeat: depth, shared: true}",
        also={"stage1.*": "a block of the loop"},
    ),
    _of.spec(
        "initialisation",
        "the head begins a hundred times too large",
        "head",
        "normal(std=0.02)",
        "normal(std=2.0)",
        also={"logits": "an output of this name is declared"},
    ),
    _of.spec(
        "initialisation",
        "convolutions begin with zeros",
        "stem.conv stage?.* down",
        '\'kaiming_normal(mode="fan_out", nonlinearity="relu")\'',
        "zeros",
        also={"stem": "its first convolution", "stem.norm": "the first whose input is zero"},
    ),
    _of.spec(
        "initialisation",
        "all filters begin alike",
        "stem.conv stage?.* down",
        '\'kaiming_normal(mode="fan_out", nonlinearity="relu")\'',
        "constant(0.1)",
        also={"stem": "its first convolution"},
    ),
    _of.spec(
        "scale",
        "a sum where the mean belongs",
        "pooled",
        "pooled: mean(stage2, dim=[2, 3])",
        "pooled: sum(stage2, dim=[2, 3])",
    ),
    _of.spec(
        "numerics",
        "an exponential gate",
        "stage?.*.squeeze.gate",
        "gate: sigmoid(fc2)",
        "gate: exp(80 * fc2)",
    ),
    _of.spec(
        "numerics",
        "a variance that may be negative",
        "pooled",
        "pooled: mean(stage2, dim=[2, 3])",
        "pooled: sqrt(mean(stage2, dim=[2, 3]))",
    ),
    _of.spec(
        "mode",
        "noise in evaluation",
        "drop",
        "drop: Dropout(p=0.1)",
        "drop: pooled + 0.1 * randn_like(pooled)",
    ),
    _of.spec(
        "mode",
        "twice as large in training",
        "drop",
        "drop: Dropout(p=0.1)",
        "drop: 2 * pooled if training else pooled",
    ),
    _of.spec("activation", "forgotten in the stem", "stem.act", "act: ReLU", "act: Identity"),
)

LOWERING = (
    _of.lowering(
        "arguments",
        "stride 1 for 2",
        "stem.conv",
        "kernel_size=3, stride=2, padding=1, bias=False)",
        "kernel_size=3, stride=1, padding=1, bias=False)",
    ),
    _of.lowering(
        "arguments",
        "no padding in the first convolution of a block",
        "stage?.*.conv1",
        "self.conv1 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)",
        "self.conv1 = nn.Conv2d(width, width, kernel_size=3, padding=0, bias=False)",
    ),
    _of.lowering(
        "arguments",
        "another padding mode",
        "stage?.*.conv2",
        "self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)",
        'self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False, padding_mode="circular")',
    ),
    _of.lowering(
        "arguments",
        "another epsilon",
        "down_norm",
        "self.down_norm = nn.BatchNorm2d(2 * width)",
        "self.down_norm = nn.BatchNorm2d(2 * width, eps=1e-3)",
    ),
    _of.lowering(
        "arguments",
        "another momentum",
        "down_norm",
        "self.down_norm = nn.BatchNorm2d(2 * width)",
        "self.down_norm = nn.BatchNorm2d(2 * width, momentum=0.5)",
    ),
    _of.lowering(
        "axes",
        "mean over the wrong dims",
        "centred",
        "image - image.mean(dim=(2, 3)",
        "image - image.mean(dim=(1, 2)",
    ),
    _of.lowering(
        "calls",
        "a norm skipped",
        "stage?.*.norm2",
        "        gated = self.norm2(gated)\n",
        "        gated = gated\n",
    ),
    _of.lowering(
        "calls",
        "a stage called twice",
        "stage2*",
        "x = self.stage2(x)",
        "x = self.stage2(self.stage2(x))",
    ),
    _of.lowering(
        "calls",
        "norm and activation swapped",
        "stage?.*.norm2 stage?.*.act2",
        "gated = self.norm2(gated)\n        gated = self.act2(gated)",
        "gated = self.act2(gated)\n        gated = self.norm2(gated)",
    ),
    _of.lowering(
        "modes",
        "dropout in evaluation",
        "stage?.*.branch",
        "drop_path(gated, self.rate, self.training)",
        "drop_path(gated, self.rate, True)",
        also={
            "stage?.*.out": "in evaluation the branch passes on what it reads; the sum is the first new value"
        },
    ),
    _of.lowering(
        "modes",
        "no stochastic depth in training",
        "stage?.*.branch",
        "drop_path(gated, self.rate, self.training)",
        "drop_path(gated, self.rate, False)",
    ),
    _of.lowering(
        "modes",
        "without the factor that keeps the mean",
        "stage?.*.branch",
        "bernoulli_(keep) / keep",
        "bernoulli_(keep)",
    ),
    _of.lowering(
        "sharing",
        "one block for the whole stage",
        "stage1*",
        "self.stage1 = nn.Sequential(*[Residual(width, rate) for _ in range(depth)])",
        "self.stage1 = nn.Sequential(*[Residual(width, rate)] * depth)",
    ),
    _of.lowering(
        "initialisation",
        "the rule of the head is lost",
        "head",
        "        nn.init.normal_(self.head.weight, std=0.02)\n",
        "        pass\n",
    ),
    _of.lowering(
        "initialisation",
        "fan_in for fan_out",
        "stem.conv stage?.* down",
        'mode="fan_out"',
        'mode="fan_in"',
    ),
)

RULES = (
    _of.rule(
        "shape",
        "of a sigmoid, one sample",
        "stage?.*.squeeze.gate",
        lies.resized("sigmoid", 0, lambda size: 1),
    ),
    _of.rule(
        "shape",
        "of drop_path, like one row",
        "stage?.*.branch",
        lies.resized("drop_path", 2, lambda size: 1),
    ),
    _of.rule(
        "weights",
        "batch norm without its counter",
        "*norm*",
        lies.without("BatchNorm2d", "num_batches_tracked"),
    ),
    _of.rule(
        "weights",
        "a convolution's weight the other way round",
        "stem.conv stage?.* down",
        lies.reshaped("Conv2d", "weight", lambda s: (s[1], s[0], *s[2:])),
    ),
    _of.rule(
        "operations",
        "a convolution counts twice",
        "stem.conv stage?.* down",
        lies.counted("Conv2d", lies.double),
    ),
)

PLUGINS = (
    _of.plugin(
        "batch",
        "centres by the batch",
        "down_norm",
        Plugin(plugins.BatchCentre),
        "down_norm: BatchNorm2d",
        "down_norm: BatchCentre",
    ),
    _of.plugin(
        "batch",
        "scales by the batch's largest",
        "stem.act",
        Plugin(plugins.BatchScale),
        "act: ReLU",
        "act: BatchScale",
    ),
    _of.plugin(
        "gradients", "detaches", "stem.act", Plugin(plugins.Detached), "act: ReLU", "act: Detached"
    ),
    _of.plugin(
        "gradients",
        "a backward pass that is wrong",
        "stem.act",
        Plugin(plugins.WrongBackward),
        "act: ReLU",
        "act: WrongBackward",
    ),
    _of.plugin(
        "gradients",
        "a slope without end",
        "stem.act",
        Plugin(plugins.RootOfZero),
        "act: ReLU",
        "act: RootOfZero",
    ),
    _of.plugin(
        "state",
        "random in evaluation",
        "drop",
        Plugin(plugins.AlwaysDrops),
        "drop: Dropout(p=0.1)",
        "drop: AlwaysDrops",
    ),
    _of.plugin(
        "state",
        "counts its calls",
        "drop",
        Plugin(plugins.Counting),
        "drop: Dropout(p=0.1)",
        "drop: Counting",
    ),
    _of.plugin(
        "tracing",
        "goes by values",
        "drop",
        Plugin(plugins.Branching, plugins.unchanged),
        "drop: Dropout(p=0.1)",
        "drop: Branching",
    ),
    _of.plugin(
        "layout",
        "views what is not contiguous",
        "centred",
        Plugin(plugins.Viewing, plugins.unchanged),
        "centred: image - image.mean(dim=[2, 3], keepdim=True)",
        "centred: Viewing",
    ),
)

FAULTS = (*SPEC, *LOWERING, *RULES, *PLUGINS)
