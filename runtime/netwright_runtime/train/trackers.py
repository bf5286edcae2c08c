"""Where numbers go beside the tables of a run: Lightning's loggers, behind one small face."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from netwright_runtime.data.errors import DataError

MLFLOW_RUN = "mlflow_run"
"""The file that keeps the identity of an MLflow run, so that a resumed run goes on in it."""


class Tracker(Protocol):
    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers of a step."""

    def close(self) -> None:
        """Write what is still to be written."""


_EXTRAS = {"tensorboard": "train", "mlflow": "mlflow"}
"""The extra that brings the package of the same name as the tracker."""


def missing(names: Sequence[str]) -> list[DataError]:
    """A fault for each tracker of a recipe whose package is not installed."""
    return [
        DataError(
            ("log", "trackers", place),
            f"`{name}` is not installed",
            f"`pip install 'netwright[{_EXTRAS[name]}]'` brings it",
        )
        for place, name in enumerate(names)
        if name in _EXTRAS and find_spec(name) is None
    ]


def trackers(names: Iterable[str], folder: Path, first: int) -> list[Tracker]:
    """The trackers of a run that begins, or goes on, at step `first`; none of them is missing."""
    return [_KINDS[name](folder, first) for name in dict.fromkeys(names) if name in _KINDS]


class _TensorBoard:
    def __init__(self, folder: Path, first: int) -> None:
        from lightning.fabric.loggers.tensorboard import TensorBoardLogger

        # What an earlier process wrote from this step on is not shown.
        self._logger = TensorBoardLogger(folder, name="tensorboard", version="", purge_step=first)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self._logger.log_metrics(dict(values), step)

    def close(self) -> None:
        self._logger.finalize("success")


class _MLflow:
    """MLflow, at the place that `MLFLOW_TRACKING_URI` names, else `mlflow.db` in the current
    folder."""

    def __init__(self, folder: Path, _: int) -> None:
        from lightning.pytorch.loggers import MLFlowLogger

        kept = folder / MLFLOW_RUN
        self._logger = MLFlowLogger(
            "netwright",
            run_name=folder.name,
            tracking_uri=os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db",
            run_id=kept.read_text().strip() if kept.is_file() else None,
        )
        if self._logger.run_id is not None:
            kept.write_text(self._logger.run_id)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self._logger.log_metrics(dict(values), step)

    def close(self) -> None:
        self._logger.finalize("success")


_KINDS: dict[str, Callable[[Path, int], Tracker]] = {"tensorboard": _TensorBoard, "mlflow": _MLflow}
