"""Functions that reduce dims, and those that run along one."""

from __future__ import annotations

from collections.abc import Callable

from netwright.ir.dims import Size, known
from netwright.ir.types import TensorType, is_complex, is_float, is_int
from netwright.ops.binding import describe
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError, Result
from netwright.ops.functions.arguments import (
    DIM,
    DTYPE,
    KEEPDIM,
    LAST_DIM,
    X,
    axes,
    axis,
    chosen_dtype,
    floating,
    refuse,
    replaced,
    want_floating,
)  # fmt: skip

Rule = Callable[[Arguments], Result]
DtypeOf = Callable[[str], str]

_ANY_DIMS = Arg("dim", "axes", None, optional=True)
_ANY_DIM = Arg("dim", "axis", None)
_ONE = (_ANY_DIM, KEEPDIM)


def reduced(x: TensorType, dims: object, keepdim: bool, dtype: str) -> TensorType:
    """`x` without `dims` (all of them for None), or with 1 in their places."""
    if dims == ():
        raise refuse("`dim` is an empty list", "dim", "leave it out to reduce all dims")
    gone = tuple(range(x.rank)) if dims is None else axes(x, dims)  # type: ignore[arg-type]
    if keepdim:
        return TensorType(dtype, tuple(1 if i in gone else d for i, d in enumerate(x.shape)))
    return TensorType(dtype, tuple(d for i, d in enumerate(x.shape) if i not in gone))


def _summed(dtype: str) -> str:
    return "int" if is_int(dtype) or dtype == "bool" else dtype


def _averaged(dtype: str) -> str:
    if not (is_float(dtype) or is_complex(dtype)):
        message = f"the mean of {dtype} tensors is not defined"
        raise OpError(message, arg="input", code="E0304", help="cast it with `.float()`")
    return dtype


def _kept(dtype: str) -> str:
    if is_complex(dtype):
        raise OpError(f"{dtype} tensors have no order", arg="input", code="E0304")
    return dtype


def _truth(dtype: str) -> str:
    return "uint8" if dtype == "uint8" else "bool"


def _reduction(name: str, dim: Arg, dtype_of: DtypeOf, doc: str, *extra: Arg) -> FunctionOp:
    def rule(args: Arguments) -> TensorType:
        x: TensorType = args["input"]
        dims = None if args["dim"] == dim.default else args["dim"]
        keepdim = args.get("keepdim", False)
        if keepdim and dims is None and dim is _ANY_DIM:
            raise OpError("`keepdim` needs `dim`", arg="keepdim", code="E0203")
        given = args.get("dtype")
        dtype = dtype_of(x.dtype) if given is None else _given(name, x.dtype, given.name)
        return reduced(x, dims, keepdim, dtype)

    return _entry(name, rule, doc, dim, *extra)


def _given(name: str, own: str, dtype: str) -> str:
    """The dtype that a reduction is asked to compute in."""
    if name in ("mean", "nanmean"):
        _averaged(dtype)
    if name == "nanmean":
        _averaged(own)
    return dtype


def _entry(name: str, rule: Rule, doc: str, *args: Arg, path: str = "torch") -> FunctionOp:
    return FunctionOp(name, (X, *args), doc, function=f"{path}.{name}", method=name, rule=rule)


def _spread_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if args["unbiased"] is not None and args["correction"] is not None:
        raise refuse("`correction` and `unbiased` exclude one another", "unbiased")
    return reduced(x, args["dim"], args["keepdim"], _averaged(x.dtype))


def _norm_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if not isinstance(args["p"], int | float) and args["p"] not in ("fro", "nuc"):
        raise OpError(f"`p` wants a number, found {describe(args['p'])}", arg="p", code="E0212")
    dtype = chosen_dtype(args, x.dtype)
    for kind in (x.dtype, dtype):
        want_floating(TensorType(kind, x.shape))
    return reduced(x, args["dim"], args["keepdim"], dtype)


def _extreme_rule(args: Arguments) -> Result:
    """Without `dim` the extreme of all; with it the extremes and where they are."""
    x: TensorType = args["input"]
    dtype = _kept(x.dtype)
    _want_items(x, args["dim"])
    if args["keepdim"] and args["dim"] is None:
        raise OpError("`keepdim` needs `dim`", arg="keepdim", code="E0203")
    values = reduced(x, args["dim"], args["keepdim"], dtype)
    return values if args["dim"] is None else (values, TensorType("int", values.shape))


