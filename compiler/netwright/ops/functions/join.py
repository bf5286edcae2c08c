"""Functions between one tensor and several: join, part, stack."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from netwright.ir.dims import Size, at_least, known, mul, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import broadcast, equal_help, promoted, show_shape
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError, Result
from netwright.ops.functions.arguments import (
    FIRST_DIM,
    X,
    axis,
    refuse,
    replaced,
    want_known,
)  # fmt: skip

_TENSORS = Arg("tensors", "tensors")


def _some(args: Arguments) -> tuple[TensorType, ...]:
    tensors: tuple[TensorType, ...] = args["tensors"]
    if not tensors:
        raise refuse("an empty list of tensors", "tensors")
    return tensors


def _cat_rule(args: Arguments) -> TensorType:
    tensors = [x for x in _some(args) if x.shape != (0,)] or list(_some(args))
    first = tensors[0]
    if not first.rank:
        raise OpError(f"`cat` wants dims, found {first}", arg="tensors", code="E0302",
                      help="use `stack`")  # fmt: skip
    dim = axis(first, args["dim"])
    total: Size = 0
    for x in tensors:
        _check_joins(first, x, dim)
        total = total + x.shape[dim]
    return TensorType(promoted(_some(args)), replaced(first, dim, total).shape)


def _check_joins(first: TensorType, other: TensorType, dim: int) -> None:
    """OpError unless the two agree in all dims but `dim`."""
    message = f"{first} and {other} do not join along dim {dim}"
    if other.rank != first.rank:
        raise OpError(message, arg="tensors", code="E0302")
    for i, (a, b) in enumerate(zip(first.shape, other.shape, strict=True)):
        if i != dim and not same(a, b):
            message += f": dim {i} is {show(a)} and {show(b)}"
            raise OpError(message, arg="tensors", help=equal_help(a, b))


def _stack_rule(args: Arguments) -> TensorType:
    tensors = _some(args)
    first = tensors[0]
    for x in tensors[1:]:
        if x.rank != first.rank:
            raise OpError(f"{first} and {x} do not stack", arg="tensors", code="E0302")
        for a, b in zip(first.shape, x.shape, strict=True):
            if not same(a, b):
                raise OpError(f"{first} and {x} do not stack", arg="tensors", help=equal_help(a, b))
    dim = axis(first, args["dim"], rank=first.rank + 1)
    shape = (*first.shape[:dim], len(tensors), *first.shape[dim:])
    return TensorType(promoted(tensors), shape)


# Parts --------------------------------------------------------------------------------------


def _want_dims(x: TensorType, name: str) -> None:
    if not x.rank:
        raise OpError(f"`{name}` wants dims, found {x}", arg="input", code="E0302")


MAX_PARTS = 10_000
"""Tensors that one call may give."""


def _few(count: int, x: TensorType) -> int:
    """`count`, where that many parts of `x` can be listed."""
    if count > MAX_PARTS:
        message = f"{count} parts of {x}, the limit is {MAX_PARTS}"
        raise OpError(message, arg="input", code="E0501")
    return count


def _parts(x: TensorType, dim: int, sizes: list[Size]) -> Result:
    return tuple(replaced(x, dim, size) for size in sizes)


def _chunk_rule(args: Arguments) -> Result:
    x: TensorType = args["input"]
    _want_dims(x, "chunk")
    dim, chunks = axis(x, args["dim"]), want_known(args["chunks"], "chunks")
    if chunks < 1:
        raise refuse(f"`chunks` is {chunks}", "chunks")
    size = x.shape[dim]
    _few(min(chunks, known(size) or chunks), x)
    if known(size % args["chunks"]) == 0:
        return _parts(x, dim, [size // args["chunks"]] * chunks)
    length = known(size)
    if length is None:
        message = f"{show(size)} is not known to divide into {chunks} chunks"
        remedy = f"add `where: [{show(size)} % {chunks} == 0]`, or name it `{chunks} * n`"
        raise OpError(message, arg="chunks", code="E0306", help=remedy)
    return _parts(x, dim, _in_steps(length, -(-length // chunks)))


def _in_steps(length: int, step: int) -> list[Size]:
    if length == 0:
        return [0]
    return [min(step, length - start) for start in range(0, length, step)]


def _split_rule(first: str) -> Callable[[Arguments], Result]:
    def rule(args: Arguments) -> Result:
        x: TensorType = args["tensor"] if "tensor" in args else args["input"]
        _want_dims(x, "split")
        dim = axis(x, args["dim"])
        if isinstance(args[first], tuple):
            return _split_into(x, dim, args[first], first)
        return _split_by(x, dim, args[first], first)

    return rule


def _split_into(x: TensorType, dim: int, sizes: tuple[Size, ...], arg: str) -> Result:
    total: Size = 0
    for size in sizes:
        total = total + size
    if any((known(size) or 0) < 0 for size in sizes) or not same(total, x.shape[dim]):
        message = f"{show_shape(sizes)} does not add up to {show(x.shape[dim])}"
        raise OpError(message, arg=arg, help=equal_help(total, x.shape[dim]))
    return _parts(x, dim, list(sizes))


def _split_by(x: TensorType, dim: int, step: Size, arg: str) -> Result:
    size = x.shape[dim]
    if (known(step) or 1) < 0 or known(step) == 0:
        raise refuse(f"`{arg}` is {show(step)}", arg)
    count = known((size + step - 1) // step)
    if count is None:
        message = f"into how many parts of {show(step)} {show(size)} divides is not known"
        raise OpError(message, arg=arg, code="E0306", help="use `unflatten`, or a list of sizes")
    _few(count, x)
    if count * step == size or known(size % step) == 0:
        return _parts(x, dim, [step] * count)
    last = size - mul(step, count - 1)
    return _parts(x, dim, [step] * (count - 1) + [last] if count else [size])


def _tensor_split_rule(args: Arguments) -> Result:
    x: TensorType = args["input"]
    _want_dims(x, "tensor_split")
    dim = axis(x, args["dim"])
    size = x.shape[dim]
    where = args["indices_or_sections"]
    if isinstance(where, tuple):
        bounds = [min(max(0, i), want_known(size, "dim")) for i in where]
        edges: list[int] = [0, *bounds, want_known(size, "dim")]
        return _parts(x, dim, [max(0, b - a) for a, b in pairwise(edges)])
    if where < 1:
        raise refuse(f"`indices_or_sections` is {where}", "indices_or_sections")
    _few(where, x)
    if known(size % where) == 0:
        return _parts(x, dim, [size // where] * where)
    whole, extra = divmod(want_known(size, "dim"), where)
    return _parts(x, dim, [whole + 1] * extra + [whole] * (where - extra))


def _unbind_rule(args: Arguments) -> Result:
    x: TensorType = args["input"]
    _want_dims(x, "unbind")
    dim = axis(x, args["dim"])
    count = known(x.shape[dim])
    if count is None:
        message = f"dim {dim} of {x} is not known at build"
        raise OpError(message, arg="dim", code="E0306", help="index it, or `scan` over it")
    return tuple(replaced(x, dim) for _ in range(_few(count, x)))


def _narrow_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    _want_dims(x, "narrow")
    dim = axis(x, args["dim"])
    start = args["start"] + x.shape[dim] if (known(args["start"]) or 0) < 0 else args["start"]
    bad = (known(start) or 0) < 0 or (known(args["length"]) or 0) < 0
    if bad or at_least(x.shape[dim], start + args["length"]) is False:
        message = f"{show(args['length'])} from {show(start)} on exceeds {show(x.shape[dim])}"
        raise refuse(message, "length")
    return replaced(x, dim, args["length"])


def _select_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    _want_dims(x, "select")
    dim, index = axis(x, args["dim"]), args["index"]
    size = x.shape[dim]
    if at_least(index, size) or at_least(size + index, 0) is False:
        raise refuse(f"`index` is {show(index)}, the dim has size {show(size)}", "index")
    return replaced(x, dim)


def _meshgrid_rule(args: Arguments) -> Result:
    shapes: list[Size] = []
    for x in _some(args):
        if x.rank > 1:
            message = f"`meshgrid` wants at most one dim, found {x}"
            raise OpError(message, arg="tensors", code="E0302")
        shapes.append(x.shape[0] if x.rank else 1)
    if args["indexing"] == "xy" and len(shapes) > 1:
        shapes[0], shapes[1] = shapes[1], shapes[0]
    return tuple(TensorType(x.dtype, tuple(shapes)) for x in _some(args))


def _broadcast_tensors_rule(args: Arguments) -> Result:
    shape = broadcast(*(x.shape for x in _some(args)))
    return tuple(TensorType(x.dtype, shape) for x in _some(args))


_INDEXING = Arg("indexing", "str", choices=("ij", "xy"), keyword=True)
ALL = (
    FunctionOp("cat", (_TENSORS, FIRST_DIM), "Tensors joined along a dim.",
               function="torch.cat", rule=_cat_rule),
    FunctionOp("concat", (_TENSORS, FIRST_DIM), "The same as `cat`.",
               function="torch.concat", rule=_cat_rule),
    FunctionOp("stack", (_TENSORS, FIRST_DIM), "Tensors joined along a new dim.",
               function="torch.stack", rule=_stack_rule),
    FunctionOp("chunk", (X, Arg("chunks", "size"), FIRST_DIM), "That many parts of equal size.",
               function="torch.chunk", method="chunk", rule=_chunk_rule),
    FunctionOp("split",
               (Arg("tensor", "tensor"), Arg("split_size_or_sections", "sizes"), FIRST_DIM),
               "Parts of a size, or of the sizes listed.",
               function="torch.split", rule=_split_rule("split_size_or_sections")),
    FunctionOp("Tensor.split", (X, Arg("split_size", "sizes"), FIRST_DIM),
               "Parts of a size, or of the sizes listed.",
               method="split", rule=_split_rule("split_size")),
    FunctionOp("tensor_split", (X, Arg("indices_or_sections", "ints"), FIRST_DIM),
               "Parts of nearly equal size, or between the places listed.",
               function="torch.tensor_split", method="tensor_split", rule=_tensor_split_rule),
    FunctionOp("unbind", (X, FIRST_DIM), "The items along a dim.",
               function="torch.unbind", method="unbind", rule=_unbind_rule),
    FunctionOp("narrow", (X, Arg("dim", "axis"), Arg("start", "size"), Arg("length", "size")),
               "A stretch of a dim.", function="torch.narrow", method="narrow", rule=_narrow_rule),
    FunctionOp("select", (X, Arg("dim", "axis"), Arg("index", "size")), "One item of a dim.",
               function="torch.select", method="select", rule=_select_rule),
    FunctionOp("meshgrid", (Arg("tensors", "tensors", variadic=True), _INDEXING),
               "Coordinates of a grid, `indexing` as in matrices or in pictures.",
               function="torch.meshgrid", rule=_meshgrid_rule),
    FunctionOp("broadcast_tensors", (Arg("tensors", "tensors", variadic=True),),
               "All expanded to one shape.",
               function="torch.broadcast_tensors", rule=_broadcast_tensors_rule),
)  # fmt: skip
