from __future__ import annotations

from pathlib import Path

import pytest
import torch
from netwright_runtime.model import compiled
from netwright_runtime.train.blame import Culprit, culprit
from torch import Tensor

HEAD = 'netwright: 1\nmodel: Net\ninputs: {x: "float[B, 4]"}\ngraph:\n'


def blamed(nodes: str, x: Tensor, folder: Path) -> Culprit | None:
    """Who is at fault in a model of these nodes, whose loss is the sum of its outputs."""
    (folder / "net.yaml").write_text(HEAD + nodes)
    torch.manual_seed(0)
    graph = compiled(folder / "net.yaml").graph(training=True)
    return culprit(graph, {"x": x}, lambda given: given.sum())


def test_a_sound_batch_has_no_culprit(tmp_path: Path) -> None:
    assert blamed("  fc: Linear(out_features=2)\n", torch.ones(3, 4), tmp_path) is None


def test_the_first_node_that_gives_nan_is_named(tmp_path: Path) -> None:
    nodes = "  fc: Linear(out_features=2)\n  bad: log(fc - 100)\n  out: bad * 2\n"
    found = blamed(nodes, torch.ones(3, 4), tmp_path)
    assert found is not None
    assert found.path == "bad"
    assert found.place.endswith("net.yaml:6:8")
    assert found.text.startswith("gives NaN, from values between -10")


def test_infinity_in_a_mask_is_no_fault(tmp_path: Path) -> None:
    nodes = "  shown: where(x > 0, x, -inf)\n  p: softmax(shown, dim=1)\n  bad: log(p - 2)\n"
    found = blamed(nodes, torch.tensor([[1.0, -1.0, 2.0, -2.0]]), tmp_path)
    assert found is not None
    assert found.path == "bad"


def test_infinity_is_a_fault_where_the_loss_is_infinite(tmp_path: Path) -> None:
    found = blamed("  bad: exp(x)\n  out: bad + 1\n", torch.full((1, 4), 1e4), tmp_path)
    assert found is not None
    assert (found.path, found.text) == (
        "bad",
        "gives infinity, from values between 1e+04 and 1e+04",
    )


def test_an_input_that_is_no_number_is_named(tmp_path: Path) -> None:
    found = blamed("  fc: Linear(out_features=2)\n", torch.full((1, 4), torch.nan), tmp_path)
    assert found is not None
    assert (found.path, found.text) == ("x", "gives NaN")


def test_the_node_that_sends_back_what_is_no_number_is_named(tmp_path: Path) -> None:
    nodes = "  fc: Linear(out_features=2)\n  zero: fc * 0\n  bad: sqrt(zero)\n  out: bad + 1\n"
    found = blamed(nodes, torch.ones(3, 4), tmp_path)
    assert found is not None
    assert found.path == "bad"
    assert found.text.startswith("sends back a gradient of ")


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_weight_that_is_no_number_is_named(value: float, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(HEAD + "  fc: Linear(out_features=2)\n")
    graph = compiled(tmp_path / "net.yaml").graph(training=True)
    graph.get_parameter("fc.bias").data[0] = value
    found = culprit(graph, {"x": torch.ones(1, 4)}, lambda given: given.sum())
    assert found is not None
    assert found.path == "fc.bias"
