"""The sources of data: how each of them is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netwright.recipe import sources as named
from netwright.recipe.named import Named, Section
from netwright.recipe.registering import UserSource

from netwright_runtime.data.errors import DataError
from netwright_runtime.train.data.columns import Columns
from netwright_runtime.train.data.errors import located
from netwright_runtime.train.data.sources import (
    arrays,
    graph,
    hub,
    images,
    interactions,
    scenes,
    scikit,
    series,
    shards,
    tables,
    text,
    user,
)

Opener = Callable[[Any, Path], Columns]

OPENERS: dict[type[Section], Opener] = {
    named.Digits: scikit.digits,
    named.BreastCancer: scikit.breast_cancer,
    named.Wine: scikit.wine,
    named.Diabetes: scikit.diabetes,
    named.Csv: tables.csv,
    named.Parquet: tables.parquet,
    named.Npz: arrays.npz,
    named.Npy: arrays.npy,
    named.Images: images.images,
    named.Text: text.text,
    named.Sonnets: text.sonnets,
    named.TokenFile: text.token_file,
    named.Series: series.series,
    named.Seasonal: series.seasonal,
    named.Sunspots: series.sunspots,
    named.Co2: series.co2,
    named.Karate: graph.karate,
    named.DigitScenes: scenes.digit_scenes,
    named.MovingSquares: scenes.moving_squares,
    named.Interactions: interactions.interactions,
    named.Datasets: hub.datasets,
    named.Shards: shards.shards,
}
"""What opens each source that comes with netwright, by the model of its arguments."""


def opened(arguments: Section, root: Path, target: Sequence[str] | None = None) -> Columns:
    """The source that a recipe names.

    Args:
        root: the folder that paths are relative to.
        target: what the recipe names beside the source, for a source that asks and is not told.

    Raises:
        DataError: it cannot be read; `where` leads to the argument.
    """
    name = Named("source", named.SOURCES).name_of(arguments)
    asks = target is not None and getattr(arguments, "target", target) is None
    if not asks:
        return _opened(arguments, root, name)
    try:
        return _opened(arguments.model_copy(update={"target": target}), root, name)
    except DataError as fault:
        if fault.where[3:] != ("target",):
            raise
        raise DataError(("data", "target"), fault.message, fault.help) from fault


def _opened(arguments: Section, root: Path, name: str) -> Columns:
    with located("data", "source", name):
        if isinstance(arguments, UserSource):
            return user.opened(arguments, root)
        return OPENERS[type(arguments)](arguments, root)
