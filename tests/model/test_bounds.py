"""What the integers of an input stay below, by what they index."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.model import compiled
from netwright_runtime.model.bounds import bounds, bounds_of

TABLE = {"n_cont_features": 3, "cat_cardinalities": [4, 5]}


@pytest.mark.parametrize(
    ("spec", "params", "given", "wanted"),
    [
        ("language/tiny_gpt", {}, (), {"tokens": 96}),
        ("recurrent/lstm_classifier", {"vocab_size": 11}, (), {"tokens": 11}),
        ("vision/resnet", {}, (), {}),
        ("tabular/ft_transformer", TABLE, ("x_cat",), {}),
    ],
)
def test_what_indexes_as_a_whole(
    spec: str, params: dict[str, object], given: tuple[str, ...], wanted: dict[str, int]
) -> None:
    assert bounds_of(compiled(spec, params=params), frozenset(given)) == wanted


def test_parts_that_index_are_bounded_by_the_smallest_table() -> None:
    graph = compiled("tabular/ft_transformer", params=TABLE).graph(frozenset({"x_cat"}))
    assert bounds(graph) == {"x_cat": 4}


def test_no_weight_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[torch.device] = []
    parameter = torch.nn.Parameter.__new__

    def noted(cls: type, data: torch.Tensor, **named: bool) -> object:
        made.append(data.device)
        return parameter(cls, data, **named)

    monkeypatch.setattr(torch.nn.Parameter, "__new__", noted)
    bounds_of(compiled("language/tiny_gpt"))
    assert {device.type for device in made} == {"meta"}
