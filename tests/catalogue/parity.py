"""Every spec of the catalogue against what its reference library computes: cases and comparison."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from netwright.driver.model import load
from netwright.passes.model import Elaboration

from tests.references import fixture
from tests.references.fixture import Measure, RecordedCase

SPECS = Path(__file__).parents[2] / "specs"
PARAMETERS = 12_000_000
"""Models larger than this are held to names and shapes only, ..."""

ALSO_RUN = ["resnet50"]
"""... but for these, which have blocks that no smaller variant has."""


TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
"""How far outputs may be from the recorded ones, relatively, by the dtype of the recording."""


def is_run(case: Any) -> bool:
    """Whether the suite runs the models and compares outputs."""
    small = case["parameters"] < PARAMETERS or case["variant"] in ALSO_RUN
    return "inputs" in case and small


CASES = [
    pytest.param(spec, case, id=f"{spec}:{case['variant'] or ''}:{index}")
    for path in sorted(fixture.HERE.glob("*/*.json"))
    for spec in [f"{path.parent.name}/{path.stem}"]
    for index, case in enumerate(fixture.load(spec)["cases"])
]
RUN = [p for p in CASES if is_run(p.values[1])]


def settings(spec: str, case: RecordedCase) -> tuple[str, str | None, str]:
    """What a case makes a model of: a spec, its variant and params as JSON."""
    return spec, case["variant"], json.dumps(case["params"])


def elaborated(spec: str, variant: str | None, params: str) -> Elaboration:
    return load(SPECS / f"{spec}.yaml", variant, params=json.loads(params)).elaborate()


def elaboration_of(spec: str, case: RecordedCase) -> Elaboration:
    return elaborated(*settings(spec, case))


def named(result: Any, expected: Mapping[str, Any]) -> Mapping[str, Any]:
    """Results by name; a bare one goes by the only expected name."""
    if isinstance(result, tuple) and hasattr(result, "_asdict"):
        return dict(result._asdict())
    (name,) = expected
    return {name: result}


def compare(found: Mapping[str, Any], expected: Mapping[str, Any], dtype: str) -> None:
    for name, measures in expected.items():
        several = isinstance(measures, list)
        pairs = zip(
            found[name] if several else [found[name]],
            measures if several else [measures],
            strict=True,
        )
        for tensor, measure in pairs:
            _compare_one(tensor, measure, TOLERANCE[dtype])


def _compare_one(tensor: torch.Tensor, expected: Measure, tolerance: float) -> None:
    measured = fixture.measure(tensor)
    assert measured["shape"] == expected["shape"]
    assert measured["dtype"] == expected["dtype"]
    assert measured["indices"] == expected["indices"]
    allowed = tolerance * max(1.0, expected["std"])
    assert measured["values"] == pytest.approx(expected["values"], rel=tolerance, abs=allowed)
    assert measured["mean"] == pytest.approx(expected["mean"], rel=tolerance, abs=allowed)
    assert measured["std"] == pytest.approx(expected["std"], rel=tolerance, abs=allowed)
