"""A compiled model, as the tasks of the runtime see it."""

from netwright_runtime.model.compiled import Compiled, Cost, Slot
from netwright_runtime.model.opening import NotBuilt, compiled, compiled_of, variants
from netwright_runtime.model.sizes import UnknownSize, evaluate

__all__ = [
    "Compiled",
    "Cost",
    "NotBuilt",
    "Slot",
    "UnknownSize",
    "compiled",
    "compiled_of",
    "evaluate",
    "variants",
]
