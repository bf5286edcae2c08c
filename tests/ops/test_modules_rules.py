"""Every rule of a module agrees with torch: on results, refusals, weights and FLOPs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from netwright.ir.dims import Dim, Size, evaluate, symbol
from netwright.ir.types import TensorType
from netwright.ops import modules
from netwright.ops.binding import bind
from netwright.ops.entry import ModuleOp, OpError, Result
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tests.ops.modules_cases import Case, Free
from tests.ops.strategies_modules import MAKERS, cases

EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

OPS = {op.name: op for op in modules.ALL}
RULED = sorted(name for name, op in OPS.items() if op.rule is not None)
DTYPES = {"float": torch.float32, "int": torch.int64}
NAMES = {torch.float32: "float", torch.int64: "int"}
REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, IndexError, Warning)
READS_VALUES = ("CTCLoss", "GaussianNLLLoss")
"""They do not run on the meta device."""
Found = tuple[tuple[str, tuple[int, ...]], ...]


def test_every_rule_is_tested() -> None:
    assert set(MAKERS) == set(RULED)


# Torch --------------------------------------------------------------------------------------


def make_tensor(x: TensorType) -> torch.Tensor:
    """Zeros in the build's dtypes: `float` is float32."""
    dtype = DTYPES.get(x.dtype) or getattr(torch, x.dtype)
    return torch.zeros([int(d) for d in x.shape if isinstance(d, int)], dtype=dtype)


def make_value(value: Any) -> Any:
    if isinstance(value, TensorType):
        return make_tensor(value)
    if isinstance(value, tuple) and value and isinstance(value[0], TensorType):
        return tuple(make_tensor(v) for v in value)
    return value


def build(case: Case) -> nn.Module:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "enable_nested_tensor")  # of every `Transformer`
        module: nn.Module = getattr(nn, case.op)(**case.args)
    return module.train("Dropout" in case.op)


def call(module: nn.Module, case: Case) -> Any:
    op = OPS[case.op]
    values = {arg.name: make_value(case.inputs.get(arg.name, arg.default)) for arg in op.inputs}
    first, *rest = values.values()
    if case.op == "PoissonNLLLoss":
        return module(first, *rest)
    named = {name: value for name, value in values.items() if name in case.inputs}
    return module(**named)


def flat(result: Any) -> Found:
    """(dtype, shape) of every tensor in a result, nested as torch nests them."""
    if isinstance(result, torch.Tensor):
        name = NAMES.get(result.dtype, str(result.dtype).removeprefix("torch."))
        return ((name, tuple(result.shape)),)
    if isinstance(result, tuple):
        return sum((flat(r) for r in result if r is not None), ())
    raise TypeError(type(result))


def by_torch(case: Case) -> Found | Exception:
    """What torch returns, or what it refuses with. A warning counts as a refusal."""
    with warnings.catch_warnings(), always_warning():
        warnings.simplefilter("error")
        for slower in ("Using padding='same' with even kernel", "LSTM with projections"):
            warnings.filterwarnings("ignore", slower)
        try:
            return flat(call(build(case), case))
        except REFUSALS as refusal:
            return refusal


