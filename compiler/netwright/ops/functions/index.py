"""Functions that pick, place and shift items."""

from __future__ import annotations

from netwright.ir.dims import Size, at_least, known, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import broadcast, equal_help
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError
from netwright.ops.functions.arguments import DIM, X, axes, axis, refuse, replaced, several

_INDEX_DTYPES = ("int", "int32")


def _want_index(index: TensorType, dtypes: tuple[str, ...] = ("int",)) -> None:
    if index.dtype not in dtypes:
        message = f"`index` must be int, found {index}"
        raise OpError(message, arg="index", code="E0304", help="cast it with `.int()`")


def _want_within(x: TensorType, index: TensorType, skipped: int | None, arg: str) -> None:
    """OpError where `index` certainly exceeds `x` in a dim other than `skipped`."""
    if max(index.rank, 1) != max(x.rank, 1):
        message = f"`index` must have the dims of {x}, found {index}"
        raise OpError(message, arg="index", code="E0302")
    sizes = zip(index.shape or (1,), x.shape or (1,), strict=True)  # no dims count as one of 1
    for i, (own, other) in enumerate(sizes):
        if i != skipped and at_least(other, own) is False:
            message = f"`index` is {index}, dim {i} of `{arg}` is {show(other)}"
            raise OpError(message, arg="index")


def _gather_rule(args: Arguments) -> TensorType:
    x, index = args["input"], args["index"]
    dim = axis(x, args["dim"])
    _want_index(index, _INDEX_DTYPES)
    _want_within(x, index, dim, "input")
    return TensorType(x.dtype, index.shape)


def _take_along_rule(args: Arguments) -> TensorType:
    x, index = args["input"], args["indices"]
    _want_index(index, _INDEX_DTYPES if args["dim"] is None else ("int",))
    if args["dim"] is None:
        return TensorType(x.dtype, (_items(index),))
    dim = axis(x, args["dim"])
    if x.rank != index.rank or not x.rank:
        message = f"`indices` must have the dims of {x}, found {index}"
        raise OpError(message, arg="indices", code="E0302")
    around = broadcast(replaced(x, dim, 1).shape, replaced(index, dim, 1).shape)
    return TensorType(x.dtype, (*around[:dim], index.shape[dim], *around[dim + 1 :]))


def _items(x: TensorType) -> Size:
    total: Size = 1
    for size in x.shape:
        total = total * size
    return total


def _index_select_rule(args: Arguments) -> TensorType:
    x, index = args["input"], args["index"]
    dim = axis(x, args["dim"])
    _want_index(index, _INDEX_DTYPES)
    if index.rank > 1:
        message = f"`index` must have one dim, found {index}"
        raise OpError(message, arg="index", code="E0302")
    count = index.shape[0] if index.rank else 1
    return replaced(x, dim, count) if x.rank else x


def _take_rule(args: Arguments) -> TensorType:
    _want_index(args["index"])
    return TensorType(args["input"].dtype, args["index"].shape)


def _index_add_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    index, source = args["index"], args["source"]
    dim = axis(x, args["dim"])
    _want_index(index, _INDEX_DTYPES)
    _want_dtype(x, source, "source")
    if index.rank > 1 or source.rank != x.rank:
        message = f"`source` {source} does not fit {x} with the index {index}"
        raise OpError(message, arg="source", code="E0302")
    count = index.shape[0] if index.rank else 1
    for i, (own, other) in enumerate(zip(source.shape, x.shape, strict=True)):
        wanted = count if i == dim else other
        if not same(own, wanted):
            message = f"dim {i} of `source` is {show(own)}, it must be {show(wanted)}"
            raise OpError(message, arg="source", help=equal_help(own, wanted))
    return x


def _index_fill_rule(args: Arguments) -> TensorType:
    _index_select_rule(args)
    _want_index(args["index"])
    x: TensorType = args["input"]
    return x


def _want_dtype(x: TensorType, other: TensorType, arg: str) -> None:
    if other.dtype != x.dtype:
        message = f"`{arg}` must be {x.dtype}, found {other}"
        raise OpError(message, arg=arg, code="E0304", help=f"cast it, `.to({x.dtype})`")


def _scatter_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    index, source = args["index"], args["src"]
    dim = axis(x, args["dim"])
    _want_index(index, _INDEX_DTYPES)
    _want_within(x, index, dim, "input")
    if isinstance(source, TensorType):
        _want_dtype(x, source, "src")
        _want_within(source, index, None, "src")
    return x


def _roll_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    shifts = several(args["shifts"])
    dims = several(args["dims"])
    if dims and len(shifts) != len(dims):
        raise refuse("`shifts` and `dims` differ in length", "dims")
    if not dims and len(shifts) != 1:
        raise refuse("several `shifts` need `dims`", "dims")
    for dim in dims:
        assert isinstance(dim, int)
        axis(x, dim, "dims")
    if dims and not x.rank:
        raise OpError(f"{x} has no dims", arg="dims", code="E0302")
    return x


def _flip_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    axes(x, args["dims"], "dims")
    return x


def _rot90_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    dims = axes(x, args["dims"], "dims")
    if len(dims) != 2:
        raise refuse("`rot90` wants two dims", "dims")
    shape = list(x.shape)
    if args["k"] % 2:
        shape[dims[0]], shape[dims[1]] = shape[dims[1]], shape[dims[0]]
    return TensorType(x.dtype, tuple(shape))


