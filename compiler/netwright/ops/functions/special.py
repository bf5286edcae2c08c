"""Functions with a small language of their own, and those that torch lacks."""

from __future__ import annotations

from collections.abc import Callable

from netwright.ir.dims import Size, same
from netwright.ir.types import TensorType
from netwright.ops.binding import bind
from netwright.ops.broadcast import check_same_dtype, equal_help
from netwright.ops.einops import plan
from netwright.ops.einsum import einsum_flops, einsum_type
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError, Result
from netwright.ops.functions import join, reduce, shape
from netwright.ops.functions.arguments import axis, want_floating

_STEPS = {op.name: op for op in (*reduce.ALL, *shape.ALL, *join.ALL)}


def _apply(name: str, *positional: object) -> TensorType:
    """The type of one step of a lowered pattern."""
    op = _STEPS[name]
    assert op.rule is not None
    result = op.rule(bind(name, op.args, positional, {}))
    assert isinstance(result, TensorType)
    return result


def _einops_rule(name: str) -> Callable[[Arguments], TensorType]:
    def rule(args: Arguments) -> TensorType:
        given = {k: v for k, v in args.items() if k != "lengths"}
        steps = plan(name, (), {**given, **dict(args["lengths"])})
        x = args["input"]
        if isinstance(x, tuple):
            x = _apply("stack", x)
        assert isinstance(x, TensorType)
        for step in steps:
            x = _apply(step.name, x, *step.args)
        return x

    return rule


def _einsum_rule(args: Arguments) -> TensorType:
    return einsum_type(args["equation"], args["operands"])


def _einsum_flops(args: Arguments, result: Result) -> Size:
    return einsum_flops(args["equation"], args["operands"])


def _linear_scan_rule(args: Arguments) -> TensorType:
    a, b = args["a"], args["b"]
    want_floating(a, "a")
    check_same_dtype(a, b)
    axis(a, args["dim"])
    sizes = zip(a.shape, b.shape, strict=False)
    differing = [(x, y) for x, y in sizes if not same(x, y)]
    if a.rank != b.rank or differing:
        remedy = equal_help(*differing[0]) if differing else ""
        raise OpError(f"`a` is {a}, `b` is {b}", arg="b", help=remedy or "expand one of them")
    assert isinstance(b, TensorType)
    return b


_INPUT = Arg("input", "any", doc="a tensor, or a list of tensors that counts as their stack")
_PATTERN = Arg("pattern", "str")
_LENGTHS = Arg("lengths", "any", (), variadic=True, keyword=True, doc="lengths of axes by name")

ALL = (
    FunctionOp("rearrange", (_INPUT, _PATTERN, _LENGTHS),
               "Dims in another order, parted or merged, by an einops pattern.",
               rule=_einops_rule("rearrange"), lowered=True),
    FunctionOp("reduce", (_INPUT, _PATTERN, Arg("reduction", "str"), _LENGTHS),
               "As `rearrange`, reducing the axes that the right side lacks.",
               rule=_einops_rule("reduce"), lowered=True),
    FunctionOp("einsum",
               (Arg("equation", "str"), Arg("operands", "tensors", variadic=True)),
               "Sum of products by an equation, in torch's letters or with names.",
               function="torch.einsum", rule=_einsum_rule, flops=_einsum_flops),
    FunctionOp("linear_scan", (Arg("a", "tensor"), Arg("b", "tensor"), Arg("dim", "axis", 1)),
               "h = a * h + b along a dim, from h = 0, in parallel form (arXiv:2312.00752).",
               rule=_linear_scan_rule, lowered=True),
)  # fmt: skip
