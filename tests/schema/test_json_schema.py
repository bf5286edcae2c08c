"""The JSON Schema accepts every spec and refuses seeded faults."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from netwright.diagnostics import Report
from netwright.driver.json_schema import json_schema
from netwright.frontend import load_text
from netwright.frontend.document import read
from netwright.frontend.formatting import format_text
from netwright.frontend.validate import plain
from netwright.ops.table import MODULES

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.yaml"))
VALIDATOR = Draft202012Validator(json_schema())


def data(text: str) -> Any:
    root = read(text, "f.yaml", Report()).root
    assert root is not None
    return plain(root)


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
@pytest.mark.parametrize("long", [False, True], ids=["as it is", "long"])
def test_specs_are_accepted(path: Path, long: bool) -> None:
    text = path.read_text(encoding="utf-8")
    VALIDATOR.validate(data(format_text(text, long=True) if long else text))


def test_the_schema_is_sound_small_and_stable() -> None:
    found = json_schema()
    Draft202012Validator.check_schema(found)
    text = json.dumps(found)
    assert len(text) < 400_000
    assert text == json.dumps(json_schema())


def test_every_op_is_offered_with_its_arguments() -> None:
    definitions = json_schema()["$defs"]
    offered = definitions["ModuleNodeSpec"]["properties"]["op"]["anyOf"][0]["enum"]
    assert offered == sorted(MODULES)
    for name, op in MODULES.items():
        arguments = definitions[f"op.{name}"]["properties"]
        assert list(arguments) == [arg.name for arg in op.args]
    linear = definitions["op.Linear"]
    assert linear["required"] == ["op", "out_features"]
    assert linear["properties"]["bias"]["default"] is True
    assert "Linear(out_features=64)" in definitions["Node"]["oneOf"][0]["examples"]


def test_every_key_is_described() -> None:
    found = json_schema()
    parts = [found, *(d for n, d in found["$defs"].items() if n.endswith("Spec"))]
    for part in parts:
        assert all(held.get("description") for held in part["properties"].values())


SOUND = """\
netwright: 1
model: M
params: {n: {type: int, default: 2}}
inputs: {x: "float[B, 8]", y: {type: "float[B]", optional: true}}
graph:
  a: {op: Linear, out_features: 8, repeat: n, collect: true}
  b: {op: Block, size: 3, from: {x: x}}
  c: {graph: {d: ReLU}, when: n > 1}
  e: {parameter: [8], init: zeros}
  f: {buffer: arange(8), persistent: false}
  g: 8
outputs: {z: {value: b, type: "float[B, 8]"}}
init: [{match: Linear.weight, with: zeros}]
weights: {published: [{match: a, to: null}]}
methods: {m: {outputs: {z: b}}}
properties: {causal: {over: B}, padding_invariant: null, max_parameters: 1K}
blocks: {Block: {params: {size: int}, inputs: {x: "float[B, C]"}, graph: {y: ReLU}}}
"""

Change = Callable[[Any], None]
FAULTS: dict[str, Change] = {
    "unknown key": lambda d: d.update(grph={}),
    "missing version": lambda d: d.pop("netwright"),
    "wrong version": lambda d: d.update(netwright=2),
    "missing graph": lambda d: d.pop("graph"),
    "empty graph": lambda d: d.update(graph={}),
    "graph as a list": lambda d: d.update(graph=[]),
    "unknown argument": lambda d: d["graph"]["a"].update(out_feature=8),
    "missing argument": lambda d: d["graph"]["a"].pop("out_features"),
    "argument as a mapping": lambda d: d["graph"]["b"].update(size={"a": 1}),
    "repeat as a list": lambda d: d["graph"]["a"].update(repeat=[1]),
    "collect as a number": lambda d: d["graph"]["a"].update(collect=1),
    "unknown key of a block": lambda d: d["graph"]["c"].update(wen=1),
    "node of no kind": lambda d: d["graph"].update(h={"out_features": 3}),
    "op as a number": lambda d: d["graph"]["a"].update(op=3),
    "unknown key of a parameter": lambda d: d["graph"]["e"].update(shape=3),
    "persistent as a text": lambda d: d["graph"]["f"].update(persistent="no"),
    "unknown key of a param": lambda d: d["params"]["n"].update(typ="int"),
    "input as a number": lambda d: d["inputs"].update(x=3),
    "optional as a text": lambda d: d["inputs"]["y"].update(optional="yes"),
    "output without a value": lambda d: d["outputs"]["z"].pop("value"),
    "rule without `with`": lambda d: d["init"][0].pop("with"),
    "rules as a mapping": lambda d: d.update(init={"match": "a"}),
    "unknown key of a step": lambda d: d["weights"]["published"][0].update(too="b"),
    "unknown property": lambda d: d.update(properties={"casual": {"over": "B"}}),
    "property without its dim": lambda d: d.update(properties={"causal": {}}),
    "method without outputs": lambda d: d["methods"]["m"].pop("outputs"),
    "block without a graph": lambda d: d["blocks"]["Block"].pop("graph"),
    "where as a text": lambda d: d.update(where="n > 1"),
}


def test_the_sound_spec_is_accepted() -> None:
    VALIDATOR.validate(data(SOUND))


@pytest.mark.parametrize(("name", "value"), [("bias", [1]), ("bias", 3), ("out_features", 0.5)])
def test_an_argument_of_a_wrong_kind_is_refused(name: str, value: object) -> None:
    faulty = data(SOUND)
    faulty["graph"]["a"][name] = value
    assert not VALIDATOR.is_valid(faulty)
    faulty["graph"]["a"][name] = "n"
    VALIDATOR.validate(faulty)


@pytest.mark.parametrize("name", FAULTS)
def test_a_seeded_fault_is_refused(name: str) -> None:
    """By the JSON Schema, and by the compiler."""
    faulty = copy.deepcopy(data(SOUND))
    FAULTS[name](faulty)
    assert not VALIDATOR.is_valid(faulty)
    assert load_text(json.dumps(faulty)).report.errors
