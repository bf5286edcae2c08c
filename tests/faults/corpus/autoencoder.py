"""Faults of a variational autoencoder with skips."""

from __future__ import annotations

from tests.faults import lies, plugins
from tests.faults.fault import Plugin, Seeding

_of = Seeding("autoencoder")

SPEC = (
    _of.spec(
        "range", "no sigmoid at the end", "recon", "recon: sigmoid(leave)", "recon: 1 * leave"
    ),
    _of.spec("range", "tanh at the end", "recon", "recon: sigmoid(leave)", "recon: tanh(leave)"),
    _of.spec(
        "range",
        "a divergence of the wrong sign",
        "divergence",
        "(mu.square() + bounded.exp() - bounded - 1)",
        "(bounded + 1 - mu.square() - bounded.exp())",
    ),
    _of.spec(
        "range",
        "a divergence without its constant",
        "divergence",
        "(mu.square() + bounded.exp() - bounded - 1)",
        "(mu.square() + bounded.exp() - bounded - 3)",
    ),
    _of.spec(
        "softmax",
        "over the samples",
        "recon",
        "recon: sigmoid(leave)",
        "recon: softmax(leave, dim=0)",
    ),
    _of.spec(
        "batch",
        "the divergence of all samples",
        "divergence",
        ".sum(dim=[1, 2, 3]) / 2",
        ".sum(dim=[0, 1, 2, 3]).expand([B]) / 2",
    ),
    _of.spec(
        "batch",
        "centred over the batch",
        "scaled",
        "scaled: sigmoid(image)",
        "scaled: sigmoid(image - image.mean(dim=0))",
    ),
    _of.spec(
        "batch",
        "the group norm reads the batch",
        "down?.norm",
        "      norm: GroupNorm(num_groups=4)\n      act: SiLU\n      again: Conv2d(out_channels=out_channels, kernel_size=3, padding=1)\n      out: act + again\n\n  Up",
        "      norm: conv - conv.mean(dim=[0, 2, 3], keepdim=True)\n      act: SiLU\n      again: Conv2d(out_channels=out_channels, kernel_size=3, padding=1)\n      out: act + again\n\n  Up",
    ),
    _of.spec(
        "mode",
        "noise in evaluation",
        "z",
        "z: mu + exp(0.5 * bounded) * randn_like(mu) if training else mu",
        "z: mu + exp(0.5 * bounded) * randn_like(mu)",
    ),
    _of.spec(
        "mode",
        "the modes swapped",
        "z",
        "z: mu + exp(0.5 * bounded) * randn_like(mu) if training else mu",
        "z: mu if training else mu + exp(0.5 * bounded) * randn_like(mu)",
    ),
    _of.spec(
        "mode",
        "another mean in evaluation",
        "z",
        "randn_like(mu) if training else mu",
        "randn_like(mu) if training else 2 * mu",
    ),
    _of.spec(
        "detached",
        "the mean",
        "z",
        "z: mu + exp(0.5 * bounded) * randn_like(mu) if training else mu",
        "z: mu.detach() + exp(0.5 * bounded) * randn_like(mu) if training else mu.detach()",
    ),
    _of.spec(
        "detached",
        "a skip",
        "up?.joined",
        "joined: cat([grown, skip], dim=1)",
        "joined: cat([grown, skip.detach()], dim=1)",
    ),
    _of.spec(
        "detached",
        "the variance",
        "divergence",
        "(mu.square() + bounded.exp() - bounded - 1)",
        "(mu.square() + bounded.detach().exp() - bounded - 1)",
    ),
    _of.spec(
        "dead",
        "skips left out",
        "up?.joined",
        "joined: cat([grown, skip], dim=1)",
        "joined: cat([grown, skip * 0], dim=1)",
    ),
    _of.spec(
        "dead",
        "the bottleneck",
        "up1",
        "from: [widen, down1]",
        "from: [down2, down1]",
        also={
            "widen": "it is what nothing reads",
            "z": "it is what nothing reads",
            "mu": "it is what nothing reads",
        },
    ),
    _of.spec(
        "dead",
        "a mean of zeros",
        "widen",
        "widen: Conv2d(out_channels=4 * width, kernel_size=1)(z)",
        "widen: Conv2d(out_channels=4 * width, kernel_size=1)(z - z)",
    ),
    _of.spec(
        "unused weight",
        "a second exit",
        "spare",
        "  leave: Conv2d(",
        "  spare: Conv2d(out_channels=channels, kernel_size=1)\n  leave: Conv2d(",
        "out_channels=channels, kernel_size=3, padding=1)",
        "out_channels=channels, kernel_size=3, padding=1)(up2)",
    ),
    _of.spec(
        "weights",
        "one convolution for mean and variance",
        "logvar",
        "logvar: Conv2d(out_channels=latent, kernel_size=1)(down2)",
        "logvar: mu(down2)",
        also={"mu": "it is called twice"},
    ),
    _of.spec(
        "weights",
        "convolutions without bias",
        "enter",
        "enter: Conv2d(out_channels=width, kernel_size=3, padding=1)(scaled)",
        "enter: Conv2d(out_channels=width, kernel_size=3, padding=1, bias=False)(scaled)",
    ),
    _of.spec(
        "initialisation",
        "an exit a thousand times too large",
        "leave",
        "{match: leave.weight, with: normal(std=0.02)}",
        "{match: leave.weight, with: normal(std=20.0)}",
    ),
    _of.spec(
        "initialisation",
        "an exit of zeros",
        "leave",
        "{match: leave.weight, with: normal(std=0.02)}",
        "{match: leave.weight, with: zeros}",
    ),
    _of.spec(
        "numerics",
        "an unbounded variance",
        "bounded",
        "bounded: clamp(logvar, -8, 8)",
        "bounded: logvar * 40",
        also={"z": "what overflows", "divergence": "what overflows"},
    ),
    _of.spec(
        "numerics",
        "a logarithm of zero",
        "divergence",
        "(mu.square() + bounded.exp() - bounded - 1)",
        "(mu.square() + bounded.exp() - relu(bounded).log() - 1)",
    ),
    _of.spec(
        "dead",
        "a variance clamped shut",
        "bounded",
        "bounded: clamp(logvar, -8, 8)",
        "bounded: clamp(logvar, 30, 38) - 30",
        also={"logvar": "its gradient is zero"},
    ),
    _of.spec(
        "scale",
        "images of 255",
        "scaled",
        "scaled: sigmoid(image)",
        "scaled: 100000 * sigmoid(image)",
        also={"enter": "the first that is too large"},
    ),
    _of.spec(
        "axes",
        "height and width mixed",
        "down?.again",
        "      again: Conv2d(out_channels=out_channels, kernel_size=3, padding=1)\n      out: act + again\n\n  Up",
        "      again: Conv2d(out_channels=out_channels, kernel_size=3, padding=1)(act.flatten(2).flip([2]).unflatten(2, act.shape[2:]))\n      out: act + again\n\n  Up",
    ),
)

