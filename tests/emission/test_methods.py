"""Methods compute what the fx graph computes between the values that they enter and leave at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netwright
import pytest
import torch
from netwright.backends.fx import lower
from netwright.passes.cut import take
from netwright.passes.model import Elaboration
from netwright.source import NOWHERE
from torch import Tensor

from tests.emission.building import built
from tests.emission.feeding import feed
from tests.emission.test_features import elaborated
from tests.references import filling

VALUES = [
    *("model.embed", "model.encoder.norm", "model.encoder.q", "model.encoder", "model.after"),
    *("model.last", "tail.a", "tail.b", "head"),
]

METHODS = {
    "embed": ([], ["model.embed"]),
    "encode": ([], ["model.encoder", "model.encoder.norm", "model.after"]),
    "finish": (["model.after"], ["head"]),
    "deep": (["model.encoder.q", "model.embed"], ["model.last", "tail.b"]),
    "half_way": (["tail.a"], ["head", "tail.b"]),
}
"""The values that each method takes and returns, in order."""


def by_path(elaboration: Elaboration, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inner values of a model, as the fx back end computes them."""
    model = elaboration.primary
    part = take(model, tuple(VALUES), NOWHERE)
    part.outputs = {f"value{k}": value for k, value in part.outputs.items()}
    graph = lower(part, among=[model])
    graph.load_state_dict(weights)
    return dict(zip(VALUES, graph(**feed(model)), strict=True))


@pytest.mark.parametrize("name", METHODS)
def test_methods_agree_with_the_graph(name: str) -> None:
    elaboration = elaborated("methods", None)
    module = built(elaboration)
    filling.fill_module(module)
    values = by_path(elaboration, module.state_dict())
    taken, expected = METHODS[name]
    given = [values[p] for p in taken] or feed(elaboration.primary).values()
    found = getattr(module, name)(*given)
    found = [found] if isinstance(found, Tensor) else found
    for mine, path in zip(found, expected, strict=True):
        assert torch.equal(mine, values[path]), path


SPEC = """\
netwright: 1
model: Open
inputs: {x: "float[B, 4]"}
graph:
  body:
    graph:
      a: Linear(out_features=4)
      b: Linear(out_features=4)
      out: b + x
methods:
  late: {inputs: {h: body.a}, outputs: {y: body}}
"""


def test_a_method_takes_what_it_reads_inside(tmp_path: Path) -> None:
    file = tmp_path / "open.yaml"
    file.write_text(SPEC, encoding="utf-8")
    (found,) = netwright.check(file).errors
    assert found.code == "E0408"
    assert found.message == "the method `late` needs the input `x`, which it does not take"
    file.write_text(SPEC.replace("{h: body.a}", "{h: body.a, x: x}"), encoding="utf-8")
    assert "def late(self, h: Tensor, x: Tensor)" in netwright.emit(file)


BELOW = """\
netwright: 1
model: Below
inputs: {x: "float[B, 4, 6]", mask: {type: "float[B, 4, 3]", optional: true}}
graph:
  states: {scan: t in x over B, from: {u: t}, graph: {fc: Linear(out_features=3)}}
  pair: {op: Pair, from: states}
  again: pair(pair.b)
  aside: {scan: t in x over B, from: {u: t}, graph: {fc: Linear(out_features=2)}}
  masked: again * mask if mask is not None else again
  out: sinh(masked) + ones([again.shape[0], 4, 3])
outputs: {y: out, states: states, again: again, aside: aside}
methods:
  below_scan: {inputs: {u: states}, outputs: {z: out}}
  below_call: {inputs: {u: again}, outputs: {z: out}}
  with_mask: {inputs: {u: again, mask: mask}, outputs: {z: out}}
blocks:
  Pair: {inputs: {x: "float[..., C]"}, graph: {b: x * 2, a: x + 1}, outputs: {a: a, b: b}}
"""
"""What stands above the values that a method enters at, or beside its way, is not its own."""


def test_methods_enter_below_loops_and_calls(tmp_path: Path) -> None:
    spec = tmp_path / "below.yaml"
    spec.write_text(BELOW, encoding="utf-8")
    module: Any = netwright.build(spec)
    whole = module(torch.ones(2, 4, 6))
    assert torch.equal(module.below_scan(whole.states), whole.y)
    assert torch.equal(module.below_call(whole.again), whole.y)
    mask = torch.full((2, 4, 3), 0.5)
    masked = module(torch.ones(2, 4, 6), mask)
    assert torch.equal(module.with_mask(masked.again, mask), masked.y)
    assert torch.equal(module.with_mask(whole.again), whole.y)


def test_a_method_with_the_outputs_of_the_model_returns_its_class(tmp_path: Path) -> None:
    path = tmp_path / "both.yaml"
    path.write_text(
        'netwright: 1\nmodel: Both\ninputs: {x: "float[B, 4]"}\n'
        "graph:\n  enc: Linear(out_features=4)\n  a: relu(enc)\n  b: tanh(enc)\n"
        "outputs: {a: a, b: b}\n"
        "methods: {again: {inputs: {h: enc}, outputs: {a: a, b: b}}}\n",
        encoding="utf-8",
    )
    source = netwright.emit(path)
    assert source.count("(NamedTuple)") == 1
    assert "def again(self, h: Tensor) -> BothOutput:" in source
