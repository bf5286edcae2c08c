"""Training: recipes to runs."""

from netwright_runtime.train.checkpoint import BadCheckpoint
from netwright_runtime.train.data import BadData, Unreadable, register_source
from netwright_runtime.train.devices import Unsupported
from netwright_runtime.train.keeping import NotWritten
from netwright_runtime.train.loop import Interrupted, OutOfMemory
from netwright_runtime.train.run import Diverged, Occupied, Run, check, train

__all__ = [
    "BadCheckpoint",
    "BadData",
    "Diverged",
    "Interrupted",
    "NotWritten",
    "Occupied",
    "OutOfMemory",
    "Run",
    "Unreadable",
    "Unsupported",
    "check",
    "register_source",
    "train",
]
