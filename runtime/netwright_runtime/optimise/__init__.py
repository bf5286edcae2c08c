"""Optimisation of a model for inference.

fast = netwright_runtime.optimise(model)
logits = fast(image)
print(fast.report)

What compiles is imported when it is first asked for: torch's compiler takes a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from netwright_runtime.optimise.optimising import Optimised, optimise
from netwright_runtime.optimise.passes import PASSES
from netwright_runtime.optimise.report import Report, Tried
from netwright_runtime.optimise.rewriting import Change, Fired, Pass, Size
from netwright_runtime.optimise.weights import Altered

if TYPE_CHECKING:
    from netwright_runtime.optimise.regional import choice, compile, load_package, package

__all__ = [
    "PASSES",
    "Altered",
    "Change",
    "Fired",
    "Optimised",
    "Pass",
    "Report",
    "Size",
    "Tried",
    "choice",
    "compile",
    "load_package",
    "optimise",
    "package",
]

_COMPILING = frozenset({"choice", "compile", "load_package", "package"})


def __getattr__(name: str) -> Any:
    if name not in _COMPILING:
        raise AttributeError(f"module `netwright_runtime.optimise` has no attribute `{name}`")
    return getattr(import_module("netwright_runtime.optimise.regional"), name)
