"""The pydantic models: what validates documents, and how programs write specs."""

from __future__ import annotations

from typing import Any

import pytest
from netwright.frontend import keys, load_spec, load_text
from netwright.frontend.formatting import format_text
from netwright.frontend.formatting_same import same
from netwright.frontend.schema import (
    BlockSpec,
    BufferNodeSpec,
    InitRuleSpec,
    InlineNodeSpec,
    InputSpec,
    KeyRuleSpec,
    MethodSpec,
    ModuleNodeSpec,
    OutputSpec,
    ParameterNodeSpec,
    ParamSpec,
    Spec,
)
from pydantic import BaseModel, ValidationError


def mlp(**more: Any) -> Spec:
    graph = {"fc1": "Linear(out_features=32)", "act": "ReLU", "fc2": "Linear(out_features=10)"}
    return Spec(model="Mlp", inputs={"x": "float[B, 8]"}, graph={**graph, **more})


def test_a_program_writes_a_spec() -> None:
    assert (
        mlp().to_yaml()
        == """\
netwright: 1
model: Mlp

inputs:
  x: float[B, 8]

graph:
  fc1: Linear(out_features=32)
  act: ReLU
  fc2: Linear(out_features=10)
"""
    )
    loaded = load_spec(mlp())
    assert loaded.module is not None
    assert not list(loaded.report)


def test_models_stand_for_their_long_forms() -> None:
    block = BlockSpec(
        params={"width": "int"}, inputs={"x": InputSpec(type="float[B, C]")}, graph={"y": "GELU"}
    )
    spec = Spec(
        model="M",
        params={"n": ParamSpec(type="int", default=2, min=1)},
        inputs={"x": "float[B, 8]", "mask": InputSpec(type="float[B, 8]", optional=True)},
        graph={
            "a": ModuleNodeSpec(op="Linear", out_features=8, from_="x", repeat="n"),
            "b": InlineNodeSpec(graph={"c": "ReLU"}, when="n > 1", otherwise="x"),
            "p": ParameterNodeSpec(parameter=[8], init="zeros"),
            "f": BufferNodeSpec(buffer="arange(8)", persistent=False),
            "d": ModuleNodeSpec(op="Block", width=3),
            "e": "d * p + f",
        },
        outputs={"z": OutputSpec(value="e", type="float[B, 8]")},
        methods={"late": MethodSpec(inputs={"h": "b"}, outputs={"z": "e"})},
        init=[InitRuleSpec(match="Linear.weight", with_="zeros")],
        weights={"old": [KeyRuleSpec(match="x", to=None)]},
        blocks={"Block": block},
    )
    text = spec.to_yaml()
    assert "  a: {op: Linear, out_features: 8, repeat: n, from: x}\n" in text
    assert "  b:\n    when: n > 1\n    else: x\n    graph:\n      c: ReLU\n" in text
    assert "  - {match: Linear.weight, with: zeros}\n" in text
    assert "  old: [{match: x, to: null}]\n" in text
    loaded = load_spec(spec)
    assert not loaded.report.errors, list(loaded.report)
    assert format_text(text) == text


def test_a_spec_is_the_same_program_as_its_text() -> None:
    text = mlp(out={"op": "Softmax", "dim": -1}).to_yaml()
    a, b = load_spec(mlp(out="Softmax(dim=-1)")).module, load_text(text).module
    assert a is not None
    assert b is not None
    assert same(a, b)


@pytest.mark.parametrize(
    "wrong",
    [
        {"graph": {}},
        {"graph": {"a": {"out_features": 3}}},
        {"graph": {"a": ModuleNodeSpec}},
        {"modle": "M", "graph": {"a": "ReLU"}},
        {"graph": {"a": {"op": "ReLU", "collect": 1}}},
        {"graph": {"a": {"op": "ReLU", "repeat": 1.5}}},
        {"netwright": "1", "graph": {"a": "ReLU"}},
    ],
)
def test_nothing_is_converted_and_no_key_ignored(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Spec(**wrong)


def names_of(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def test_the_models_have_the_keys_of_the_language() -> None:
    assert names_of(Spec) == keys.SPEC
    assert names_of(BlockSpec) == keys.BLOCK
    assert names_of(ParamSpec) == keys.PARAM
    assert names_of(InputSpec) == keys.INPUT
    assert names_of(OutputSpec) == keys.OUTPUT
    assert names_of(MethodSpec) == keys.METHOD
    assert names_of(InitRuleSpec) == keys.INIT_RULE
    assert names_of(KeyRuleSpec) == keys.KEY_RULE
    assert names_of(InlineNodeSpec) == keys.INLINE
    assert names_of(ModuleNodeSpec) == keys.CONTROL | {"op"}
    assert names_of(ParameterNodeSpec) == keys.PARAMETER
    assert names_of(BufferNodeSpec) == keys.BUFFER