def _windows_rule(args: Arguments) -> TensorType:
    """Tensor.unfold: the windows along a dim, their items as a new last dim."""
    x: TensorType = args["input"]
    dim = axis(x, args["dimension"], "dimension")
    size, step = args["size"], args["step"]
    if at_least(step, 1) is False or at_least(size, 0) is False:
        raise refuse(f"windows of {show(size)}, {show(step)} apart", "step")
    own = x.shape[dim] if x.rank else 1
    if at_least(own, size) is False:
        message = f"windows of {show(size)} do not fit into {show(own)}"
        raise OpError(message, arg="size")
    if not x.rank:
        return TensorType(x.dtype, (size,))
    count = (own - size) // step + 1
    return TensorType(x.dtype, (*replaced(x, dim, count).shape, size))


def _bucketize_rule(args: Arguments) -> TensorType:
    bounds = args["boundaries"]
    if bounds.rank != 1:
        message = f"`boundaries` must have one dim, found {bounds}"
        raise OpError(message, arg="boundaries", code="E0302")
    return TensorType("int32" if args["out_int32"] else "int", args["input"].shape)


def _searchsorted_rule(args: Arguments) -> TensorType:
    sequence, values = args["sorted_sequence"], args["input"]
    if not sequence.rank:
        raise OpError("`sorted_sequence` wants dims", arg="sorted_sequence", code="E0302")
    alike = sequence.rank == values.rank and all(
        same(a, b) for a, b in zip(sequence.shape[:-1], values.shape[:-1], strict=True)
    )
    if sequence.rank > 1 and not alike:
        message = f"{values} does not fit the sorted {sequence}"
        raise OpError(message, arg="input")
    return TensorType("int32" if args["out_int32"] else "int", values.shape)


def _multinomial_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if x.rank not in (1, 2):
        raise OpError(f"`input` must have 1 or 2 dims, found {x}", arg="input", code="E0302")
    count, classes = known(args["num_samples"]), known(x.shape[-1])
    exceeds = count is not None and classes is not None and count > classes
    if exceeds and not args["replacement"]:
        raise refuse(f"{count} samples of {classes} without replacement", "num_samples")
    return TensorType("int", (*x.shape[:-1], args["num_samples"]))


# The table ----------------------------------------------------------------------------------

_INDEX = Arg("index", "tensor")
_SOURCE = Arg("source", "tensor")
_DIMS = Arg("dims", "axes")
_PLACE = (Arg("out_int32", "bool", False, keyword=True), Arg("right", "bool", False, keyword=True))


def _entry(name: str, rule: object, doc: str, *args: Arg) -> FunctionOp:
    assert callable(rule)
    return FunctionOp(name, args, doc, function=f"torch.{name}", method=name, rule=rule)


ALL = (
    _entry("gather", _gather_rule, "Items along a dim, one for each index.", X, DIM, _INDEX),
    FunctionOp("take_along_dim", (X, Arg("indices", "tensor"), Arg("dim", "axis", None)),
               "Items along a dim, the other dims broadcast.", function="torch.take_along_dim",
               method="take_along_dim", rule=_take_along_rule),
    _entry("index_select", _index_select_rule, "Slices along a dim.", X, DIM, _INDEX),
    _entry("take", _take_rule, "Items of the flat tensor.", X, _INDEX),
    _entry("index_add", _index_add_rule, "Slices added at the index, repeated ones too.",
           X, DIM, _INDEX, _SOURCE, Arg("alpha", "number", 1, keyword=True)),
    _entry("index_copy", _index_add_rule, "Slices written at the index.", X, DIM, _INDEX, _SOURCE),
    _entry("index_fill", _index_fill_rule, "A value written at the index.",
           X, DIM, _INDEX, Arg("value", "number")),
    _entry("scatter", _scatter_rule, "Items written along a dim.",
           X, DIM, _INDEX, Arg("src", "operand")),
    _entry("scatter_add", _scatter_rule, "Items added along a dim.",
           X, DIM, _INDEX, Arg("src", "tensor")),
    _entry("scatter_reduce", _scatter_rule, "Items reduced along a dim.",
           X, DIM, _INDEX, Arg("src", "tensor"),
           Arg("reduce", "str", choices=("sum", "prod", "mean", "amax", "amin")),
           Arg("include_self", "bool", True, keyword=True)),
    _entry("roll", _roll_rule, "Shifted along dims, around the end.",
           X, Arg("shifts", "sizes"), Arg("dims", "axes", ())),
    FunctionOp("flip", (X, Arg("dims", "axes", variadic=True)), "Reversed along dims.",
               method="flip", rule=_flip_rule),
    _entry("rot90", _rot90_rule, "Turned by k right angles.",
           X, Arg("k", "int", 1), Arg("dims", "axes", (0, 1))),
    FunctionOp("Tensor.unfold",
               (X, Arg("dimension", "axis"), Arg("size", "size"), Arg("step", "size")),
               "Windows along a dim, their items as a new last dim.",
               method="unfold", rule=_windows_rule),
    FunctionOp("bucketize", (X, Arg("boundaries", "tensor"), *_PLACE),
               "Between which boundaries each item lies.",
               function="torch.bucketize", rule=_bucketize_rule),
    FunctionOp("searchsorted", (Arg("sorted_sequence", "tensor"), X, *_PLACE),
               "Where each item would be inserted.",
               function="torch.searchsorted", rule=_searchsorted_rule),
    _entry("multinomial", _multinomial_rule, "Indices drawn with the weights given.",
           X, Arg("num_samples", "size"), Arg("replacement", "bool", False)),
)  # fmt: skip