def _place_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    _kept(x.dtype)
    if x.dtype == "bool":
        raise _no_order()
    _want_items(x, args["dim"])
    return reduced(x, args["dim"], args["keepdim"], "int")


def _no_order() -> OpError:
    remedy = "cast it with `.int()`"
    return OpError("bool tensors have no order", arg="input", code="E0304", help=remedy)


def _want_items(x: TensorType, dim: int | None) -> None:
    """OpError E0308 where there is nothing to take an extreme of."""
    sizes = x.shape if dim is None else x.shape[axis(x, dim) :][:1]
    if any(known(size) == 0 for size in sizes):
        raise OpError(f"{x} has no items to choose from", arg="input", code="E0308")


def _middle_rule(args: Arguments) -> Result:
    if args["input"].dtype == "bool":
        raise _no_order()
    return _extreme_rule(args)


_SPREAD = (
    _ANY_DIMS,
    Arg("correction", "number", None, optional=True, keyword=True),
    Arg("keepdim", "bool", False, keyword=True),
    Arg("unbiased", "bool", None, keyword=True),
)
_FOR_MAX = Arg("dim", "axes", ())
_OPTIONAL_DIM = Arg("dim", "axis", None, optional=True)

_REDUCTIONS = (
    _reduction("sum", _ANY_DIMS, _summed, "Sum over dims.", KEEPDIM, DTYPE),
    _reduction("mean", _ANY_DIMS, _averaged, "Mean over dims.", KEEPDIM, DTYPE),
    _reduction("nansum", _ANY_DIMS, _summed, "Sum of what is a number.", KEEPDIM, DTYPE),
    _reduction("nanmean", _ANY_DIMS, _averaged, "Mean of what is a number.", KEEPDIM, DTYPE),
    _reduction("prod", _ANY_DIM, _summed, "Product over a dim.", KEEPDIM, DTYPE),
    _reduction("amax", _FOR_MAX, _kept, "Maximum over dims.", KEEPDIM),
    _reduction("amin", _FOR_MAX, _kept, "Minimum over dims.", KEEPDIM),
    _reduction("all", _ANY_DIMS, _truth, "Whether all hold.", KEEPDIM),
    _reduction("any", _ANY_DIMS, _truth, "Whether any holds.", KEEPDIM),
    _reduction("logsumexp", Arg("dim", "axes"), floating, "log of the sum of e ** x.", KEEPDIM),
    _reduction("count_nonzero", _ANY_DIMS, lambda dtype: "int", "How many are not 0."),
    _entry("var", _spread_rule, "Variance, with Bessel's correction.", *_SPREAD),
    _entry("std", _spread_rule, "Standard deviation, with Bessel's correction.", *_SPREAD),
    _entry(
        "norm", _norm_rule, "The p-norm over dims.",
        Arg("p", "any", "fro"), _ANY_DIMS, KEEPDIM, Arg("dtype", "dtype", None, optional=True),
    ),
    _entry("max", _extreme_rule, "Maximum of all; along a dim (values, indices).", *_ONE),
    _entry("min", _extreme_rule, "Minimum of all; along a dim (values, indices).", *_ONE),
    _entry("median", _middle_rule, "Median of all; along a dim (values, indices).", *_ONE),
    _entry("mode", _extreme_rule, "Most frequent: (values, indices).", LAST_DIM, KEEPDIM),
    _entry("argmax", _place_rule, "Where the maximum is.", _OPTIONAL_DIM, KEEPDIM),
    _entry("argmin", _place_rule, "Where the minimum is.", _OPTIONAL_DIM, KEEPDIM),
)  # fmt: skip


# Along a dim --------------------------------------------------------------------------------


def _softmax_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    dtype = chosen_dtype(args, x.dtype)
    want_floating(TensorType(dtype, x.shape))
    axis(x, args["dim"])
    return TensorType(dtype, x.shape)


def _softmin_rule(args: Arguments) -> TensorType:
    if args["input"].dtype == "bool":
        raise OpError("a bool tensor has no negative", arg="input", code="E0304")
    return _softmax_rule(args)


