"""What many entries share: common arguments, and the reading of axes and dtypes by rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netwright.ir.dims import Size, known, show
from netwright.ir.types import DType, TensorType, is_complex, is_float
from netwright.ops.entry import Arg, Arguments, OpError

X = Arg("input", "tensor")
DIM = Arg("dim", "axis")
LAST_DIM = Arg("dim", "axis", -1)
FIRST_DIM = Arg("dim", "axis", 0)
KEEPDIM = Arg("keepdim", "bool", False)
DTYPE = Arg("dtype", "dtype", None, optional=True, keyword=True)


def axis(x: TensorType, dim: int, arg: str = "dim", rank: int | None = None) -> int:
    """`dim` counted from the front; OpError E0302 where `x` has no such dim.

    As in torch, a tensor without dims is treated as if it had one.
    """
    rank = max(x.rank if rank is None else rank, 1)
    if not -rank <= dim < rank:
        message = f"`{arg}` is {dim}, but {x} has {x.rank} dim" + "s" * (x.rank != 1)
        raise OpError(message, arg=arg, code="E0302")
    return dim % rank


def axes(x: TensorType, dims: int | Sequence[int], arg: str = "dim") -> tuple[int, ...]:
    """Several axes counted from the front; OpError E0308 for one that is named twice."""
    listed = dims if isinstance(dims, Sequence) else (dims,)
    found = tuple(axis(x, dim, arg) for dim in listed)
    if len(set(found)) < len(found):
        raise OpError(f"`{arg}` names a dim of {x} twice", arg=arg, code="E0308")
    return found


def several(value: object) -> tuple[Size, ...]:
    """One size or a list of them as a tuple."""
    return value if isinstance(value, tuple) else (value,)


def replaced(x: TensorType, dim: int, *sizes: Size) -> TensorType:
    """`x` with the size at `dim` (from the front) replaced by `sizes`."""
    return TensorType(x.dtype, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


def floating(dtype: str) -> str:
    """The dtype of a floating function of a tensor of `dtype`: the build's for integers."""
    return dtype if is_float(dtype) or is_complex(dtype) else "float"


def chosen_dtype(args: Arguments, otherwise: str) -> str:
    """The `dtype` argument, where it is given."""
    given = args["dtype"]
    return given.name if isinstance(given, DType) else otherwise


def want_floating(x: TensorType, arg: str = "input") -> None:
    """OpError E0304 unless `x` is floating."""
    if not is_float(x.dtype):
        message = f"`{arg}` must be floating, found {x}"
        raise OpError(message, arg=arg, code="E0304", help="cast it with `.float()`")


def want_rank(x: TensorType, ranks: Iterable[int], arg: str = "input") -> None:
    """OpError E0302 unless `x` has one of `ranks`."""
    allowed = list(ranks)
    if x.rank not in allowed:
        words = " or ".join(str(rank) for rank in allowed)
        message = f"`{arg}` must have {words} dim" + "s" * (allowed != [1]) + f", found {x}"
        raise OpError(message, arg=arg, code="E0302")


def want_known(size: Size, arg: str) -> int:
    """The integer that `size` is; OpError E0306 where it is only known at run time."""
    number = known(size)
    if number is None:
        message = f"`{arg}` must be known at build, found {show(size)}"
        raise OpError(message, arg=arg, code="E0306")
    return number


def refuse(message: str, arg: str, help: str = "") -> OpError:
    """An argument whose value torch refuses."""
    return OpError(message, arg=arg, code="E0308", help=help)
