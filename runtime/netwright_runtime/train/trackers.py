"""Where numbers go beside the tables of a run: Lightning's loggers, behind one small face."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

MLFLOW_RUN = "mlflow_run"
"""The file that keeps the identity of an MLflow run, so that a resumed run goes on in it."""


class Tracker(Protocol):
    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers of a step."""

    def close(self) -> None:
        """Write what is still to be written."""


class MissingTracker(ModuleNotFoundError):
    """The recipe names a tracker whose package is not installed; the text says how to get it."""


def trackers(names: Iterable[str], folder: Path, first: int) -> list[Tracker]:
    """The trackers of a run that begins, or goes on, at step `first`.

    Raises:
        MissingTracker: a package is not installed.
    """
    return [_KINDS[name](folder, first) for name in dict.fromkeys(names) if name in _KINDS]


class _TensorBoard:
    def __init__(self, folder: Path, first: int) -> None:
        from lightning.fabric.loggers.tensorboard import TensorBoardLogger

        try:
            # What an earlier process wrote from this step on is not shown.
            self._logger = TensorBoardLogger(
                folder, name="tensorboard", version="", purge_step=first
            )
        except ModuleNotFoundError as missing:
            raise MissingTracker(
                "`tensorboard` is not installed; `pip install 'netwright[train]'` brings it, or "
                "take it from `log.trackers`"
            ) from missing

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
        try:
            self._logger = MLFlowLogger(
                "netwright",
                run_name=folder.name,
                tracking_uri=os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db",
                run_id=kept.read_text().strip() if kept.is_file() else None,
            )
        except ModuleNotFoundError as missing:
            raise MissingTracker(
                "`mlflow` is not installed; `pip install 'netwright[mlflow]'` brings it, or take "
                "it from `log.trackers`"
            ) from missing
        if self._logger.run_id is not None:
            kept.write_text(self._logger.run_id)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self._logger.log_metrics(dict(values), step)

    def close(self) -> None:
        self._logger.finalize("success")


_KINDS: dict[str, Callable[[Path, int], Tracker]] = {"tensorboard": _TensorBoard, "mlflow": _MLflow}
