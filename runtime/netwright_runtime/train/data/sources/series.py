"""Windows of series: what a model sees, and what follows."""

from __future__ import annotations

from pathlib import Path

import torch
from netwright.recipe.sources import Co2, Seasonal, Series, Sunspots
from torch import Tensor

from netwright_runtime.data.encodings import Values
from netwright_runtime.data.errors import DataError, library
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import Column, Columns, Sample
from netwright_runtime.train.data.sources import paths, tables
from netwright_runtime.train.draws import generator

Forecast = Series | Seasonal | Sunspots | Co2


class Forecasts(Columns):
    """Windows of series `(T, C)`: `past_values`, float (context, C), and `future_values`,
    float (horizon, C).

    Splits follow on one another in time, and no value is forecast in two of them. What a window
    sees may lie in the split before, as it does when the future is forecast.
    """

    task = "forecasting"
    target = ("future_values",)

    def __init__(self, series: Tensor, arguments: Forecast) -> None:
        self._series = series
        self._context = arguments.context
        self._whole = arguments.context + arguments.horizon
        self._stride = arguments.stride
        if len(series) < self._whole:
            raise DataError(
                ("context",),
                f"{len(series)} steps make no window of {self._whole}",
                "lower `context` or `horizon`",
            )
        self.gap = -(-arguments.horizon // arguments.stride) - 1
        channels = series.shape[1]
        values = Values("past_values", "float")
        self.columns = {
            "past_values": Column(
                "float", (arguments.context, channels), features=-1, encoding=values
            ),
            "future_values": Column(
                "float", (arguments.horizon, channels), features=-1, like="past_values"
            ),
        }

    def __len__(self) -> int:
        return (len(self._series) - self._whole) // self._stride + 1

    def __getitem__(self, index: int) -> Sample:
        start = index * self._stride
        window = self._series[start : start + self._whole]
        return {"past_values": window[: self._context], "future_values": window[self._context :]}

    def fingerprint(self) -> str:
        return hashing.of_tensors({"series": self._series})


def series(arguments: Series, root: Path) -> Forecasts:
    """The columns of numbers of a CSV file, a line for each step of time."""
    path = paths.file(root, arguments.file, "file")
    table = tables.read_csv(path, ",")
    names = tables.numeric(table) if arguments.columns is None else arguments.columns
    if not names:
        raise DataError(("file",), f"`{path}` has no column of numbers", "choose another file")
    return Forecasts(tables.numbers(table, names, "columns"), arguments)


def seasonal(arguments: Seasonal, root: Path) -> Forecasts:
    """Seasons of 24 and 168 steps, such as hours of a day and of a week, with noise."""
    random = generator(arguments.seed, 0, 0, "seasonal")
    time = torch.arange(arguments.steps)[:, None]
    shape = (1, arguments.series)
    day, week, trend = (torch.rand(shape, generator=random) for _ in range(3))
    daily = torch.sin(2 * torch.pi * (time / 24 + day))
    weekly = 0.5 * torch.sin(2 * torch.pi * (time / 168 + week))
    noise = 0.2 * torch.randn((arguments.steps, arguments.series), generator=random)
    return Forecasts(daily + weekly + (trend - 0.5) * time / 1000 + noise, arguments)


def sunspots(arguments: Sunspots, root: Path) -> Forecasts:
    """A number for each year, from statsmodels."""
    loaded = library("statsmodels.datasets", "statsmodels").sunspots.load_pandas()
    return Forecasts(_column(loaded.data["SUNACTIVITY"]), arguments)


def co2(arguments: Co2, root: Path) -> Forecasts:
    """Parts per million for each week, from statsmodels; weeks without a value are interpolated
    along the line between their neighbours."""
    loaded = library("statsmodels.datasets", "statsmodels").co2.load_pandas()
    return Forecasts(_column(loaded.data["co2"].interpolate()), arguments)


def _column(values: object) -> Tensor:
    return torch.tensor(list(values), dtype=torch.float32)[:, None]  # type: ignore[call-overload]
