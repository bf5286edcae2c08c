"""The blocks that a model repeats: what is compiled, computed again and sharded as a unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


def repeated(module: nn.Module) -> list[nn.Module]:
    """The outermost modules whose class was emitted for this model and that stand in it more than
    once, in the order of the model."""
    own = type(module).__module__
    counts = Counter(type(part) for part in module.modules() if type(part).__module__ == own)
    found: list[nn.Module] = []
    _collect(module.children(), {kind for kind, count in counts.items() if count > 1}, found)
    return found


def _collect(parts: Iterable[nn.Module], kinds: set[type], found: list[nn.Module]) -> None:
    for part in parts:
        if type(part) in kinds:
            found.append(part)
        else:
            _collect(part.children(), kinds, found)


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
