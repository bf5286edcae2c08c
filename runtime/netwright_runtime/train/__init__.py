"""Training: recipes to runs."""

from netwright_runtime.train.checkpoint import BadCheckpoint
from netwright_runtime.train.devices import Unsupported
from netwright_runtime.train.keeping import NotWritten
from netwright_runtime.train.loop import Interrupted, NotFinite
from netwright_runtime.train.run import BadData, Occupied, Run, check, train

__all__ = [
    "BadCheckpoint",
    "BadData",
    "Interrupted",
    "NotFinite",
    "NotWritten",
    "Occupied",
    "Run",
    "Unsupported",
    "check",
    "train",
]
