"""Iterations that repeat the one before give the steps and facts of those that are elaborated."""

import pytest
from netwright.frontend.load import load_text
from netwright.ir.instance import Instance
from netwright.passes.elaborate import again
from netwright.passes.model import elaborate

_SPEC = """
netwright: 1
model: Chain
inputs:
  x: float[B, 8]
  caches: {{type: "list[float[B, 8]]", optional: true}}
graph:
  start: Linear(out_features=8)
  layers: {node}
outputs: {{y: layers}}
blocks:
  Layer:
    params: {{width: 8}}
    inputs:
      x: float[B, 8]
      cache: {{type: "float[B, 8]", optional: true}}
    graph:
      fc: Linear(out_features=width)(x)
      out: x + fc + (cache if cache is not None else 0)
"""
_CACHE = "caches[i] if caches is not None else None"


@pytest.mark.parametrize(
    "node",
    [
        "{op: Layer, repeat: 5}",
        f"{{op: Layer, repeat: 5, from: {{x: start, cache: '{_CACHE}'}}}}",
        "{op: Layer, repeat: 5, from: {x: start, cache: start * 2}}",
        "{op: Layer, repeat: 5, from: {x: start * 2, cache: start}}",
        "{op: Layer, repeat: 5, from: {x: 'start if caches is None else caches[0]'}}",
        "{op: Layer, repeat: 5, from: {x: start, cache: 'start if i < 3 else None'}}",
        "{op: Layer, repeat: 9, from: {x: start, cache: '[start, start, None][i // 3]'}}",
        "{op: Layer, repeat: 'k in [3, 1, 2]', key: 'layers.{k}'}",
        "{op: Layer, repeat: 5, width: 8 if i < 9 else 4}",
        "{op: Layer, repeat: 5, collect: true}",
        "{op: Layer, repeat: 5, when: i != 2}",
        "{repeat: 5, graph: {fc: Linear(out_features=8), out: relu(fc) + start}}",
        "{op: Layer, repeat: 5, shared: true}",
    ],
)
def test_what_repeats_is_what_would_be_elaborated(node, monkeypatch):
    quick = _noted(node)
    monkeypatch.setattr(again, "is_steady", lambda node: False)
    assert quick == _noted(node)


def _noted(node):
    loaded = load_text(_SPEC.format(node=node))
    assert loaded.module is not None
    elaboration = elaborate(loaded.module, None, {}, loaded.report)
    assert elaboration is not None
    assert not loaded.report.errors
    return [_instance(instance) for instance in elaboration.cases.values()]


def _instance(instance: Instance):
    steps = [(type(s).__name__, getattr(s, "path", None), _inputs(s)) for s in instance.steps]
    facts = {key: [str(type(f)) for f in found] for key, found in _facts(instance)}
    weights = [(path, weight.shape) for path, weight in instance.all_weights()]
    return steps, facts, weights, {k: str(v) for k, v in instance.outputs.items() if v is None}


def _facts(instance: Instance):
    return (((type(p).__name__, kind), found) for (p, kind), found in instance.facts.items())


def _inputs(step):
    return {k: getattr(v, "type", v) for k, v in getattr(step, "inputs", {}).items()}
