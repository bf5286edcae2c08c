"""Loading: variants, params from programs and from text, and what is refused."""

from __future__ import annotations

import pytest
from netwright import SpecError, UnknownSpec, load
from netwright.frontend.overrides import Text
from torch import nn

from .specs import SMALL, written


def params(model):
    return model.elaborate().params


def test_params_come_from_the_variant_then_from_the_call(tmp_path):
    path = written(tmp_path, SMALL)
    assert params(load(path))["width"] == 8
    assert params(load(path, "small_wide"))["width"] == 32
    assert params(load(path, "small_wide", width=5))["width"] == 5
    assert params(load(path, params={"width": 6}))["width"] == 6


def test_a_models_name_gives_its_variant():
    assert params(load("resnet18", num_classes=10))["num_classes"] == 10
    assert load("resnet18").variant == "resnet18"
    assert load("resnet18", variant="resnet34").variant == "resnet34"


@pytest.mark.parametrize("given", ["GELU", "GELU(approximate='tanh')", nn.GELU, Text("GELU")])
def test_a_module_is_given_by_name_partly_applied_or_as_a_class(tmp_path, given):
    assert params(load(written(tmp_path, SMALL), act=given))["act"].name == "GELU"


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("2 * 6", 12), ("0o14", 12), ("max(3, 12)", 12), ("depth * 4", 12)],
)
def test_text_is_a_yaml_value_or_an_expression(tmp_path, text, value):
    assert params(load(written(tmp_path, SMALL), params={"width": Text(text)}))["width"] == value


def test_text_of_lists():
    model = load("vision/resnet", params={"depths": Text("[1, 1, 2, 1 + 1]")})
    assert params(model)["depths"] == (1, 1, 2, 2)
    assert params(load("vision/resnet", depths=[1, 1, 2, 2]))["depths"] == (1, 1, 2, 2)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"width": "8"}, "E0403"),
        ({"width": 0}, "E0402"),
        ({"width": True}, "E0403"),
        ({"width": object()}, "E0403"),
        ({"width": Text("{a: 1}")}, "E0105"),
        ({"width": Text("3 +")}, "E0108"),
        ({"act": "Nope"}, "E0201"),
        ({"act": int}, "E0403"),
        ({"nope": 1}, "E0205"),
    ],
)
def test_a_param_that_does_not_fit_is_refused(tmp_path, given, code):
    with pytest.raises(SpecError) as fault:
        load(written(tmp_path, SMALL), params=given)
    assert [d.code for d in fault.value.diagnostics] == [code]


def test_a_loaded_model_can_be_changed(tmp_path):
    model = load(written(tmp_path, SMALL), width=5)
    assert params(load(model, depth=1)) == {**params(model), "depth": 1}
    assert params(load(model, "small_wide"))["width"] == 32


def test_what_holds_no_model_is_not_loaded():
    with pytest.raises(SpecError, match="no model"):
        load("blocks/maps")
    with pytest.raises(UnknownSpec):
        load("vision/nothing")
