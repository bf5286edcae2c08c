"""Faults of modules of a user's own."""

from __future__ import annotations

from tests.faults import plugins
from tests.faults.fault import Plugin, Seeding

_of = Seeding("language")

PLUGINS = (
    _of.plugin(
        "causality",
        "adds the mean over all times",
        "drop",
        Plugin(plugins.Ahead),
        "drop: Dropout(p=dropout)",
        "drop: Ahead",
    ),
    _of.plugin(
        "state",
        "random in evaluation",
        "drop",
        Plugin(plugins.AlwaysNoisy),
        "drop: Dropout(p=dropout)",
        "drop: AlwaysNoisy",
    ),
    _of.plugin(
        "state",
        "remembers the call before",
        "drop",
        Plugin(plugins.Remembering, plugins.unchanged),
        "drop: Dropout(p=dropout)",
        "drop: Remembering",
    ),
    _of.plugin(
        "gradients",
        "half without a gradient",
        "layers.*.norm2",
        Plugin(plugins.HalfDetached),
        "norm2: RMSNorm(eps=1e-6)",
        "norm2: HalfDetached",
    ),
    _of.plugin(
        "gradients",
        "a gain under no_grad",
        "drop",
        Plugin(plugins.WithoutGrad, plugins.unchanged),
        "drop: Dropout(p=dropout)",
        "drop: WithoutGrad",
    ),
    _of.plugin(
        "tracing",
        "reads a number",
        "drop",
        Plugin(plugins.ThroughNumbers, plugins.unchanged),
        "drop: Dropout(p=dropout)",
        "drop: ThroughNumbers",
    ),
    _of.plugin(
        "shape",
        "gives double precision",
        "drop",
        Plugin(plugins.Doubling, plugins.unchanged),
        "drop: Dropout(p=dropout)",
        "drop: Doubling",
    ),
    _of.plugin(
        "precision",
        "squares what is large",
        "drop",
        Plugin(plugins.Overflowing),
        "drop: Dropout(p=dropout)",
        "drop: Overflowing",
    ),
)