@contextmanager
def always_warning() -> Iterator[None]:
    """Warnings that torch gives once in a process come each time."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        yield
    finally:
        torch.set_warn_always(before)


# The rule -----------------------------------------------------------------------------------


def bound(case: Case, change: Callable[[int], Size] = lambda size: size) -> dict[str, Any]:
    """All arguments by name as the checker binds them, sizes of the inputs changed by `change`."""
    op = OPS[case.op]
    inputs = {name: change_sizes(value, change) for name, value in case.inputs.items()}
    given_args = bind(op.name, op.args, (), case.args)
    return {**given_args, **bind(op.name, op.inputs, (), inputs)}


def change_sizes(value: Any, change: Callable[[int], Size]) -> Any:
    if isinstance(value, TensorType):
        return TensorType(value.dtype, tuple(change(d) for d in value.shape if isinstance(d, int)))
    if isinstance(value, tuple) and value and isinstance(value[0], TensorType):
        return tuple(change_sizes(v, change) for v in value)
    return value


def by_rule(op: ModuleOp, args: dict[str, Any]) -> Result:
    assert op.rule is not None
    return op.rule(args)


def plain(result: Result, values: dict[str, int]) -> Found:
    items = result if isinstance(result, tuple) else (result,)
    return tuple((r.dtype, tuple(evaluate(d, values) for d in r.shape)) for r in items)


def values_of(case: Case) -> dict[str, int]:
    return {f"s{n}": n for n in range(1, 2000)}


@pytest.mark.parametrize("name", RULED)
@EXAMPLES
@given(data=st.data())
def test_rule_agrees_with_torch(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    expected = by_torch(case)
    try:
        found = plain(by_rule(OPS[name], bound(case)), {})
    except OpError as refusal:
        if isinstance(expected, Exception) or is_empty(expected):
            return  # empty results are refused by design
        raise AssertionError("refused what torch takes") from refusal
    assert not isinstance(expected, Exception), f"took what torch refuses: {expected}"
    assert found == expected
    check_symbolic(case, expected)
    check_witnessed(case, expected)


def is_empty(found: Found) -> bool:
    return any(0 in shape for _, shape in found)


def check_symbolic(case: Case, expected: Found) -> None:
    """With symbols for the free sizes, the rule gives what torch gives once they are known."""

    def change(size: int) -> Size:
        return symbol(f"s{size}") if isinstance(size, Free) else size

    result = by_rule(OPS[case.op], bound(case, change))
    assert plain(result, values_of(case)) == expected


def check_witnessed(case: Case, expected: Found) -> None:
    """With symbols that know what they stand for, every decision is as for the numbers."""

    def change(size: int) -> Size:
        return symbol(f"s{size}", int(size))

    args = bound(case, change)
    for arg in OPS[case.op].args:
        value = args[arg.name]
        if arg.kind == "size" and isinstance(value, int) and value > 0:
            args[arg.name] = change(value)
    result = by_rule(OPS[case.op], args)
    assert plain(result, {}) == expected


def is_sound(case: Case) -> bool:
    if isinstance(by_torch(case), Exception):
        return False
    try:
        by_rule(OPS[case.op], bound(case))
    except OpError:
        return False
    return True


# Weights, inference, FLOPs ------------------------------------------------------------------


def owned(module: nn.Module) -> list[tuple[str, str, tuple[int, ...], bool]]:
    parameters = dict(module.named_parameters())
    return [
        (name, NAMES[value.dtype], tuple(value.shape), name not in parameters)
        for name, value in module.state_dict().items()
    ]


@pytest.mark.parametrize("name", sorted(n for n, op in OPS.items() if op.rule and op.weights))
@EXAMPLES
@given(data=st.data())
def test_weights_inference_and_flops_agree(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    op = OPS[name]
    if not is_sound(case):
        return
    module = build(case)
    args = bound(case)
    assert op.weights is not None
    listed = [(w.name, w.dtype, tuple(w.shape), w.buffer) for w in op.weights(args)]
    assert listed == owned(module)
    inputs = {arg.name: args[arg.name] for arg in op.inputs}
    for arg, infer in op.infer.items():
        value = args[arg][-1] if isinstance(args[arg], tuple) else args[arg]
        assert infer(inputs) == value, arg
    check_flops(op, case, args)


def check_flops(op: ModuleOp, case: Case, args: dict[str, Any]) -> None:
    if op.name in READS_VALUES:
        return
    counter = FlopCounterMode(display=False)
    module = build(case).to("meta")
    # A mask changes no count, and whether it is causal is not known of a meta tensor.
    inputs = {k: v for k, v in case.inputs.items() if not k.endswith("_mask")}
    with counter, torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call(module, Case(case.op, case.args, inputs))
    flops = op.flops(args, by_rule(op, args))
    assert not isinstance(flops, Dim)
    assert flops == counter.get_total_flops()
