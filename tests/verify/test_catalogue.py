"""The catalogue is sound: every structure quickly, one spec of each kind thoroughly."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from netwright.frontend.load import load_file
from netwright_runtime.verify import Level, verify
from netwright_runtime.verify.markdown import markdown

from tests.emission.building import REQUIRED, SPECS
from tests.emission.small import SMALL_MODELS

THOROUGH = [
    "generative/vae",
    "graph/gcn",
    "language/tiny_gpt",
    "recurrent/lstm_classifier",
    "tabular/ft_transformer",
]


def verified() -> list[tuple[str, str | None]]:
    """What differs when it is verified: one variant for all that have its classes; of a spec in
    which one variant stands for all large ones, that one."""
    return list(dict.fromkeys((spec, stand_in(spec) or variant) for spec, variant in SMALL_MODELS))


@cache
def stand_in(spec: str) -> str | None:
    module = load_file(SPECS / f"{spec}.yaml").module
    assert module is not None
    return next((v.name for v in module.variants.values() if v.purpose == "verify"), None)


def held(spec: str, variant: str | None, level: Level, **options: Any) -> None:
    given = REQUIRED.get(spec, {})
    report = verify(SPECS / f"{spec}.yaml", variant, params=given, level=level, **options)
    assert report.ok, markdown([report])


@pytest.mark.parametrize(("spec", "variant"), verified())
def test_every_model_is_sound(spec: str, variant: str | None) -> None:
    held(spec, variant, Level.QUICK)


@pytest.mark.parametrize("spec", THOROUGH)
def test_one_of_each_kind_is_sound_in_every_way(spec: str) -> None:
    held(spec, None, Level.FULL, trials=2)
