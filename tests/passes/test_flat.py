"""A `flat` graph numbers its modules through, as torchvision's `features` of VGG are."""

from __future__ import annotations

import pytest
from netwright.diagnostics import Report
from netwright.frontend.load import load_text
from netwright.passes.model import Elaboration, elaborate

VGG = """netwright: 1
model: VGG
params: {widths: [4, 8], depths: [1, 2], batch_norm: false}
inputs: {image: "float[B, 3, H, W]"}
graph:
  features:
    repeat: stage in range(len(widths))
    flat: true
    graph:
      convs:
        repeat: depths[stage]
        graph:
          conv: Conv2d(out_channels=widths[stage], kernel_size=3, padding=1)
          norm: {op: BatchNorm2d, when: batch_norm}
          act: ReLU
      pool: MaxPool2d(kernel_size=2)
"""


def elaborated(spec: str, **params: object) -> Elaboration:
    loaded = load_text(spec, "f.yaml")
    assert loaded.module is not None
    elaboration = elaborate(loaded.module, None, params, Report())
    assert elaboration is not None
    return elaboration


@pytest.mark.parametrize(
    ("batch_norm", "convs", "norms"), [(False, [0, 3, 5], []), (True, [0, 4, 7], [1, 5, 8])]
)
def test_numbers_count_what_is_there(batch_norm: bool, convs: list[int], norms: list[int]) -> None:
    elaboration = elaborated(VGG, batch_norm=batch_norm)
    weights = next(iter(elaboration.cases.values())).all_weights()
    named = {path[1]: weight.shape for path, weight in weights if path[-1] == "weight"}
    assert [int(n) for n, shape in named.items() if len(shape) == 4] == convs
    assert [int(n) for n, shape in named.items() if len(shape) == 1] == norms


MISFITS = {
    "a: {op: Linear, out_features: 4, key: b}": "`key` stands in a `flat` graph",
    "a: {op: ReLU, repeat: 2, collect: true}": "`collect` stands in a `flat` graph",
    "a: Linear(out_features=4)(x)": "`a` stands in a `flat` graph, but names its input",
    "a: x + 1": "`a` stands in a `flat` graph, but is no module",
    "a: {graph: {b: ReLU}, outputs: {c: b}}": "`a` stands in a `flat` graph, but names its outputs",
}


@pytest.mark.parametrize("inside", MISFITS)
def test_only_chains_are_numbered(inside: str) -> None:
    head = 'netwright: 1\nmodel: M\ninputs: {x: "float[B, 4]"}\ngraph:\n'
    spec = head + f"  body:\n    flat: true\n    graph:\n      {inside}\n"
    found = load_text(spec, "f.yaml").report.errors
    assert [(d.code, d.message, d.span.line) for d in found] == [("E0219", MISFITS[inside], 8)]


TAKEN = """netwright: 1
model: Taken
inputs: {x: "float[B, 4]"}
graph:
  back: {op: Back, take: features.1}
blocks:
  Back:
    inputs: {x: "float[B, C]"}
    graph:
      features: {repeat: 2, flat: true, graph: {fc: Linear(out_features=C), act: ReLU}}
      head: Linear(out_features=C)
"""


@pytest.mark.parametrize(("path", "place"), [("features.1", 5), ("features", None)])
def test_a_flat_graph_is_taken_whole(path: str, place: int | None) -> None:
    module = load_text(TAKEN.replace("features.1", path), "f.yaml").module
    assert module is not None
    report = Report()
    elaborate(module, None, {}, report)
    found = [(d.code, d.span.line) for d in report.errors]
    assert found == ([] if place is None else [("E0219", place)])
