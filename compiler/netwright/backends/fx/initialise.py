"""What parameters hold before training.

Without an initialiser a parameter of two dims or more is normal with a standard deviation of 0.02,
one with a single dim (a bias, say) zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import init

from netwright.ir.instance import Initial

INITIALISERS: Mapping[str, Callable[..., Any]] = {
    "constant": init.constant_,
    "dirac": init.dirac_,
    "eye": init.eye_,
    "kaiming_normal": init.kaiming_normal_,
    "kaiming_uniform": init.kaiming_uniform_,
    "normal": init.normal_,
    "ones": init.ones_,
    "orthogonal": init.orthogonal_,
    "sparse": init.sparse_,
    "trunc_normal": init.trunc_normal_,
    "uniform": init.uniform_,
    "xavier_normal": init.xavier_normal_,
    "xavier_uniform": init.xavier_uniform_,
    "zeros": init.zeros_,
}
"""By the names of specs; arguments after the tensor are torch's."""


def initialise(tensor: Tensor, initial: Initial | None) -> None:
    """Fill a parameter in place."""
    if initial is None:
        initial = Initial("normal", (), (("std", 0.02),)) if tensor.ndim > 1 else Initial("zeros")
    with torch.no_grad():
        INITIALISERS[initial.name](tensor, *initial.positional, **dict(initial.named))


def begin(module: nn.Module, starts: Iterable[tuple[str, Initial]]) -> None:
    """Fill the parameters that init rules are about, in the rules' order."""
    for name, initial in starts:
        initialise(module.get_parameter(name), initial)
