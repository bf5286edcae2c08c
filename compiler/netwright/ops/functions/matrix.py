"""Matrix products and linear algebra, and distances between rows."""

from __future__ import annotations

from netwright.ir.dims import Size, at_least, product, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import (
    broadcast,
    check_same_dtype,
    equal_help,
    matmul_flops,
    matmul_type,
    promoted,
)  # fmt: skip
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError, Result
from netwright.ops.functions.arguments import (
    X,
    axis,
    floating,
    refuse,
    several,
    want_floating,
    want_rank,
)  # fmt: skip


def _matmul_rule(args: Arguments) -> TensorType:
    return matmul_type(args["input"], args["other"])


def _matmul_flops(args: Arguments, result: Result) -> Size:
    """Torch counts no operations for a product with a vector on the right."""
    second = args.get("other", args.get("mat2"))
    return 0 if second.rank == 1 else _product_flops(args["input"], result)


def _product_flops(left: TensorType, result: Result) -> Size:
    assert isinstance(result, TensorType)
    return matmul_flops(left, result)


def _mm_rule(args: Arguments) -> TensorType:
    want_rank(args["input"], [2])
    want_rank(args["mat2"], [2], "mat2")
    return matmul_type(args["input"], args["mat2"])


def _bmm_rule(args: Arguments) -> TensorType:
    left, right = args["input"], args["mat2"]
    want_rank(left, [3])
    want_rank(right, [3], "mat2")
    _want_same(left.shape[0], right.shape[0], f"{left} and {right} have", "mat2")
    return matmul_type(left, right)


def _want_same(a: Size, b: Size, what: str, arg: str) -> None:
    if not same(a, b):
        message = f"{what} sizes {show(a)} and {show(b)}"
        raise OpError(message, arg=arg, help=equal_help(a, b))


def _mv_rule(args: Arguments) -> TensorType:
    want_rank(args["input"], [2])
    want_rank(args["vec"], [1], "vec")
    return matmul_type(args["input"], args["vec"])


def _dot_rule(args: Arguments) -> TensorType:
    want_rank(args["input"], [1])
    want_rank(args["tensor"], [1], "tensor")
    return matmul_type(args["input"], args["tensor"])


def _added(args: Arguments, result: TensorType) -> TensorType:
    """`result` plus the input, which must broadcast to it."""
    check_same_dtype(args["input"], result)
    if len(broadcast(args["input"].shape, result.shape)) > result.rank:
        message = f"`input` is {args['input']}, the product {result}"
        raise OpError(message, arg="input", code="E0303")
    for own, whole in zip(args["input"].shape[::-1], result.shape[::-1], strict=False):
        if not same(own, whole) and own != 1:
            raise OpError(f"`input` exceeds {result}", arg="input", code="E0303")
    return result


def _addmm_rule(args: Arguments) -> TensorType:
    want_rank(args["mat1"], [2], "mat1")
    want_rank(args["mat2"], [2], "mat2")
    return _added(args, matmul_type(args["mat1"], args["mat2"]))


def _baddbmm_rule(args: Arguments) -> TensorType:
    left, right = args["batch1"], args["batch2"]
    return _added(args, _bmm_rule({"input": left, "mat2": right}))


def _outer_rule(args: Arguments) -> TensorType:
    left, right = args["input"], args["vec2"]
    want_rank(left, [1])
    want_rank(right, [1], "vec2")
    return TensorType(promoted((left, right)), (*left.shape, *right.shape))


def _cross_rule(args: Arguments) -> TensorType:
    left, right = args["input"], args["other"]
    if left.rank != right.rank:
        raise OpError(f"{left} and {right} differ in rank", arg="other", code="E0302")
    dim = axis(left, args["dim"])
    check_same_dtype(left, right)
    for x, arg in ((left, "input"), (right, "other")):
        if not x.rank or not same(x.shape[dim], 3):
            raise OpError(f"dim {dim} of {x} must be 3", arg=arg)
    return TensorType(left.dtype, broadcast(left.shape, right.shape))


def _diagonal_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    a, b = axis(x, args["dim1"], "dim1"), axis(x, args["dim2"], "dim2")
    if a == b or not x.rank:
        raise refuse(f"`diagonal` wants two dims of {x}", "dim2")
    rest = tuple(size for i, size in enumerate(x.shape) if i not in (a, b))
    rows, columns, offset = x.shape[a], x.shape[b], args["offset"]
    length = _diagonal_length(rows, columns, offset)
    return TensorType(x.dtype, (*rest, length))


def _diagonal_length(rows: Size, columns: Size, offset: int) -> Size:
    if offset >= 0:
        columns = columns - offset
    else:
        rows = rows + offset
    for shorter, longer in ((rows, columns), (columns, rows)):
        if at_least(longer, shorter):
            return 0 if at_least(0, shorter) else shorter
    raise OpError("which dim ends the diagonal is not known", arg="input", code="E0306")


def _tensordot_rule(args: Arguments) -> TensorType:
    left, right = args["a"], args["b"]
    first, second = _contracted(left, right, args["dims"])
    if len(first) != len(second):
        raise refuse("`dims` lists differ in length", "dims")
    check_same_dtype(left, right)
    for i, j in zip(first, second, strict=True):
        _want_same(left.shape[i], right.shape[j], f"the product of {left} and {right} has", "dims")
    kept = [size for i, size in enumerate(left.shape) if i not in first]
    return TensorType(
        left.dtype, (*kept, *(size for i, size in enumerate(right.shape) if i not in second))
    )


