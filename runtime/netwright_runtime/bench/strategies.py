"""The ways of running a model that are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netwright_runtime.bench.steps import Arguments, Call, inference, training_step
from netwright_runtime.model import Compiled


@dataclass(frozen=True)
class Task:
    """A model that is to be run in some way, on these inputs.

    module    nobody else's, so that it may be changed
    compiled  what the compiler knows of it, None for a reference
    folder    where files may be left until the end of the benchmark
    """

    module: nn.Module
    compiled: Compiled | None
    inputs: Mapping[str, Any]
    training: bool
    device: torch.device
    folder: Path

    def call(self, model: Callable[..., Any] | None = None) -> Call:
        """A call or training step of `model`, of the module itself without one."""
        called = self.module if model is None else model
        arguments = Arguments.of(self.module, self.inputs)
        if self.training:
            return training_step(called, self.module, arguments)
        return inference(called, arguments)


@dataclass(frozen=True)
class Strategy:
    """A way of running a model.

    prepare     makes ready what is called
    trains      whether it is a way of training, too
    references  whether it can run models that are none of netwright's
    profiled    whether torch allocates for it, so that its memory can be told
    """

    name: str
    prepare: Callable[[Task], Call]
    trains: bool = True
    references: bool = True
    profiled: bool = True


def _eager(task: Task) -> Call:
    return task.call()


def _optimised(task: Task) -> Call:
    from netwright_runtime.optimise import optimise

    assert task.compiled is not None
    return task.call(optimise(task.compiled, level=2).to(task.device))


def _compiled(task: Task) -> Call:
    return task.call(torch.compile(task.module))


def _regional(task: Task) -> Call:
    from netwright_runtime.optimise.regional import compile

    return task.call(compile(task.module, regional=True))


def _onnx(task: Task) -> Call:
    from netwright_runtime.bench import onnx

    file = onnx.exported(task.compiled, task.module, task.inputs, task.folder)
    return onnx.session(file, task.inputs, task.device)


STRATEGIES: Mapping[str, Strategy] = {
    strategy.name: strategy
    for strategy in (
        Strategy("eager", _eager),
        Strategy("optimised", _optimised, trains=False, references=False),
        Strategy("compiled", _compiled),
        Strategy("regional", _regional, references=False),
        Strategy("onnx", _onnx, trains=False, profiled=False),
    )
}
"""By name, in the order of the table."""
