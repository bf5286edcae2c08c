"""From a spec to a live module, against the constructors of timm and transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import netwright
import torch

from benchmarks.machine import installed
from benchmarks.result import Goal, Result, Row
from benchmarks.timing import interleaved

_ROUNDS = 5
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


def run() -> Result:
    """Each model twice: with its weights initialised, and on the meta device."""
    tasks: dict[str, Callable[[], object]] = {}
    missing = [name for name in ("timm", "transformers") if installed(name) is None]
    for how, device in _DEVICES.items():
        for spec, variant, reference in _models(missing):
            name = f"{variant} {how}"
            tasks[f"netwright, {name}"] = partial(netwright.build, spec, variant, device=device)
            if reference is not None:
                tasks[f"reference, {name}"] = partial(_on, device, reference)
    times = interleaved(tasks, _ROUNDS)
    rows: list[Row] = []
    for name, time in times.items():
        other = times.get(name.replace("netwright", "reference"))
        ratio = time.median / other.median if other is not None and other is not time else None
        rows.append(Row(name, time, ratio, "" if ratio is None else "reference"))
    goals = tuple(
        Goal(f"{r.name.removeprefix('netwright, ')} against the reference", r.ratio, 1.0)
        for r in rows
        if r.ratio is not None
    )
    notes = tuple(f"{name} is not installed" for name in missing)
    return Result("build", "From spec to module", tuple(rows), goals, notes)


def _models(missing: list[str]) -> Iterator[tuple[str, str, Callable[[], object] | None]]:
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


def _on(device: str, make: Callable[[], object]) -> object:
    with torch.device(device):
        return make()
