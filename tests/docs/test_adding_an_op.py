"""docs/adding-an-op.md: its entries work, and its specs check and emit with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from netwright.driver.check import check
from netwright.driver.emit import emit
from netwright.ir.dims import symbol
from netwright.ir.types import TensorType
from netwright.ops.entry import OpError
from netwright.ops.table import FUNCTIONS, MODULES

from tests.docs.pages import DOCS, fences

PAGE = (DOCS / "adding-an-op.md").read_text(encoding="utf-8")
SPECS = {spec.heading: spec.text for spec in fences(PAGE, "yaml")}
CALLS = {"A function": "torch.diff(track, dim=1).diff(n=2, dim=1)", "A module": "nn.Linear(64, 10)"}


@pytest.fixture(name="entries")
def _entries(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page defines, with its ops in the table."""
    names: dict[str, Any] = {}
    for block in fences(PAGE, "python"):
        exec(compile(block.text, "adding-an-op.md", "exec", dont_inherit=True), names)
    monkeypatch.setitem(FUNCTIONS, "diff", names["DIFF"])
    monkeypatch.setitem(MODULES, "Linear", names["LINEAR"])
    return names


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize("heading", SPECS)
def test_a_spec_uses_the_new_op(heading: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SPECS[heading], encoding="utf-8")
    found = check(path)
    assert not list(found.report), found.render()
    assert CALLS[heading] in emit(path)


@pytest.mark.parametrize(("n", "dim"), [(0, 0), (1, -1), (3, 0), (7, 1)])
def test_the_function_has_torchs_shape(entries: dict[str, Any], n: int, dim: int) -> None:
    real = torch.diff(torch.zeros(5, 4), n=n, dim=dim)
    given = {"input": TensorType("float", (5, 4)), "n": n, "dim": dim}
    assert entries["DIFF"].rule(given).shape == tuple(real.shape)


def test_the_function_refuses_and_takes_symbols(entries: dict[str, Any]) -> None:
    rule, length = entries["DIFF"].rule, symbol("T")
    with pytest.raises(OpError, match="cannot be negative"):
        rule({"input": TensorType("float", (5,)), "n": -1, "dim": 0})
    result = rule({"input": TensorType("float", (length,)), "n": 1, "dim": 0})
    assert result.shape == (length - 1,)


def test_the_module_is_the_tables_own(entries: dict[str, Any]) -> None:
    theirs, ours = MODULES["Linear"], entries["LINEAR"]
    args = {"in_features": 8, "out_features": 3, "bias": True}
    given = {**args, "input": TensorType("float", (2, 8))}
    assert ours.args == theirs.args
    assert ours.rule(given) == TensorType("float", (2, 3))
    layer = torch.nn.Linear(8, 3)
    owned = {w.name: w.shape for w in ours.weights(args)}
    assert owned == {name: tuple(w.shape) for name, w in layer.state_dict().items()}
    assert ours.flops(given, ours.rule(given)) == 2 * 2 * 8 * 3
