"""Passes that give the same numbers: inlining, dead, identities, common, constants."""

from __future__ import annotations

import pytest

from tests.optimise.models import fired, kinds, optimised, spec

VECTOR = 'inputs: {x: "float[B, 6]"}\n'


def test_identity_and_dropout_go() -> None:
    found = spec(
        VECTOR
        + """graph:
  a: Identity
  b: Dropout(p=0.5)
  c: dropout(b, 0.5)
  d: alpha_dropout(c, 0.5)
  e: drop_path(d, 0.2)
  f: Linear(out_features=3)
"""
    )
    graph, report = optimised(found, {"B": 2}, {"B": 5}, level=1, allowed=0.0)
    assert fired(report) == {"identities": ["a", "b", "c", "d", "e"]}
    assert kinds(graph) == ["Linear"]


def test_dropout_that_acts_in_evaluation_stays() -> None:
    found = spec(VECTOR + "graph: {a: 'dropout(x, 0.5, training=True)'}\n")
    graph, report = optimised(found, {"B": 4}, level=2, allowed=0.0)
    assert not report.fired
    assert kinds(graph) == ["dropout"]


def test_in_place_dropout_is_its_argument() -> None:
    found = spec(
        VECTOR
        + """graph:
  a: x * 2
  b: Dropout(inplace=True)(a)
  c: ReLU(inplace=True)(b)
  out: a + c
"""
    )
    graph, _ = optimised(found, {"B": 4}, allowed=0.0)
    assert kinds(graph) == ["mul", "ReLU", "add"]


def test_what_is_computed_twice_is_computed_once() -> None:
    found = spec(
        VECTOR
        + """graph:
  fc: Linear(out_features=4)
  a: relu(fc.mean(0))
  b: relu(fc.mean(0))
  again: fc(x)
  out: fc - a + b + again
"""
    )
    graph, report = optimised(found, {"B": 2}, {"B": 5}, level=1, allowed=0.0)
    assert fired(report) == {"common": ["b", "b", "fc"]}
    assert kinds(graph).count("Linear") == 1
    assert kinds(graph).count("relu") == 1


@pytest.mark.parametrize(
    ("graph", "repeated"),
    [
        ("{a: rand_like(x), b: rand_like(x), out: a - b}", "rand_like"),
        ("{a: 'x * 1', b: 'x * 1.0', out: a + b}", "mul"),
        ("{h: 'x * 2', a: relu(h), i: ReLU(inplace=True)(h), b: relu(h), out: a + b + i}", "relu"),
    ],
    ids=["random", "other types", "written in between"],
)
def test_what_only_looks_the_same_stays_twice(graph: str, repeated: str) -> None:
    found = spec(f"{VECTOR}graph: {graph}\n")
    made, report = optimised(found, {"B": 4}, level=1, allowed=0.0)
    assert "common" not in fired(report)
    assert kinds(made).count(repeated) == 2


def test_two_results_of_the_caller_stay_apart() -> None:
    found = spec(VECTOR + "graph: {a: 'x * 2', b: 'x * 2'}\noutputs: {a: a, b: b}\n")
    _, report = optimised(found, {"B": 2}, level=1, allowed=0.0)
    assert not report.fired


def test_what_depends_on_weights_alone_becomes_one() -> None:
    found = spec(
        VECTOR
        + """graph:
  token: {parameter: [1, 6], init: normal()}
  place: {parameter: [4, 6], init: normal()}
  table: (token + place[:1]) * arange(6).float()
  out: x + table.expand(B, -1)
"""
    )
    graph, report = optimised(found, {"B": 2}, {"B": 5}, level=1, allowed=0.0)
    assert fired(report) == {"constants": ["table"]}
    assert kinds(graph) == ["size", "expand", "add"]
    assert report.after.parameters == 6


@pytest.mark.parametrize(
    "graph",
    [
        "{w: {parameter: [6], init: normal()}, out: 'x + w.reshape([2, 3]).reshape([6])'}",
        "{w: {parameter: [6], init: normal()}, out: 'x + w * rand([6])'}",
        "{w: {parameter: [600], init: normal()}, out: 'x + (w[:, None] * w + x.mean()).mean()'}",
        "{w: {parameter: [6], init: normal()}, twice: 'w * 2', out: 'x * twice'}\n"
        "outputs: {out: out, twice: twice}",
        "{w: {parameter: [6], init: normal()}, d: 'w * 2', r: ReLU(inplace=True)(d), out: x + r}",
    ],
    ids=["only views", "random", "large", "belongs to the caller", "written in place"],
)
def test_what_is_no_constant_or_not_worth_keeping(graph: str) -> None:
    found = spec(f"{VECTOR}graph: {graph}\n")
    _, report = optimised(found, {"B": 4}, level=1, allowed=0.0)
    assert "constants" not in fired(report)


def test_what_no_output_needs_goes() -> None:
    found = spec(
        VECTOR
        + """graph:
  noise: rand_like(x)
  unused: Linear(out_features=50)(x)
  out: x + rand_like(x)
outputs: {out: out}
methods: {other: {outputs: {noise: noise, unused: unused}}}
"""
    )
    graph, report = optimised(found, {"B": 4}, level=1, allowed=0.0)
    assert fired(report) == {"dead": ["unused", "noise"]}
    assert kinds(graph) == ["rand_like", "add"]
    assert report.after.parameters == 0


def test_recomputed_blocks_are_inlined_and_optimised() -> None:
    found = spec(
        VECTOR
        + """graph:
  layers: {op: Layer, repeat: 2, checkpoint: true}
  fc: {op: Linear, out_features: 6, checkpoint: true}
blocks:
  Layer:
    inputs: {x: "float[B, 6]"}
    graph: {fc: Linear(out_features=6), drop: Dropout, out: x + drop}
"""
    )
    graph, report = optimised(found, {"B": 2}, {"B": 5}, level=1, allowed=0.0)
    assert fired(report)["inlining"] == ["layers.0", "layers.1", "fc"]
    assert fired(report)["identities"] == ["layers.0.drop", "layers.1.drop"]
    assert kinds(graph) == ["Linear", "add", "Linear", "add", "Linear"]


def test_the_bodies_of_loops_are_optimised_too() -> None:
    found = spec("""inputs: {x: "float[B, T, 6]"}
graph:
  start: zeros([B, 6])
  rnn:
    scan: x_t in x over T
    from: {h: start, x_t: x_t}
    graph: {fc: Linear(out_features=6)(x_t), drop: Dropout, mixed: h + drop}
    outputs: {h: mixed, trace: tanh(mixed)}
outputs: {all: rnn.trace}
""")
    _, report = optimised(found, {"B": 2, "T": 3}, {"B": 3, "T": 5}, level=1, allowed=0.0)
    assert fired(report) == {"identities": ["drop"]}