LOWERING = (
    _of.lowering(
        "arguments",
        "another stride",
        "down?.conv",
        "kernel_size=3, stride=2, padding=1)",
        "kernel_size=3, stride=1, padding=1)",
    ),
    _of.lowering(
        "arguments",
        "other groups",
        "down?.norm up?.norm",
        "        self.conv = nn.Conv2d(width, out_channels, kernel_size=3, stride=2, padding=1)\n        self.norm = nn.GroupNorm(4, out_channels)",
        "        self.conv = nn.Conv2d(width, out_channels, kernel_size=3, stride=2, padding=1)\n        self.norm = nn.GroupNorm(8, out_channels)",
    ),
    _of.lowering(
        "arguments", "another interpolation", "up?.grown", 'mode="nearest")', 'mode="bilinear")'
    ),
    _of.lowering(
        "arguments",
        "skips swapped in the join",
        "up?.joined",
        "torch.cat([x, skip], dim=1)",
        "torch.cat([skip, x], dim=1)",
    ),
    _of.lowering(
        "arguments",
        "bounds another",
        "bounded",
        "torch.clamp(bounded, -8, 8)",
        "torch.clamp(bounded, -1, 1)",
    ),
    _of.lowering(
        "axes",
        "halved twice",
        "divergence",
        "sum(dim=(1, 2, 3)) / 2",
        "sum(dim=(1, 2, 3)) / 4",
    ),
    _of.lowering(
        "axes",
        "height and width swapped",
        "down2*",
        "down2 = self.down2(down1)",
        "down2 = self.down2(down1.transpose(2, 3)).transpose(2, 3)",
    ),
    _of.lowering(
        "calls",
        "mean for variance",
        "logvar",
        "bounded = self.logvar(down2)",
        "bounded = self.mu(down2)",
    ),
    _of.lowering(
        "calls",
        "the last sigmoid skipped",
        "recon",
        "x = torch.sigmoid(self.leave(x))",
        "x = self.leave(x) * 1",
    ),
    _of.lowering(
        "calls",
        "another sign in evaluation",
        "z",
        "            if self.training\n            else mu\n",
        "            if self.training\n            else -mu\n",
    ),
    _of.lowering(
        "modes",
        "training and evaluation swapped",
        "z",
        "            if self.training\n",
        "            if not self.training\n",
    ),
    _of.lowering(
        "modes",
        "noise without its deviation",
        "z",
        "torch.exp(0.5 * bounded)",
        "torch.exp(bounded)",
    ),
    _of.lowering(
        "initialisation",
        "the exit as the others",
        "leave",
        "        nn.init.normal_(self.leave.weight, std=0.02)\n",
        "        pass\n",
    ),
)

