"""The catalogue is sound: every spec and variant quickly, one of each kind thoroughly."""

from __future__ import annotations

from typing import Any

import pytest
from netwright_runtime.verify import Level, verify
from netwright_runtime.verify.markdown import markdown

from tests.emission.building import REQUIRED, SPECS, models

THOROUGH = [
    "generative/vae",
    "graph/gcn",
    "language/tiny_gpt",
    "recurrent/lstm_classifier",
    "tabular/ft_transformer",
]


def held(spec: str, variant: str | None, level: Level, **options: Any) -> None:
    given = REQUIRED.get(spec, {})
    report = verify(SPECS / f"{spec}.yaml", variant, params=given, level=level, **options)
    assert report.ok, markdown([report])


@pytest.mark.parametrize(("spec", "variant"), models())
def test_every_model_is_sound(spec: str, variant: str | None) -> None:
    held(spec, variant, Level.QUICK)


@pytest.mark.parametrize("spec", THOROUGH)
def test_one_of_each_kind_is_sound_in_every_way(spec: str) -> None:
    held(spec, None, Level.FULL, trials=2)
