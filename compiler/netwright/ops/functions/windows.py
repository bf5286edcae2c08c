"""Convolutions and pooling as functions; their sizes follow the rules of the modules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netwright.ir.dims import Size, known, mod, product, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import check_same_dtype, equal_help
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError, Result
from netwright.ops.functions.arguments import X, want_rank
from netwright.ops.modules.conv import LAYOUTS, conv, conv_transpose
from netwright.ops.modules.pool import adaptive_max_pool, avg_pool, max_pool

Counted = Callable[[int, Arguments], Result]


def _weighted(count: int, args: Arguments, transposed: bool) -> dict[str, object]:
    """What the module's rule reads, with the channels and the kernel taken from the weight."""
    x, weight, groups = args["input"], args["weight"], args["groups"]
    want_rank(x, [count + 1, count + 2])
    want_rank(weight, [count + 2], "weight")
    tensors = [x, weight] + ([args["bias"]] if args["bias"] is not None else [])
    check_same_dtype(*tensors)
    first, second = weight.shape[:2]
    channels = (first, second * groups) if transposed else (second * groups, first)
    if not same(x.shape[-count - 1], channels[0]):
        message = f"the weight takes {show(channels[0])} channels, the input is {x}"
        raise OpError(message, arg="weight", help=equal_help(x.shape[-count - 1], channels[0]))
    if args["bias"] is not None and not _fits(args["bias"], channels[1]):
        message = f"`bias` must have the shape [{show(channels[1])}], found {args['bias']}"
        raise OpError(message, arg="bias")
    kernel = weight.shape[2:]
    names = {"in_channels": channels[0], "out_channels": channels[1], "kernel_size": kernel}
    return {**args, **names, "padding_mode": "zeros"}


def _fits(bias: TensorType, size: Size) -> bool:
    return bias.rank == 1 and same(bias.shape[0], size)


def _conv_rule(count: int, args: Arguments) -> TensorType:
    groups = args["groups"]
    if groups < 1 or known(mod(args["weight"].shape[0], groups)) not in (0, None):
        message = f"{args['weight']} does not divide into {groups} groups"
        raise OpError(message, arg="groups", code="E0308")
    return conv(count, _weighted(count, args, transposed=False))


def _transposed_rule(count: int, args: Arguments) -> TensorType:
    if args["groups"] < 1:
        raise OpError(f"`groups` is {args['groups']}", arg="groups", code="E0308")
    return conv_transpose(count, _weighted(count, args, transposed=True))


def _conv_flops(args: Arguments, result: Result) -> Size:
    """2 operations for each tap of each number that comes out."""
    assert isinstance(result, TensorType)
    weight: TensorType = args["weight"]
    return 2 * product(result.shape) * product(weight.shape[1:])


def _transposed_flops(args: Arguments, result: Result) -> Size:
    """2 operations for each tap of each number that goes in."""
    x: TensorType = args["input"]
    weight: TensorType = args["weight"]
    return 2 * product(x.shape) * product(weight.shape[1:])


def _adaptive_rule(count: int, args: Arguments) -> Result:
    sizes = args["output_size"]
    if count == 1 and (sizes is None or sizes == (None,)):
        raise OpError("`output_size` wants an int", arg="output_size", code="E0212")
    return adaptive_max_pool(count, {"return_indices": False, **args})


# The table ----------------------------------------------------------------------------------

_WEIGHT, _BIAS = Arg("weight", "tensor"), Arg("bias", "tensor", None, optional=True)
_STRIDE, _DILATION = Arg("stride", "ints", 1), Arg("dilation", "ints", 1)
_GROUPS = Arg("groups", "int", 1)
_KERNEL = Arg("kernel_size", "ints")
_POOL_STRIDE = Arg("stride", "ints", None, optional=True)
_PADDING = Arg("padding", "ints", 0)
_CEIL = Arg("ceil_mode", "bool", False)
_INDICES = Arg("return_indices", "bool", False)


def _conv(count: int) -> FunctionOp:
    padding = Arg("padding", "ints", 0, choices=("same", "valid"))
    args = (X, _WEIGHT, _BIAS, _STRIDE, padding, _DILATION, _GROUPS)
    return FunctionOp(
        f"conv{count}d", args, f"Convolution of {LAYOUTS[count]} with a given weight.",
        function=f"F.conv{count}d", rule=partial(_conv_rule, count), flops=_conv_flops,
    )  # fmt: skip


def _conv_transpose(count: int) -> FunctionOp:
    extra = Arg("output_padding", "ints", 0)
    args = (X, _WEIGHT, _BIAS, _STRIDE, _PADDING, extra, _GROUPS, _DILATION)
    return FunctionOp(
        f"conv_transpose{count}d", args, f"Transposed convolution of {LAYOUTS[count]}.",
        function=f"F.conv_transpose{count}d", rule=partial(_transposed_rule, count),
        flops=_transposed_flops,
    )  # fmt: skip


def _pool(name: str, rule: Counted, doc: str, count: int, *args: Arg) -> FunctionOp:
    return FunctionOp(
        f"{name}{count}d", (X, *args), f"{doc} of {LAYOUTS[count]}.",
        function=f"F.{name}{count}d", rule=partial(rule, count),
    )  # fmt: skip


def _max_pool(count: int) -> FunctionOp:
    args = (_KERNEL, _POOL_STRIDE, _PADDING, _DILATION, _CEIL, _INDICES)
    return _pool("max_pool", max_pool, "Maximum over windows", count, *args)


def _avg_pool(count: int) -> FunctionOp:
    include = Arg("count_include_pad", "bool", True)
    divisor = () if count == 1 else (Arg("divisor_override", "int", None, optional=True),)
    args = (_KERNEL, _POOL_STRIDE, _PADDING, _CEIL, include, *divisor)
    return _pool("avg_pool", avg_pool, "Average over windows", count, *args)


_OUTPUT = Arg("output_size", "any", doc="None keeps a size")


def _adaptive_avg(count: int) -> FunctionOp:
    return _pool("adaptive_avg_pool", _adaptive_rule, "Average down to a size", count, _OUTPUT)


def _adaptive_max(count: int) -> FunctionOp:
    args = (_OUTPUT, _INDICES)
    return _pool("adaptive_max_pool", _adaptive_rule, "Maximum down to a size", count, *args)


ALL = tuple(
    make(count)
    for make in (_conv, _conv_transpose, _max_pool, _avg_pool, _adaptive_avg, _adaptive_max)
    for count in (1, 2, 3)
)
