"""How parameters begin, what computes buffers, and which params named blocks see."""

from __future__ import annotations

from typing import Any

import pytest
from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.ir.instance import Initial, Instance
from netwright.ir.values import ModuleValue
from netwright.passes.model import elaborate

HEAD = """netwright: 1
model: M
inputs: {x: "float[B, T, 4]"}
"""


def elaborated(text: str, **params: Any) -> tuple[Instance, list[str]]:
    loaded = load_text(HEAD + text, "f.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    report = Report()
    found = elaborate(loaded.module, None, params, report)
    assert found is not None
    return found.primary, [f"{d.code} {d.message}" for d in report]


def test_initialisers_are_evaluated() -> None:
    text = """params: {depth: 2}
graph:
  a: {parameter: [4], init: normal(std=0.02 / depth)}
  b: {parameter: [4], init: "uniform(-depth, depth)"}
  c: {parameter: [4], init: ones}
  d: {parameter: [4]}
  out: x + a + b + c + d
"""
    instance, problems = elaborated(text)
    assert not problems
    assert [w.initial for w in instance.weights.values()] == [
        Initial("normal", (), (("std", 0.01),)),
        Initial("uniform", (-2, 2)),
        Initial("ones"),
        None,
    ]


def test_a_buffer_keeps_what_computes_it() -> None:
    instance, problems = elaborated('graph: {b: {buffer: "arange(4) * 2"}, out: x * b}\n')
    assert not problems
    assert len(instance.weights["b"].steps) == 2
    assert [type(s).__name__ for s in instance.steps] == ["ReadWeight", "Operate"]


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ("b: {buffer: 'x[0, 0]'}", "E0305 a buffer is computed at build, but this needs `x`"),
        (
            "w: {parameter: [4]}\n  b: {buffer: w * 2}",
            "E0305 a buffer is computed at build, but the weight `w` changes",
        ),
        (
            "fc: Linear(out_features=4)\n  b: {buffer: fc.sum()}",
            "E0305 a buffer is computed at build, but this needs `x`",
        ),
        (
            "b: {buffer: arange(T).sum()}",
            "E0306 the size `T` is only known at run time, but is needed to build the model",
        ),
    ],
)
def test_a_buffer_depends_on_nothing_of_the_run_time(nodes: str, problem: str) -> None:
    assert elaborated(f"graph:\n  {nodes}\n  out: x * b\n")[1] == [problem]


BLOCKS = """params: {dim: 2, block: {type: module, default: Wide}}
graph: {out: block}
blocks:
  Wide: {inputs: {x: "float[B, T, 4]"}, graph: {fc: Linear(out_features=dim)}}
  Narrow: {inputs: {x: "float[B, T, 4]"}, graph: {fc: Linear(out_features=dim // 2)}}
"""


@pytest.mark.parametrize(("name", "size"), [(None, 8), ("Narrow", 4)])
def test_blocks_named_by_params_see_the_chosen_params(name: str | None, size: int) -> None:
    loaded = load_text(HEAD + BLOCKS, "f.yaml")
    assert loaded.module is not None
    given: dict[str, Any] = {"dim": 8}
    if name is not None:
        given["block"] = ModuleValue(loaded.module.blocks[name])
    found = elaborate(loaded.module, None, given, Report())
    assert found is not None
    (output,) = found.primary.outputs.values()
    assert output.type.shape[-1] == size
