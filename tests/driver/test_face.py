"""`import netwright`: the names that it offers, and what importing it costs."""

from __future__ import annotations

import ast
import inspect

import netwright
import pytest

from tests.processes import python


@pytest.mark.parametrize("name", netwright.__all__)
def test_every_name_is_there(name):
    assert getattr(netwright, name) is not None
    assert name in dir(netwright)


def test_type_checkers_see_what_there_is():
    tree = ast.parse(inspect.getsource(netwright))
    typed = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("netwright.")
        for alias in node.names
    }
    assert typed == set(netwright.__all__)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="`nope`"):
        netwright.nope  # noqa: B018


def test_importing_the_package_imports_neither_torch_nor_pydantic():
    heavy = ("torch", "pydantic", "typer")
    code = f"import netwright, sys; print([m for m in {heavy} if m in sys.modules])"
    done = python("-c", code)
    assert done.stdout.strip() == "[]"


def test_a_spec_is_built_in_a_program():
    spec = netwright.Spec(
        model="Made",
        inputs={"x": "float[B, 4]"},
        graph={"fc": netwright.ModuleNodeSpec(op="Linear", out_features=2), "act": "ReLU"},
    )
    assert netwright.check(spec).ok
    assert "class Made(" in netwright.emit(spec)
