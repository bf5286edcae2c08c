"""Small specs for what the catalogue does not exercise: emitted, executed, held to the fx graph."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from netwright.driver.model import load
from netwright.frontend.load import load_file
from netwright.passes.model import Elaboration

from tests.emission.building import FEATURES
from tests.emission.feeding import feeds
from tests.emission.test_back_ends import assert_equal

SIZES = {"lists": {"L": 6}, "uses": {"H": 32, "W": 48}}


@cache
def features() -> tuple[tuple[str, str | None], ...]:
    """Every feature spec that holds a model, plain and in all its variants."""
    found: list[tuple[str, str | None]] = []
    for path in sorted(FEATURES.glob("*.yaml")):
        module = load_file(path).module
        assert module is not None, path
        if module.model is not None:
            found += [(path.stem, variant) for variant in [None, *module.variants]]
    return tuple(found)


def elaborated(name: str, variant: str | None) -> Elaboration:
    path: Path = FEATURES / f"{name}.yaml"
    return load(path, variant).elaborate()


@pytest.mark.parametrize(("name", "variant"), features())
def test_features(name: str, variant: str | None) -> None:
    elaboration = elaborated(name, variant)
    assert_equal(elaboration, feeds(elaboration, **SIZES.get(name, {})))
