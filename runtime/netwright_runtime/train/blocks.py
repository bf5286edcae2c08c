"""What is done to each block that a model repeats."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from netwright_runtime.model.blocks import repeated


def compile_blocks(module: nn.Module) -> None:
    """Compile each repeated block, whose code is compiled once for all of a class; the whole model
    where it repeats none. Names of weights stay."""
    for part in repeated(module) or [module]:
        part.compile()


def compute_again(module: nn.Module) -> None:
    """Let repeated blocks keep no value for the backward pass, but compute it again."""
    for part in repeated(module):
        part.forward = partial(_again, part.forward)


def _again(forward: Callable[..., Any], *given: Any, **named: Any) -> Any:
    if not torch.is_grad_enabled():
        return forward(*given, **named)
    return checkpoint(forward, *given, use_reentrant=False, **named)
