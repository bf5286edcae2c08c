"""Every op of the table as a node that makes the right call of torch."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from netwright.backends.fx.calls import OPERATORS, UNARY, Mode, function_of
from netwright.backends.fx.dtypes import torch_dtype
from netwright.backends.fx.initialise import INITIALISERS
from netwright.backends.fx.lowering import Lowering
from netwright.backends.fx.scope import Scope
from netwright.ir.instance import Apply, Operate
from netwright.ir.types import TensorType
from netwright.ir.values import Tensor, tensors, to_type
from netwright.ops.binding import bind
from netwright.ops.broadcast import operator_type
from netwright.ops.entry import FunctionOp, OpError
from netwright.ops.initialisers import INITIALISERS as NAMES
from netwright.ops.table import FUNCTIONS
from torch import nn
from torch.fx import GraphModule

from tests.ops.test_functions_rules import CASES, by_torch, flat

MODE = Mode(torch.float32, training=False)
EXAMPLES = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_every_function_of_the_table_is_found() -> None:
    for op in FUNCTIONS.values():
        if op.function is not None:
            assert callable(function_of(op.function)), op.name
        elif not op.lowered:
            assert callable(getattr(torch.Tensor, op.method or "")), op.name


def test_every_initialiser_is_known() -> None:
    assert set(INITIALISERS) == set(NAMES)


@pytest.mark.parametrize("operator", [*OPERATORS])
def test_operators(operator: str) -> None:
    dtype = "int" if operator in "&|^<<>>" and operator not in "<>" else "float"
    a, b = (Tensor(TensorType(dtype, (2, 2))) for _ in "ab")
    result = Tensor(operator_type(operator, a.type, b.type))
    found = run(Operate(operator, (a, b), result), [a, b])
    assert flat(found) == ((result.type.dtype, (2, 2)),)


def test_unary_operators() -> None:
    for operator, function in UNARY.items():
        a = Tensor(TensorType("int", (2,)))
        found = run(Operate(operator, (a,), Tensor(a.type)), [a])
        assert torch.equal(found, function(torch.zeros(2, dtype=torch.int64)))


@pytest.mark.parametrize("name", sorted(CASES))
def test_calls(name: str) -> None:
    op, make = FUNCTIONS[name], CASES[name]

    @EXAMPLES
    @given(st.data())
    def agrees(data: st.DataObject) -> None:
        case = make(data.draw)
        step, expected = applied(op, case), by_torch(op, case, "cpu")
        if step is None or expected is None:
            return
        inputs = [t for value in step.arguments.values() for t in tensors(value)]
        assert flat(run(step, inputs)) == expected, case

    agrees()


def applied(op: FunctionOp, case: dict[str, Any]) -> Apply | None:
    """The step of a drawn call, None where the rule refuses it."""
    given = {name: with_tensors(value) for name, value in case.items()}
    try:
        bound = bind(op.name, op.args, (), {k: to_type(v) for k, v in given.items()})
        assert op.rule is not None
        made = op.rule(bound)
    except OpError:
        return None
    many = isinstance(made, tuple)
    results = tuple(Tensor(t) for t in (made if isinstance(made, tuple) else (made,)))
    arguments = {k: given[k] if any(tensors(given.get(k))) else v for k, v in bound.items()}
    if op.train and "training" in arguments:
        arguments["training"] = False
    return Apply(op, arguments, results, many)


def with_tensors(value: Any) -> Any:
    if isinstance(value, TensorType):
        return Tensor(value)
    return tuple(with_tensors(v) for v in value) if isinstance(value, tuple) else value


def run(step: Apply | Operate, inputs: list[Tensor]) -> Any:
    """What the step gives on tensors of zeros, as the tests of the rules have them."""
    lowering = Lowering(nn.Module(), MODE, lambda steps, result: torch.empty(()))
    scope = Scope(())
    for tensor in inputs:
        lowering.enter(tensor, lowering.placeholder("x"), scope)
    lowering.run([step], scope)
    made = step.results if isinstance(step, Apply) else (step.result,)
    lowering.graph.output(
        lowering.value(made, scope) if len(made) > 1 else lowering.value(made[0], scope)
    )
    module = GraphModule(nn.Module(), lowering.graph)
    values = [
        torch.zeros([int(d) for d in t.type.shape if isinstance(d, int)],
                   dtype=torch_dtype(t.type.dtype, torch.float32))
        for t in inputs
    ]  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return module(*values)
