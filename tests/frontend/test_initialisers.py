"""The arguments of initialisers are those of torch."""

from __future__ import annotations

import inspect

import pytest
from netwright.ops.initialisers import INITIALISERS
from torch.nn import init


@pytest.mark.parametrize("name", INITIALISERS)
def test_the_arguments_are_those_of_torch(name: str) -> None:
    _, *parameters = inspect.signature(getattr(init, f"{name}_")).parameters
    assert INITIALISERS[name] == tuple(p for p in parameters if p != "generator")
