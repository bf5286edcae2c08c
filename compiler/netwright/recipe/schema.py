"""A recipe: one training run, written down."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from netwright.recipe.checkpoints import Checkpoints
from netwright.recipe.data import DataSection
from netwright.recipe.log import Log
from netwright.recipe.loss import LossSection
from netwright.recipe.metrics import MetricList
from netwright.recipe.model import ModelSection
from netwright.recipe.named import Section
from netwright.recipe.optimiser import AdamW, OptimiserSection
from netwright.recipe.schedule import Constant, ScheduleSection
from netwright.recipe.sweep import Sweep
from netwright.recipe.training import Train

VERSION = 1
"""The version of the form that these models hold."""


class Recipe(Section):
    recipe: Literal[1] = 1
    model: ModelSection
    data: DataSection
    loss: LossSection
    metrics: MetricList = Field(default_factory=list)
    optimiser: OptimiserSection = AdamW()
    schedule: ScheduleSection = Constant()
    train: Train = Train()
    checkpoints: Checkpoints = Checkpoints()
    log: Log = Log()
    sweep: Sweep | None = None
    """What `netwright sweep` tries; `netwright train` leaves it aside."""
