"""Linear layers that are one."""

from __future__ import annotations

import pytest
from netwright_runtime.verify.properties.linear_pairs import PROPERTY

from tests.verify.subjects import finding, outcome, subject

TEXT = """\
inputs: {x: "float[B, 6]"}
graph:
  first: Linear(out_features=WIDTH)
  between: MODULE
  last: Linear(out_features=5)
"""


def written(width: int, module: str) -> str:
    return TEXT.replace("WIDTH", str(width)).replace("MODULE", module)


@pytest.mark.parametrize("module", ["Identity", "Dropout(p=0.1)"])
def test_two_layers_that_are_one(module: str) -> None:
    found = finding(subject(written(8, module)), PROPERTY)
    assert (found.node, found.place) == ("between", "net.yaml:6:12")
    assert "`first` and `last` are one linear map" in found.message


def test_layers_right_behind_each_other() -> None:
    text = written(8, "Identity").replace("  between: Identity\n", "")
    assert finding(subject(text), PROPERTY).node == "last"


@pytest.mark.parametrize(
    ("width", "module"), [(8, "ReLU"), (8, "LayerNorm"), (3, "Identity")], ids=str
)
def test_a_nonlinearity_or_fewer_features_between(width: int, module: str) -> None:
    assert outcome(subject(written(width, module)), PROPERTY).verdict in ("passed", "skipped")


def test_a_layer_that_something_else_reads_too() -> None:
    text = written(8, "Identity").replace(
        "last: Linear(out_features=5)", "last: Linear(out_features=8)"
    )
    text += "  out: last + first\n"
    assert outcome(subject(text), PROPERTY).verdict == "skipped"
