"""What the source back end cannot write is refused with its place, by a check and by emission."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest

HEAD = """\
netwright: 1
model: Refused
inputs: {x: "float[B, 4]"}
graph:
"""

REFUSED = {
    "weights of a module beside those of the class": (
        """\
  fc: {op: Linear, out_features: 4, key: ""}
""",
        'the weights of `fc` have no level of their own (`key: ""`)',
    ),
    "a repeated block without a level": (
        """\
  body: {key: "", repeat: 2, graph: {fc: {op: Linear, out_features: 4, key: "fc{i}"}, act: ReLU}}
""",
        '`key: ""` stands on a block that is repeated',
    ),
    "a block without a level called again": (
        """\
  body: {key: "", graph: {fc: Linear(out_features=4), act: ReLU}}
  out: body(x)
""",
        '`body` has no level of its own (`key: ""`), and is called again',
    ),
    "computed attributes that two nodes share": (
        """\
  a: {op: Linear, out_features: 4, repeat: 2, key: "h{i}.a"}
  b: {op: Linear, out_features: 4, repeat: 2, key: "h{i}.b"}
""",
        "`a` has computed names beside the same names of other nodes",
    ),
    "a parameter below a level that nobody has": (
        """\
  p: {parameter: [4], key: encoder.blocks.place}
  fc: {op: Linear, out_features: 4, key: encoder.fc, from: x + p}
""",
        "no module of this block keeps weights at `encoder.blocks`",
    ),
    "a level below a loop": (
        """\
  more: {op: Linear, out_features: 4, key: layers.more}
  again: {op: Linear, out_features: 4, key: layers.again}
  layers: {op: Linear, out_features: 4, repeat: 3}
""",
        "`more` keeps its weights below those of `layers`",
    ),
    "numbers that two loops share": (
        """\
  a: {op: Linear, out_features: 4, repeat: 3, key: "layers.{i}.a"}
  b: {op: Linear, out_features: 4, repeat: 3, key: "layers.{i}.b"}
""",
        "`a` shares a level of computed names with another node",
    ),
    "computed levels that two nodes share": (
        """\
  a: {op: Linear, out_features: 4, repeat: 2, key: "h.m{i}.a"}
  b: {op: Linear, out_features: 4, key: h.z}
""",
        "`a` shares a level of computed names with another node",
    ),
}

COUNTED = """\
  a: Each()(x.unflatten(1, [2, 2]))
  b: Each()(x.unflatten(1, [4, 1]))
  out: a.sum() + b.sum()
blocks:
  Each:
    inputs: {x: "float[B, N, C]"}
    graph:
      fcs: {op: Linear, out_features: 3, each: v in x.unbind(1)}
      out: sum(fcs)
"""


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    graph, message = REFUSED[case]
    file = tmp_path / "refused.yaml"
    file.write_text(HEAD + graph, encoding="utf-8")
    (found,) = netwright.check(file).errors
    assert (found.code, found.message, found.span.line) == ("E0219", message, 5)
    with pytest.raises(netwright.SpecError) as refused:
        netwright.emit(file)
    assert refused.value.diagnostics[0] == found


def test_modules_for_as_many_tensors_as_each_instance_has_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "refused.yaml"
    file.write_text(HEAD + COUNTED, encoding="utf-8")
    with pytest.raises(netwright.SpecError, match="the iterations of `fcs` need several classes"):
        netwright.emit(file)
