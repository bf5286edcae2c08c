"""Data: from the `data` section of a recipe to batches of tensors.

    data = prepare(recipe.data, manifest, root=folder, seed=0)
    batch = data.collate([data.splits["train"][epoch, place] for place in places])

A sample follows from the seed, the epoch and its number alone: no state of a worker is ever saved.
"""

from netwright.recipe.registering import register_source

from netwright_runtime.data.errors import DataError
from netwright_runtime.train.data.collate import Collate
from netwright_runtime.train.data.columns import Column, Columns, Sample
from netwright_runtime.train.data.errors import BadData, Unreadable
from netwright_runtime.train.data.prepare import INDEX, Data, Samples, check_batch, prepare
from netwright_runtime.train.data.preprocessing import Normalisation, Preprocessing
from netwright_runtime.train.data.sources import opened

__all__ = [
    "INDEX", "BadData", "Collate", "Column", "Columns", "Data", "DataError", "Normalisation",
    "Preprocessing",
    "Sample", "Samples", "Unreadable", "check_batch", "opened", "prepare",
    "register_source",
]  # fmt: skip
