"""Faults of the rules of ops."""

from __future__ import annotations

from tests.faults import lies
from tests.faults.fault import Seeding

_of = Seeding("language")
_CORE = "layers.*.attn."

RULES = (
    _of.rule(
        "shape",
        "of a stack, one sample",
        "layers.*.attn*",
        lies.resized("stack", 1, lambda size: 1),
    ),
    _of.rule(
        "shape",
        "of silu, one position",
        "layers.*.mlp.gated",
        lies.resized("silu", 1, lambda size: 1),
    ),
    _of.rule(
        "shape",
        "of a softmax, one head",
        _CORE + "weights",
        lies.resized("softmax", 1, lambda size: 1),
    ),
    _of.rule("dtype", "of arange", "positions mask", lies.retyped("arange", "int32")),
    _of.rule(
        "weights",
        "a norm without its weight",
        "layers.*.norm? norm",
        lies.without("RMSNorm", "weight"),
    ),
    _of.rule(
        "operations", "linear layers count half", "layers.* head", lies.counted("Linear", lies.half)
    ),
)
