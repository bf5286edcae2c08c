"""What a reader would trip over is written otherwise."""

from __future__ import annotations

import netwright

from tests.emission.building import SPECS


def test_a_size_has_one_spelling() -> None:
    """What is inferred is written as the spec writes it, though its own order is the alphabet's."""
    source = netwright.emit(SPECS / "vision/segformer.yaml", variant="b0")
    assert "mlp_ratio * dim" in source
    assert "dim * mlp_ratio" not in source


def test_rules_for_one_class_share_a_condition() -> None:
    source = netwright.emit(SPECS / "vision/segformer.yaml", variant="b0")
    assert source.count("isinstance(module") == 1
