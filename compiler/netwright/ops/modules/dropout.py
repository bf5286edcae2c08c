"""Dropout: of single values and of whole channels."""

from __future__ import annotations

from functools import partial

from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp
from netwright.ops.modules.checks import need_floating, need_probability, need_rank, tensor


def _dropout(ranks: tuple[int, ...], layout: str, args: Arguments) -> TensorType:
    """The input's type; `ranks` () admits all. Outside of its ranks torch warns at every call."""
    x = tensor(args, "input")
    need_probability(args, "p")
    if args["p"] > 0:
        need_floating(x, "input")
    if ranks:
        need_rank(x, "input", ranks, layout)
    return x


_ARGS = (
    Arg("p", "float", 0.5, doc="Probability of dropping."),
    Arg("inplace", "bool", False, doc="Write over the input."),
)

_ROWS: tuple[tuple[str, tuple[int, ...], str, str], ...] = (
    ("Dropout", (), "", "Drop single values in training."),
    ("Dropout1d", (2, 3), "(B, C, L)", "Drop whole channels of (B, C, L) in training."),
    ("Dropout2d", (4,), "(B, C, H, W)", "Drop whole channels of (B, C, H, W) in training."),
    ("Dropout3d", (4, 5), "(B, C, D, H, W)", "Drop channels of (B, C, D, H, W) in training."),
    ("AlphaDropout", (), "", "Dropout that keeps mean and variance, for SELU."),
    ("FeatureAlphaDropout", (), "", "`AlphaDropout` of whole channels."),
)

OPS = tuple(
    ModuleOp(
        name,
        f"nn.{name}",
        _ARGS,
        (Arg("input", "tensor"),),
        doc,
        rule=partial(_dropout, ranks, layout),
        train=True,
    )
    for name, ranks, layout, doc in _ROWS
)
