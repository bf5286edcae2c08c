"""Loading as a whole: cost, determinism, robustness."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netwright.diagnostics import render_all
from netwright.frontend import load_text
from netwright.frontend.budgets import DEFAULT, Budgets

from tests.frontend.specs import HEAD, IMAGE, graph, messages

SPEC = f"""\
{HEAD}params: {{width: 8, norm: {{type: module, default: ReLU}}}}
{IMAGE}
graph:
  stem: Conv2d(out_channels=width, kernel_size=3)
  blocks: {{op: Deep, repeat: 3, n: 2 * i, key: "layers.{{i}}"}}
  mixed:
    from: {{y: blocks}}
    graph:
      a: norm
      b: a + y
outputs: {{out: mixed}}
blocks:
  Deep:
    params: {{n: int}}
    inputs: {{x: "float[B, D, H, W]"}}
    graph: {{y: x * n}}
init: [{{match: Conv2d.weight, with: normal(std=0.02)}}]
"""


def test_the_spec_is_sound() -> None:
    assert messages(load_text(SPEC)) == []


PIECES = [
    *("{", "}", "[", "]", "(", ")", ":", ": ", ",", "#", "'", '"', "\n", "- ", "|", "&a ", "*a "),
    *("\t", "\\", "x", "0", "null", "~", "...", "if", "{i", "repeat: 3", "\u200b", "é", "<<: "),
]


@settings(deadline=None)  # the first fault imports pydantic
@given(
    at=st.integers(0, len(SPEC)),
    cut=st.integers(0, 8),
    piece=st.sampled_from(["", *PIECES]),
    second=st.integers(0, len(SPEC)),
    other=st.sampled_from(["", *PIECES]),
)
def test_no_text_brings_it_down(at: int, cut: int, piece: str, second: int, other: str) -> None:
    text = SPEC[:at] + piece + SPEC[at + cut :]
    text = text[:second] + other + text[second:]
    loaded = load_text(text, "f.yaml")
    assert (loaded.module is None) == bool(loaded.report.errors)
    assert render_all(loaded.report, loaded.sources) == render_all(
        load_text(text, "f.yaml").report, loaded.sources
    )


def test_a_large_graph_loads() -> None:
    lines = "\n".join(f"n{i}: relu(x) * {i}" for i in range(2000))
    module = graph(f"{lines}\nlast: " + " + ".join(["x", "n1999"]))
    assert module.model is not None
    assert len(module.model.nodes) == 2001


def test_budgets_hold_for_the_whole() -> None:
    loaded = load_text(SPEC, "f.yaml", budgets=Budgets(values=10))
    assert [d.code for d in loaded.report] == ["E0501"]
    assert loaded.module is None


@pytest.mark.parametrize(
    ("budgets", "message"),
    [
        (Budgets(nodes=3), "more than 3 nodes in one file"),
        (Budgets(expressions=25), "more than 25 characters of expressions in one file"),
    ],
)
def test_a_file_has_budgets_of_its_own(budgets: Budgets, message: str) -> None:
    nodes = "{a: ReLU, b: {graph: {c: ReLU, d: relu(x) * 2}}}"
    text = f'netwright: 1\nmodel: M\ninputs: {{x: "float[B, 8]"}}\ngraph: {nodes}\n'
    assert not load_text(text, "f.yaml").report.errors
    loaded = load_text(text, "f.yaml", budgets=budgets)
    assert [d.message for d in loaded.report] == [message]
    assert loaded.module is None


def test_the_page_of_the_code_says_the_limits() -> None:
    page = (Path(__file__).parents[2] / "docs" / "errors" / "E0501.md").read_text(encoding="utf-8")
    listed = [int(n.replace(",", "")) for n in re.findall(r"^\| .* \| ([\d,]+) \|$", page, re.M)]
    limits = ("text", "values", "nodes", "expressions", "expression", "depth", "files")
    assert listed == [getattr(DEFAULT, name) for name in limits]


@pytest.mark.parametrize("module", ["torch", "jinja2", "lightning"])
def test_loading_does_not_import(module: str) -> None:
    code = (
        "import sys; from netwright.frontend import load_text;"
        f"load_text({SPEC!r}); sys.exit({module!r} in sys.modules)"
    )
    root = Path(__file__).parents[2] / "compiler"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=False)
    assert done.returncode == 0
