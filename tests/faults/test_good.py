"""Generated sound models: nothing is found in them."""

from __future__ import annotations

import pytest

from tests.faults.alarms import of_generated
from tests.faults.good import text


def test_a_number_gives_one_spec() -> None:
    assert text(3) == text(3)
    assert len({text(seed).partition("inputs")[2] for seed in range(40)}) > 20


@pytest.mark.parametrize("seed", range(1, 9))
def test_nothing_is_found_in_a_sound_model(seed: int) -> None:
    assert of_generated(seed) == (f"good {seed}", [])
