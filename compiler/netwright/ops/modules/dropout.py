"""Dropout: of single values and of whole channels."""

from __future__ import annotations

from functools import partial

from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp
from netwright.ops.modules.checks import (
    need_floating,
    need_probability,
    need_rank,
    need_rank_from,
    tensor,
)


def _dropout(ranks: tuple[int, ...], layout: str, args: Arguments) -> TensorType:
    """The input's type; `ranks` () admits all. Outside of its ranks torch warns at every call."""
    x = tensor(args, "input")
    need_probability(args, "p")
    if args["p"] > 0:
        need_floating(x, "input")
    if ranks:
        need_rank(x, "input", ranks, layout)
    return x


def _feature_dropout(args: Arguments) -> TensorType:
    """(B, C, ...) -> the same."""
    need_rank_from(tensor(args, "input"), "input", 2)
    return _dropout((), "", args)


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
)

_INPUTS = (Arg("input", "tensor"),)


def _row(name: str, ranks: tuple[int, ...], layout: str, doc: str) -> ModuleOp:
    rule = partial(_dropout, ranks, layout)
    return ModuleOp(name, f"nn.{name}", _ARGS, _INPUTS, doc, rule=rule, train=True)


OPS = (
    *(_row(*row) for row in _ROWS),
    ModuleOp(
        "FeatureAlphaDropout",
        "nn.FeatureAlphaDropout",
        _ARGS,
        _INPUTS,
        "`AlphaDropout` of whole channels.",
        rule=_feature_dropout,
        train=True,
    ),
)