def _cumulative_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    axis(x, args["dim"])
    dtype = chosen_dtype(args, _summed(x.dtype))
    if dtype == "bool":
        raise OpError("a running sum or product is no bool", arg="dtype", code="E0304")
    return TensorType(dtype, x.shape)


def _running_extreme_rule(args: Arguments) -> Result:
    x: TensorType = args["input"]
    axis(x, args["dim"])
    return TensorType(_kept(x.dtype), x.shape), TensorType("int", x.shape)


def _logcumsumexp_rule(args: Arguments) -> TensorType:
    want_floating(args["input"])
    axis(args["input"], args["dim"])
    x: TensorType = args["input"]
    return x


def _sort_rule(args: Arguments) -> Result:
    x: TensorType = args["input"]
    axis(x, args["dim"])
    return TensorType(_kept(x.dtype), x.shape), TensorType("int", x.shape)


def _argsort_rule(args: Arguments) -> TensorType:
    axis(args["input"], args["dim"])
    _kept(args["input"].dtype)
    return TensorType("int", args["input"].shape)


def _topk_rule(args: Arguments) -> Result:
    x: TensorType = args["input"]
    dim = axis(x, args["dim"])
    if _kept(x.dtype) == "bool":
        raise _no_order()
    _want_at_most(args["k"], x.shape[dim] if x.rank else 1, "k")
    values = replaced(x, dim, args["k"]) if x.rank else x
    return values, TensorType("int", values.shape)


def _kthvalue_rule(args: Arguments) -> Result:
    x: TensorType = args["input"]
    dim = axis(x, args["dim"])
    if _kept(x.dtype) == "bool":
        raise _no_order()
    _want_at_most(args["k"], x.shape[dim] if x.rank else 1, "k", least=1)
    values = reduced(x, args["dim"], args["keepdim"], x.dtype)
    return values, TensorType("int", values.shape)


def _want_at_most(count: Size, size: Size, arg: str, least: int = 0) -> None:
    """OpError E0308 where `count` is certainly not within `least` ... `size`."""
    number, limit = known(count), known(size)
    too_small = number is not None and number < least
    too_great = number is not None and limit is not None and number > limit
    if too_small or too_great:
        raise refuse(f"`{arg}` is {count}, the dim has size {size}", arg)


_DESCENDING = Arg("descending", "bool", False)
_STABLE = Arg("stable", "bool", False, keyword=True, doc="torch then wants the rest by name")
_ALONG = (
    _entry("softmax", _softmax_rule, "e ** x over its sum along a dim.", DIM, DTYPE, path="F"),
    _entry("log_softmax", _softmax_rule, "log(softmax(x)).", DIM, DTYPE, path="F"),
    FunctionOp(
        "softmin", (X, DIM, DTYPE), "softmax(-x).", function="F.softmin", rule=_softmin_rule
    ),
    _entry("cumsum", _cumulative_rule, "Running sum.", DIM, DTYPE),
    _entry("cumprod", _cumulative_rule, "Running product.", DIM, DTYPE),
    _entry("cummax", _running_extreme_rule, "Running maximum: (values, indices).", DIM),
    _entry("cummin", _running_extreme_rule, "Running minimum: (values, indices).", DIM),
    _entry("logcumsumexp", _logcumsumexp_rule, "log(cumsum(exp(x))).", DIM),
    _entry(
        "sort", _sort_rule, "Sorted along a dim: (values, indices).",
        LAST_DIM, _DESCENDING, _STABLE,
    ),
    _entry(
        "argsort", _argsort_rule, "The order that sorts.",
        LAST_DIM, _DESCENDING, _STABLE,
    ),
    _entry(
        "topk", _topk_rule, "The k greatest: (values, indices).",
        Arg("k", "size"), LAST_DIM, Arg("largest", "bool", True), Arg("sorted", "bool", True),
    ),
    _entry(
        "kthvalue", _kthvalue_rule, "The kth smallest: (values, indices).",
        Arg("k", "size"), LAST_DIM, KEEPDIM,
    ),
)  # fmt: skip

ALL = (*_REDUCTIONS, *_ALONG)
