"""Emitted modules against their references: written by hand, of timm, of transformers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from netwright_runtime.bench.example import Examples, sizes_of
from netwright_runtime.bench.references import reference
from netwright_runtime.bench.run import computing_with
from netwright_runtime.bench.steps import Arguments, inference
from netwright_runtime.measure.machine import installed
from netwright_runtime.measure.timing import Time, interleaved
from netwright_runtime.model import Compiled, compiled
from torch import nn

from benchmarks.result import Goal, Result, Row

_CPU = torch.device("cpu")
_ROUNDS = 200
_SECONDS = {"eager": 10.0, "construct": 10.0, "onnxruntime": 5.0}
"""CPU seconds for each comparison."""
_TURN = 0.1
_LARGE = ("language/llama", "llama3.2-1b")

Tasks = Mapping[str, Callable[[], Any]]

NOISE = 1.02
"""Runs of one and the same class differ by as much."""


@dataclass(frozen=True)
class Pair:
    """A spec and the model that it is compared with.

    needs  the package of the reference, empty for one of ours
    onnx   whether both are exported, too
    """

    spec: str
    variant: str | None
    against: str
    sizes: Mapping[str, int]
    needs: str = ""
    onnx: bool = False

    @property
    def name(self) -> str:
        return self.against if self.needs else f"{self.spec} by hand"


_HAND = "tests.emission.handwritten"
_PAIRS = (
    Pair("vision/resnet", "resnet50", f"{_HAND}.resnet:ResNet", {"B": 1}, onnx=True),
    Pair("language/gpt2", "gpt2", f"{_HAND}.gpt2:GPT2LMHeadModel", {"B": 1, "T": 64}, onnx=True),
    Pair("language/tiny_gpt", None, f"{_HAND}.tiny_gpt:TinyGPT", {"B": 1, "T": 128}, onnx=True),
    Pair("vision/resnet", "resnet50", "timm:resnet50", {"B": 1}, "timm"),
    Pair("vision/vit", "vit_base_patch16_224", "timm:vit_base_patch16_224", {"B": 1}, "timm"),
    Pair("vision/convnext", "convnext_tiny", "timm:convnext_tiny", {"B": 1}, "timm"),
    Pair(
        "language/gpt2", "gpt2", "transformers:GPT2LMHeadModel", {"B": 1, "T": 64}, "transformers"
    ),
    Pair(
        "language/bert", "bert-base-uncased", "transformers:BertForPreTraining",
        {"B": 1, "T": 64}, "transformers",
    ),
)  # fmt: skip


def run() -> Result:
    """Calls, constructors and exports by turns, in CPU seconds of one thread.

    The emitted class alone is constructed, as the reference's is: what comes before, to read, check
    and emit a spec, happens once in a process, and `netwright bench` shows it.
    """
    times: dict[str, Time] = {}
    with computing_with(1), tempfile.TemporaryDirectory() as folder:
        for pair in _PAIRS:
            if not pair.needs or installed(pair.needs) is not None:
                times |= _times(pair, Path(folder))
        times |= _large()
    needed = {"onnxruntime", *(pair.needs for pair in _PAIRS if pair.needs)}
    missing = [name for name in sorted(needed) if installed(name) is None]
    notes = (
        *(
            f"{name} is not installed: what would be compared with it is left out."
            for name in missing
        ),
        "CPU seconds of one thread. What is constructed may come out 2% slower than itself.",
        "The reference's ONNX file has the sizes of the call; ours takes inputs of all sizes.",
    )
    return Result(
        "emitted", "Emitted modules against their references", _rows(times), _goals(times), notes
    )


def _times(pair: Pair, folder: Path) -> dict[str, Time]:
    model = compiled(pair.spec, pair.variant)
    make = reference(pair.against)
    sizes = sizes_of(model, pair.sizes)
    inputs = Examples(model, _CPU).inputs(sizes)
    modules = {"emitted": model.build().eval(), "reference": make().eval()}
    found = _compared(pair, "eager", {name: _call(m, inputs) for name, m in modules.items()})
    if pair.onnx and installed("onnxruntime") is not None:
        found |= _compared(pair, "onnxruntime", _sessions(model, modules, inputs, folder))
    emitted = model.namespace[model.manifest.class_name]
    return found | _compared(pair, "construct", {"emitted": emitted, "reference": make})


def _sessions(
    model: Compiled, modules: Mapping[str, nn.Module], inputs: Mapping[str, Any], folder: Path
) -> Tasks:
    """The two modules as ONNX files in onnxruntime."""
    from netwright_runtime.bench import onnx

    known = {"emitted": model, "reference": None}
    files = {name: onnx.exported(known[name], m, inputs, folder) for name, m in modules.items()}
    return {name: onnx.session(file, inputs, _CPU) for name, file in files.items()}


def _call(module: nn.Module, inputs: Mapping[str, Any]) -> Callable[[], Any]:
    return inference(module, Arguments.of(module, inputs))


def _compared(pair: Pair, what: str, tasks: Tasks) -> dict[str, Time]:
    """The times of `tasks` under names that say what they are."""
    seconds = _SECONDS[what]
    found = interleaved(tasks, _ROUNDS, seconds=seconds, least=_TURN, clock=time.process_time)
    return {f"{pair.name}: {what}, {name}": held for name, held in found.items()}


def _large() -> dict[str, Time]:
    """A model of more than a billion parameters, with weights and without."""
    model = compiled(*_LARGE)
    tasks: Tasks = {"meta": partial(model.build, device="meta"), "initialised": model.build}
    found = interleaved(tasks, 2, warm_up=0, clock=time.process_time)
    name = f"{_LARGE[1]}, {model.manifest.parameters:,} parameters: construct"
    return {f"{name}, {how}": held for how, held in found.items()}


def _rows(times: Mapping[str, Time]) -> tuple[Row, ...]:
    rows = []
    for name, held in times.items():
        base = _base(name)
        ratio = None if base == name else held.median / times[base].median
        rows.append(Row(name, held, ratio, "" if ratio is None else base.rpartition(", ")[2]))
    return tuple(rows)


def _base(name: str) -> str:
    """The row that a row is compared with."""
    what, _, which = name.rpartition(", ")
    return f"{what}, {'initialised' if which in ('meta', 'initialised') else 'reference'}"


def _goals(times: Mapping[str, Time]) -> tuple[Goal, ...]:
    goals = []
    for name, held in times.items():
        what, _, which = name.rpartition(", ")
        if which in ("emitted", "meta"):
            ratio = held.median / times[_base(name)].median
            text = f"{what}, {which} against {_base(name).rpartition(', ')[2]}"
            if which == "meta":
                goals.append(Goal(text, 100 * ratio, 1.0, "%"))
            else:
                goals.append(Goal(text, ratio, NOISE))
    return tuple(goals)
