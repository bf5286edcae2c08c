"""Broadcasting, promotion of dtypes, and the types of operators over tensors and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from netwright.ir.dims import Dim, Size, known, product, same, show
from netwright.ir.types import TensorType, is_complex, is_float, is_int, promote
from netwright.ops.entry import OpError

Shape = tuple[Size, ...]
Operand = TensorType | int | float | bool | Dim

ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
BITWISE = ("&", "|", "^", "<<", ">>")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def show_shape(shape: Sequence[Size]) -> str:
    """`[B, T, 64]`."""
    return f"[{', '.join(show(d) for d in shape)}]"


def broadcast(*shapes: Shape) -> Shape:
    """The shape that all of `shapes` broadcast to; OpError E0303 where they do not, or may not.

    Sizes that are not provably equal do not broadcast, unless one of them is 1.
    """
    result: Shape = ()
    for shape in shapes:
        result = _broadcast_two(result, shape, shapes)
    return result


def _broadcast_two(a: Shape, b: Shape, shapes: Sequence[Shape]) -> Shape:
    rank = max(len(a), len(b))
    left: Shape = (1,) * (rank - len(a)) + a
    right: Shape = (1,) * (rank - len(b)) + b
    return tuple(_broadcast_size(x, y, shapes) for x, y in zip(left, right, strict=True))


def _broadcast_size(a: Size, b: Size, shapes: Sequence[Shape]) -> Size:
    if same(a, b):
        return a if isinstance(a, Dim) else b
    if known(a) == 1:
        return b
    if known(b) == 1:
        return a
    listed = " and ".join(show_shape(shape) for shape in shapes)
    aligned = len({len(shape) for shape in shapes}) == 1
    help = equal_help(a, b) if aligned else "shapes meet at their last dims; `[..., None]` adds one"
    raise OpError(f"shapes {listed} do not broadcast", code="E0303", help=help)


def equal_help(a: Size, b: Size) -> str:
    """How to state that two sizes are equal, where they could be; else nothing."""
    if known(a) is not None and known(b) is not None:
        return ""
    one, other = (show(b), show(a)) if known(a) is not None else (show(a), show(b))
    return f"if they are equal, give them the same name or add `where: [{one} == {other}]`"


# Promotion ----------------------------------------------------------------------------------


def promoted(operands: Sequence[Operand]) -> str:
    """The dtype of an operation over `operands`, as `torch.result_type` finds it.

    Tensors with dims decide; one without dims, and then a Python number, only raises the kind.
    """
    dims = [o.dtype for o in operands if isinstance(o, TensorType) and o.rank > 0]
    scalars = [o.dtype for o in operands if isinstance(o, TensorType) and o.rank == 0]
    numbers = [number_dtype(o) for o in operands if not isinstance(o, TensorType)]
    return _raise(_join(dims), _raise(_join(scalars), _join(numbers))) or "float"


def number_dtype(number: int | float | bool | Dim) -> str:
    """The dtype of a Python number that becomes a tensor."""
    if isinstance(number, bool):
        return "bool"
    return "float" if isinstance(number, float) else "int"


def _join(dtypes: Sequence[str]) -> str | None:
    joined: str | None = None
    for dtype in dtypes:
        joined = dtype if joined is None else promote(joined, dtype)
    return joined


def _raise(higher: str | None, lower: str | None) -> str | None:
    """`higher`, raised to the kind of `lower` where that is the greater kind."""
    if higher is None or lower is None:
        return higher or lower
    return promote(higher, lower) if _kind(lower) > _kind(higher) else higher


def _kind(dtype: str) -> int:
    if dtype == "bool":
        return 0
    return 1 if is_int(dtype) else 2 if is_float(dtype) else 3


# Operators ----------------------------------------------------------------------------------


def operator_type(op: str, left: Operand, right: Operand) -> TensorType:
    """The type of `left op right`, at least one of them a tensor.

    Raises OpError: E0303 for shapes, E0304 for dtypes that the operator does not take.
    """
    if op == "@":
        return _matmul_operator(left, right)
    operands: tuple[object, ...] = (left, right)
    for operand in operands:
        if not isinstance(operand, TensorType | int | float | Dim):
            shown = "a list" if isinstance(operand, tuple) else repr(operand)
            raise OpError(f"`{op}` does not apply to a tensor and {shown}", code="E0305")
    dtype = operator_dtype(op, left, right)
    return TensorType(dtype, broadcast(*(shape_of(o) for o in (left, right))))


def shape_of(operand: Operand) -> Shape:
    return operand.shape if isinstance(operand, TensorType) else ()


def operator_dtype(op: str, left: Operand, right: Operand) -> str:
    """The dtype of an elementwise operator's result."""
    dtype = promoted((left, right))
    if op in COMPARISONS:
        if is_complex(dtype) and op not in ("==", "!="):
            raise _refused(op, dtype)
        return "bool"
    if op in BITWISE:
        if not (is_int(dtype) or (dtype == "bool" and op in ("&", "|", "^"))):
            raise _refused(op, dtype)
        return dtype
    return _arithmetic_dtype(op, dtype, left, right)