RULES = (
    _of.rule("shape", "of clamp, one channel", "bounded", lies.resized("clamp", 1, lambda size: 1)),
    _of.rule(
        "shape", "of a square, one sample", "divergence", lies.resized("square", 0, lambda size: 1)
    ),
    _of.rule(
        "weights",
        "a group norm without its weight",
        "down?.norm up?.norm",
        lies.without("GroupNorm", "weight"),
    ),
    _of.rule(
        "operations",
        "a convolution counts half",
        "enter down?.* mu logvar widen up?.* leave",
        lies.counted("Conv2d", lies.half),
    ),
)

PLUGINS = (
    _of.plugin(
        "batch",
        "centres by the batch",
        "scaled",
        Plugin(plugins.BatchCentre),
        "scaled: sigmoid(image)",
        "scaled: BatchCentre",
    ),
    _of.plugin(
        "batch",
        "scales by the number of samples",
        "scaled",
        Plugin(plugins.BatchCount),
        "scaled: sigmoid(image)",
        "scaled: BatchCount",
    ),
    _of.plugin(
        "state",
        "writes into the image",
        "scaled",
        Plugin(plugins.InPlace),
        "scaled: sigmoid(image)",
        "scaled: InPlace",
    ),
    _of.plugin(
        "gradients",
        "a NaN behind where",
        "smooth",
        Plugin(plugins.WhereNan),
        "recon: sigmoid(leave)",
        "smooth: WhereNan\n  recon: sigmoid(smooth)",
    ),
    _of.plugin(
        "gradients",
        "half without a gradient",
        "smooth",
        Plugin(plugins.HalfDetached),
        "recon: sigmoid(leave)",
        "smooth: HalfDetached\n  recon: sigmoid(smooth)",
    ),
    _of.plugin(
        "tracing",
        "leaves torch",
        "scaled",
        Plugin(plugins.ThroughNumpy, plugins.unchanged),
        "scaled: sigmoid(image)",
        "scaled: ThroughNumpy",
    ),
    _of.plugin(
        "layout",
        "reads memory as it lies",
        "scaled",
        Plugin(plugins.Strided, plugins.unchanged),
        "scaled: sigmoid(image)",
        "scaled: Strided",
    ),
    _of.plugin(
        "shape",
        "gives double precision",
        "wide",
        Plugin(plugins.Doubling, plugins.unchanged),
        "divergence: (mu.square()",
        "wide: Doubling()(mu)\n  divergence: (wide.square()",
    ),
)

FAULTS = (*SPEC, *LOWERING, *RULES, *PLUGINS)
