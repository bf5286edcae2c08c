"""What a run of a spec keeps and sees, and what refuses it: the oracle's, and its callers'."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from tests.strangers.evaluate import Refused

REFUSALS = (
    Refused, RuntimeError, ValueError, TypeError, IndexError, AssertionError, ArithmeticError,
    AttributeError, KeyError, Warning,
)  # fmt: skip
"""What says that a spec is not to be run. A warning of torch is one, as for the checker."""


@dataclass
class Store:
    """The weights of a model by path, over all of its runs."""

    modules: dict[str, tuple[Any, nn.Module]] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    """Buffers that the `state_dict` leaves out."""
    frozen: set[str] = field(default_factory=set)
    """Paths below which nothing is learned."""

    def state(self) -> dict[str, Tensor]:
        """The `state_dict` that a model with these weights has."""
        found = {k: v for k, v in self.tensors.items() if k not in self.hidden}
        for path, (_, module) in self.modules.items():
            held = module.state_dict(keep_vars=True)
            found.update({f"{path}.{name}": value for name, value in held.items()})
        return found

    def learned(self) -> set[str]:
        """The names of the parameters that take a gradient."""
        return {
            name
            for name, value in self.state().items()
            if isinstance(value, nn.Parameter)
            and not any(name == p or name.startswith(p + ".") for p in self.frozen)
        }

    def forget(self, path: str) -> None:
        """Drop what a node that came to nothing made."""
        for held in (self.modules, self.tensors):
            for key in [k for k in held if k == path or k.startswith(path + ".")]:
                del held[key]


@dataclass
class Frame:
    """What is visible at a place of a graph, and what flows there."""

    path: str
    values: dict[str, Any]
    calls: dict[str, Callable[..., Any]] = field(default_factory=dict)
    flow: Any = None
    paths: dict[str, str] = field(default_factory=dict)
    """Where the weights of the nodes lie."""


@contextmanager
def strict() -> Iterator[None]:
    """Warnings are errors, however often torch has given them."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for harmless in (
            "Using padding='same' with even",
            "LSTM with proj",
            "enable_nested",
            "Mismatch dtype",
            "torch.searchsorted",
            "reduction: 'mean' divides",
        ):
            warnings.filterwarnings("ignore", harmless)
        try:
            yield
        finally:
            torch.set_warn_always(before)