def _arithmetic_dtype(op: str, dtype: str, left: Operand, right: Operand) -> str:
    if op == "/":
        return dtype if is_float(dtype) or is_complex(dtype) else "float"
    if op in ("//", "%") and (is_complex(dtype) or dtype == "bool"):
        raise _refused(op, dtype)
    if op == "-" and "bool" in (promoted((left,)), promoted((right,))):
        raise _refused(op, "bool", "invert a mask with `~`, or cast it with `.int()`")
    if op == "**":
        _check_power(dtype, right)
    return dtype


def _check_power(dtype: str, exponent: Operand) -> None:
    if dtype == "bool":
        raise _refused("**", dtype)
    if is_int(dtype) and isinstance(exponent, int) and exponent < 0:
        message = "an integer tensor has no negative powers"
        raise OpError(message, code="E0304", help="cast it with `.float()` first")


def _refused(op: str, dtype: str, help: str = "") -> OpError:
    return OpError(f"`{op}` does not take {dtype} tensors", code="E0304", help=help)


def unary_type(op: str, operand: TensorType) -> TensorType:
    """The type of `-x`, `+x` or `~x`; OpError E0304 for a dtype that the operator does not take."""
    if op == "~" and not (is_int(operand.dtype) or operand.dtype == "bool"):
        raise _refused(op, operand.dtype)
    if op in ("-", "+") and operand.dtype == "bool":
        raise _refused(op, "bool", "use `~`" if op == "-" else "")
    return operand


# Matrix products ----------------------------------------------------------------------------


def _matmul_operator(left: Operand, right: Operand) -> TensorType:
    if not isinstance(left, TensorType) or not isinstance(right, TensorType):
        raise OpError("`@` wants two tensors", code="E0305", help="use `*` with a number")
    return matmul_type(left, right)


def matmul_type(left: TensorType, right: TensorType) -> TensorType:
    """The type of `torch.matmul`: vectors, matrices and broadcast batches of matrices."""
    if left.rank == 0 or right.rank == 0:
        message = f"a matrix product wants tensors with dims, found {left} and {right}"
        raise OpError(message, code="E0302")
    check_same_dtype(left, right)
    if left.dtype == "bool":
        raise _refused("@", "bool")
    inner = right.shape[0] if right.rank == 1 else right.shape[-2]
    if not same(left.shape[-1], inner):
        message = f"the matrix product of {left} and {right} has inner sizes "
        message += f"{show(left.shape[-1])} and {show(inner)}"
        raise OpError(message, help=equal_help(left.shape[-1], inner))
    batch = broadcast(left.shape[:-2], right.shape[:-2])
    rows = left.shape[-2:-1] if left.rank > 1 else ()
    columns = right.shape[-1:] if right.rank > 1 else ()
    return TensorType(left.dtype, (*batch, *rows, *columns))


def check_same_dtype(*tensors: TensorType) -> None:
    """OpError E0304 unless all have one dtype, as matrix products want it."""
    for other in tensors[1:]:
        if other.dtype != tensors[0].dtype:
            message = f"the operands have dtypes {tensors[0].dtype} and {other.dtype}"
            raise OpError(
                message, code="E0304", help=f"cast one of them, `.to({tensors[0].dtype})`"
            )


def matmul_flops(left: TensorType, result: TensorType) -> Size:
    """2 operations for each product of `matmul`."""
    return 2 * product(result.shape) * left.shape[-1]
