"""`netwright check` as a fresh process, against importing torch and against a plain YAML parse."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from netwright_runtime.measure.timing import interleaved

from benchmarks.generated import spec
from benchmarks.processes import ROOT, fresh
from benchmarks.result import Goal, Result, rows

_TORCH = "import torch"
_LARGE = "1,200 generated nodes"
_ROUNDS = 7
_PLAIN = """
import sys
from typing import Any
import yaml
from pydantic import BaseModel

class Spec(BaseModel):
    netwright: int
    model: str = ""
    params: dict[str, Any] = {}
    variants: dict[str, dict[str, Any]] = {}
    inputs: dict[str, Any] = {}
    graph: dict[str, Any] = {}
    blocks: dict[str, Any] = {}

with open(sys.argv[1], encoding="utf-8") as file:
    Spec.model_validate(yaml.load(file, yaml.CSafeLoader))
"""


def run() -> Result:
    """Every spec of the catalogue and one of 1,200 nodes, each against `import torch`."""
    with tempfile.TemporaryDirectory() as folder, fresh() as python:
        large = Path(folder) / "generated.yaml"
        large.write_text(spec(1_200), encoding="utf-8")
        catalogue = [str(p.relative_to(ROOT)) for p in sorted((ROOT / "specs").rglob("*.yaml"))]
        check = partial(partial, python, "-m", "netwright", "check")
        plain = partial(partial, python, "-c", _PLAIN)
        times = interleaved(
            {
                _TORCH: partial(python, "-c", _TORCH),
                **{f"check {path}": check(path) for path in catalogue},
                f"check {_LARGE}": check(str(large)),
                "PyYAML and pydantic, specs/language/llama.yaml": plain(
                    "specs/language/llama.yaml"
                ),
                f"PyYAML and pydantic, {_LARGE}": plain(str(large)),
            },
            _ROUNDS,
        )
    found = rows(times, _TORCH)
    ratios = {row.name: row.ratio for row in found if row.ratio is not None}
    slowest = max((f"check {path}" for path in catalogue), key=lambda name: ratios[name])
    goals = (
        Goal(f"every catalogue spec (slowest: `{slowest}`)", ratios[slowest], 0.25),
        Goal("1,200 nodes", ratios[f"check {_LARGE}"], 0.3),
    )
    return Result("check", "`netwright check` as a fresh process", found, goals)