def _contracted(left: TensorType, right: TensorType, dims: object) -> tuple[list[int], list[int]]:
    if isinstance(dims, int) and not isinstance(dims, bool):
        if not 0 <= dims <= min(left.rank, right.rank):
            raise refuse(f"`dims` is {dims}, for {left} and {right}", "dims")
        return list(range(left.rank - dims, left.rank)), list(range(dims))
    if not isinstance(dims, tuple) or len(dims) != 2:
        raise OpError("`dims` wants an int or two lists", arg="dims", code="E0212")
    first = [axis(left, dim, "dims") for dim in several(dims[0]) if isinstance(dim, int)]
    second = [axis(right, dim, "dims") for dim in several(dims[1]) if isinstance(dim, int)]
    return first, second


def _tensordot_flops(args: Arguments, result: Result) -> Size:
    assert isinstance(result, TensorType)
    first, _ = _contracted(args["a"], args["b"], args["dims"])
    return 2 * product(result.shape) * product([args["a"].shape[i] for i in first])


def _cdist_rule(args: Arguments) -> TensorType:
    left, right = args["x1"], args["x2"]
    for x, arg in ((left, "x1"), (right, "x2")):
        want_floating(x, arg)
        if x.rank < 2:
            raise OpError(f"`{arg}` must have 2 dims or more", arg=arg, code="E0302")
    _want_same(left.shape[-1], right.shape[-1], "the points have", "x2")
    check_same_dtype(left, right)
    batch = broadcast(left.shape[:-2], right.shape[:-2])
    return TensorType(left.dtype, (*batch, left.shape[-2], right.shape[-2]))


def _similarity_rule(args: Arguments) -> TensorType:
    left, right = args["x1"], args["x2"]
    shape = broadcast(left.shape, right.shape)
    x = TensorType(floating(promoted((left, right))), shape)
    want_floating(TensorType(promoted((left, right)), shape), "x1")
    dim = axis(x, args["dim"])
    return TensorType(x.dtype, (*shape[:dim], *shape[dim + 1 :]))


def _pairwise_rule(args: Arguments) -> TensorType:
    left, right = args["x1"], args["x2"]
    dtype = promoted((left, right))
    want_floating(TensorType(dtype, ()), "x1")
    shape = broadcast(left.shape, right.shape)
    return TensorType(dtype, (*shape[:-1], 1) if args["keepdim"] and shape else shape[:-1])


# The table ----------------------------------------------------------------------------------

_MAT2 = Arg("mat2", "tensor")
_SCALES = (Arg("beta", "number", 1, keyword=True), Arg("alpha", "number", 1, keyword=True))
_PAIR = (Arg("x1", "tensor"), Arg("x2", "tensor"))

ALL = (
    FunctionOp("matmul", (X, Arg("other", "tensor")), "Matrix product over the last dims.",
               function="torch.matmul", method="matmul", rule=_matmul_rule, flops=_matmul_flops),
    FunctionOp("mm", (X, _MAT2), "Product of two matrices.",
               function="torch.mm", method="mm", rule=_mm_rule, flops=_matmul_flops),
    FunctionOp("bmm", (X, _MAT2), "Product of two batches of matrices.",
               function="torch.bmm", method="bmm", rule=_bmm_rule, flops=_matmul_flops),
    FunctionOp("mv", (X, Arg("vec", "tensor")), "Matrix times vector.",
               function="torch.mv", method="mv", rule=_mv_rule),
    FunctionOp("dot", (X, Arg("tensor", "tensor")), "Product of two vectors.",
               function="torch.dot", method="dot", rule=_dot_rule),
    FunctionOp("addmm", (X, Arg("mat1", "tensor"), _MAT2, *_SCALES),
               "beta * input + alpha * (mat1 @ mat2).",
               function="torch.addmm", method="addmm", rule=_addmm_rule,
               flops=lambda args, result: _product_flops(args["mat1"], result)),
    FunctionOp("baddbmm", (X, Arg("batch1", "tensor"), Arg("batch2", "tensor"), *_SCALES),
               "beta * input + alpha * (batch1 @ batch2).",
               function="torch.baddbmm", method="baddbmm", rule=_baddbmm_rule,
               flops=lambda args, result: _product_flops(args["batch1"], result)),
    FunctionOp("outer", (X, Arg("vec2", "tensor")), "All products of two vectors.",
               function="torch.outer", method="outer", rule=_outer_rule),
    FunctionOp("cross", (X, Arg("other", "tensor"), Arg("dim", "axis", -1)),
               "Cross product of 3-vectors.", function="torch.linalg.cross", rule=_cross_rule),
    FunctionOp("diagonal",
               (X, Arg("offset", "int", 0), Arg("dim1", "axis", 0), Arg("dim2", "axis", 1)),
               "The diagonal of two dims, as the last dim.",
               function="torch.diagonal", method="diagonal", rule=_diagonal_rule),
    FunctionOp("tensordot", (Arg("a", "tensor"), Arg("b", "tensor"), Arg("dims", "any", 2)),
               "Sum of products over several dims.", function="torch.tensordot",
               rule=_tensordot_rule, flops=_tensordot_flops),
    FunctionOp("cdist", (*_PAIR, Arg("p", "float", 2.0)), "Distances of all pairs of rows.",
               function="torch.cdist", rule=_cdist_rule),
    FunctionOp("cosine_similarity", (*_PAIR, Arg("dim", "axis", 1), Arg("eps", "float", 1e-8)),
               "Cosine of the angle along a dim.",
               function="F.cosine_similarity", rule=_similarity_rule),
    FunctionOp("pairwise_distance",
               (*_PAIR, Arg("p", "float", 2.0), Arg("eps", "float", 1e-6),
                Arg("keepdim", "bool", False)),
               "Distance of rows, one by one.",
               function="F.pairwise_distance", rule=_pairwise_rule),
)  # fmt: skip
