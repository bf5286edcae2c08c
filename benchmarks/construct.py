"""From a spec to a live module, against the constructors of timm and transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import netwright
import torch
from netwright_runtime.measure.machine import installed
from netwright_runtime.measure.timing import Time, interleaved

from benchmarks.result import Goal, Result, Row

_ROUNDS = 3
_TIMM = {
    "vision/resnet": "resnet50",
    "vision/vit": "vit_base_patch16_224",
    "vision/convnext": "convnext_tiny",
}
_TRANSFORMERS = {
    ("language/gpt2", "gpt2"): ("GPT2LMHeadModel", "GPT2Config"),
    ("language/bert", "bert-base-uncased"): ("BertForPreTraining", "BertConfig"),
}
_DEVICES = {"with initialisation": "cpu", "on meta": "meta"}
Build = Callable[[], object]


def run() -> Result:
    """Each model with its weights initialised, and on the meta device.

    The emitted class alone is compared with the reference's, since both then only construct. To
    load, check and emit a spec before that is a cost of its own, once for a process.
    """
    tasks: dict[str, Build] = {}
    missing = [name for name in ("timm", "transformers") if installed(name) is None]
    for how, device in _DEVICES.items():
        for spec, variant, reference in _models(missing):
            name = f"{variant} {how}"
            model = netwright.load(spec, variant)
            tasks[f"load and build {name}"] = partial(netwright.build, spec, variant, device=device)
            tasks[f"build {name}"] = partial(netwright.build, model, device=device)
            emitted = type(netwright.build(model, device="meta"))
            tasks[f"emitted class {name}"] = partial(_on, device, emitted)
            if reference is not None:
                tasks[f"reference {name}"] = partial(_on, device, reference)
    times = interleaved(tasks, _ROUNDS)
    notes = (
        *(f"{name} is not installed: its models stand here without theirs." for name in missing),
        f"torch with {torch.get_num_threads()} thread(s).",
    )
    return Result("construct", "From spec to module", _rows(times), _goals(times), notes)


def _rows(times: dict[str, Time]) -> tuple[Row, ...]:
    rows: list[Row] = []
    for name, time in times.items():
        reference = _reference(name)
        ratio = time.median / times[reference].median if reference in times else None
        own = name == reference
        rows.append(Row(name, time, None if own else ratio, "" if own else "reference"))
    return tuple(rows)


def _goals(times: dict[str, Time]) -> tuple[Goal, ...]:
    return tuple(
        Goal(f"{name} against the reference", time.median / times[_reference(name)].median, 1.0)
        for name, time in times.items()
        if name.startswith("emitted class ") and _reference(name) in times
    )


def _reference(name: str) -> str:
    """The row that a row is compared with."""
    for kind in ("load and build ", "build ", "emitted class "):
        name = name.removeprefix(kind)
    return f"reference {name.removeprefix('reference ')}"


def _models(missing: list[str]) -> Iterator[tuple[str, str, Build | None]]:
    for spec, variant in _TIMM.items():
        yield spec, variant, None if "timm" in missing else partial(_timm, variant)
    for (spec, variant), names in _TRANSFORMERS.items():
        yield spec, variant, None if "transformers" in missing else partial(_transformers, *names)


def _timm(name: str) -> object:
    timm: Any = import_module("timm")
    return timm.create_model(name)


def _transformers(model: str, config: str) -> object:
    transformers: Any = import_module("transformers")
    return getattr(transformers, model)(getattr(transformers, config)())


def _on(device: str, make: Build) -> object:
    with torch.device(device):
        return make()
