"""What the source back end cannot write is refused with its place, not with a traceback."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest

SPEC = """\
netwright: 1
model: Flat
inputs: {x: "float[B, 4]"}
graph:
  body:
    key: ""
    graph:
      fc: Linear(out_features=3)
"""


def test_a_key_that_adds_no_level(tmp_path: Path) -> None:
    file = tmp_path / "flat.yaml"
    file.write_text(SPEC, encoding="utf-8")
    assert netwright.check(file).ok
    with pytest.raises(netwright.SpecError, match=r"E0219.*cannot be written as source") as refused:
        netwright.emit(file)
    assert refused.value.diagnostics[0].span.line == 5
    graph = netwright.graph(file)
    assert list(graph.state_dict()) == ["fc.weight", "fc.bias"]
