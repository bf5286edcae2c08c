"""What parameters hold before training.

Without an initialiser a parameter of two dims or more is normal with a standard deviation of 0.02,
one with a single dim (a bias, say) zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import init

from netwright.ir import values as ir
from netwright.ir.instance import Initial, Step

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


Compute = Callable[[Sequence[Step], ir.Tensor], Tensor]
"""Computes the value of a buffer, or what a parameter begins with, by the steps for it."""


def initialise(tensor: Tensor, initial: Initial | None, compute: Compute) -> None:
    """Fill a parameter in place."""
    if initial is None:
        initial = Initial("normal", (), (("std", 0.02),)) if tensor.ndim > 1 else Initial("zeros")
    with torch.no_grad():
        if initial.value is not None:
            tensor.copy_(compute(initial.steps, initial.value))
        else:
            INITIALISERS[initial.name](tensor, *initial.positional, **dict(initial.named))
