"""Optimisation of a model for inference.

fast = netwright_runtime.optimise(model)
logits = fast(image)
print(fast.report)
"""

from __future__ import annotations

from netwright_runtime.optimise.optimising import Optimised, optimise
from netwright_runtime.optimise.passes import PASSES
from netwright_runtime.optimise.regional import choice, compile, load_package, package
from netwright_runtime.optimise.report import Report, Tried
from netwright_runtime.optimise.rewriting import Change, Fired, Pass, Size
from netwright_runtime.optimise.weights import Altered

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
