"""The initialisers of the language: the functions of `torch.nn.init`, without the underscore."""

from __future__ import annotations

from collections.abc import Mapping

from netwright.ir.expr import Call, Expr, Name

INITIALISERS: Mapping[str, tuple[str, ...]] = {
    "zeros": (),
    "ones": (),
    "constant": ("val",),
    "normal": ("mean", "std"),
    "trunc_normal": ("mean", "std", "a", "b"),
    "uniform": ("a", "b"),
    "xavier_uniform": ("gain",),
    "xavier_normal": ("gain",),
    "kaiming_uniform": ("a", "mode", "nonlinearity"),
    "kaiming_normal": ("a", "mode", "nonlinearity"),
    "orthogonal": ("gain",),
    "eye": (),
    "dirac": ("groups",),
    "sparse": ("sparsity", "std"),
}
"""Their arguments, as those of `torch.nn.init`."""


def is_initialiser(begins: Expr) -> bool:
    """Whether `begins` is `zeros` or `normal(std=0.02)`, and no expression for a value."""
    name = begins.func if isinstance(begins, Call) else begins
    return isinstance(name, Name) and name.id in INITIALISERS
