"""Names: which can be used, and what a misspelt one was meant to be."""

from __future__ import annotations

import pytest
from netwright.frontend.builtins import CONSTANTS
from netwright.frontend.identifiers import (
    IMPORTED,
    closest,
    fault_of,
)
from netwright.ir.attributes import GRAPH_ATTRIBUTES, MODULE_ATTRIBUTES
from torch import fx, nn

from tests.frontend.specs import HEAD, codes


def test_the_attributes_of_modules_are_torchs() -> None:
    public = {name for name in dir(nn.Module()) if not name.startswith("_")}
    assert public == MODULE_ATTRIBUTES | {"training"}


def test_the_attributes_of_graph_modules_are_torchs() -> None:
    graph = fx.GraphModule(nn.Module(), fx.Graph())
    own = {name for name in set(dir(graph)) - set(dir(nn.Module())) if not name.startswith("_")}
    assert own == GRAPH_ATTRIBUTES


@pytest.mark.parametrize("name", sorted(GRAPH_ATTRIBUTES))
def test_no_root_of_weights_is_an_attribute_of_graph_modules(name: str) -> None:
    inputs = 'inputs: {x: "float[B, 8]"}\n'
    found = [("E0211", 4, 9)]
    assert codes(f"{HEAD}{inputs}graph: {{{name}: ReLU}}") == found
    assert codes(f"{HEAD}{inputs}graph: {{a: {{op: ReLU, key: {name}.a}}}}") == found
    inner = f'graph: {{a: {{key: "", graph: {{{name}: ReLU}}}}}}'
    assert codes(HEAD + inputs + inner) == [("E0211", 4, 30)]
    assert codes(f"{HEAD}{inputs}graph: {{{name}: x * 2}}") == []
    assert codes(f"{HEAD}{inputs}graph: {{a: {{graph: {{{name}: ReLU}}}}}}") == []


@pytest.mark.parametrize("name", ["conv1", "_x", "W_q", "self", "A"])
def test_usable(name: str) -> None:
    assert not fault_of(name)


ODD = ["", "1a", "a-b", "a.b", "é", "class", "None", "__x"]
UNUSABLE = [*ODD, *sorted(CONSTANTS), *sorted(IMPORTED)]


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
