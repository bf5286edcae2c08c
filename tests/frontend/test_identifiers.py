"""Names: which can be used, and what a misspelt one was meant to be."""

from __future__ import annotations

import pytest
from netwright.frontend.builtins import CONSTANTS
from netwright.frontend.identifiers import MODULE_ATTRIBUTES, closest, fault_of
from torch import nn


def test_the_attributes_of_modules_are_torchs() -> None:
    public = {name for name in dir(nn.Module()) if not name.startswith("_")}
    assert public == MODULE_ATTRIBUTES | {"training"}


@pytest.mark.parametrize("name", ["conv1", "_x", "W_q", "self", "A"])
def test_usable(name: str) -> None:
    assert not fault_of(name)


UNUSABLE = ["", "1a", "a-b", "a.b", "é", "class", "None", "__x", *sorted(CONSTANTS)]


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable(name: str) -> None:
    assert fault_of(name)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("Relu", ["GELU", "ReLU"], "ReLU"),
        ("out_featurs", ["out_features", "in_features"], "out_features"),
        ("x", ["y", "z"], None),
        ("repat", ["repeat", "take"], "repeat"),
    ],
)
def test_closest(name: str, known: list[str], meant: str | None) -> None:
    assert closest(name, known) == meant
