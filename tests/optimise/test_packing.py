"""Linear layers of one value, packed."""

from __future__ import annotations

import pytest

from tests.optimise.models import fired, kinds, optimised, spec

SEQUENCE = 'inputs: {x: "float[B, T, 8]", y: "float[B, T, 8]"}\n'
SIZES = {"B": 2, "T": 5}


def test_projections_of_one_value_become_one() -> None:
    found = spec("""inputs: {x: "float[B, T, 8]"}
graph:
  q: Linear(out_features=8)
  k: Linear(out_features=4, bias=False)(x)
  v: Linear(out_features=4)(x)
  out: q + cat([k, v.view([B * T, 4]).view([B, T, 4])], dim=-1)
""")
    graph, report = optimised(found, SIZES, {"B": 3, "T": 2})
    assert fired(report) == {"packing": ["q"]}
    assert report.fired[0].changes[0].what == "one layer with k, v"
    assert kinds(graph).count("Linear") == 1
    assert "view" not in kinds(graph)
    assert dict(graph.named_parameters())["q_k_v.weight"].shape == (16, 8)


def test_gate_and_up_become_one() -> None:
    found = spec("""inputs: {x: "float[B, 8]"}
graph:
  mlp:
    graph:
      gate: Linear(out_features=6, bias=False)(x)
      up: Linear(out_features=6, bias=False)(x)
      out: silu(gate) * up
""")
    graph, report = optimised(found, {"B": 2})
    assert fired(report) == {"packing": ["mlp.gate"]}
    assert [name for name, _ in graph.named_parameters()] == ["mlp.gate_up.weight"]


@pytest.mark.parametrize(
    "graph",
    [
        "{a: Linear(out_features=4)(x), b: Linear(out_features=4)(y), out: a + b}",
        "{a: Linear(out_features=8)(x), b: Linear(out_features=8)(a), out: a + b}",
        "{a: Linear(out_features=4)(x), c: a(y), b: Linear(out_features=4)(x), out: a + b + c}",
        "{a: Linear(out_features=4)(x), b: Linear(out_features=4)(x), out: a + b}\n"
        "tie: {b.weight: a.weight}",
        "{h: x * 1, a: Linear(out_features=8)(h), r: ReLU(inplace=True)(h), "
        "b: Linear(out_features=8)(h), out: a + r + b}",
    ],
    ids=["other values", "one after the other", "used twice", "tied", "written in between"],
)
def test_what_stays_apart(graph: str) -> None:
    _, report = optimised(spec(f"{SEQUENCE}graph: {graph}\n"), SIZES)
    assert "packing" not in fired(report)
