"""What the rules of modules ask of arguments and inputs, and how they refuse.

Sizes may be symbolic: a demand for equality must be provable, a demand for an order or for
divisibility is refused only where it is provably broken (the rest is decided at run time).
"""

from __future__ import annotations

from collections.abc import Sequence

from netwright.ir.dims import Size, at_least, floordiv, known, mod, same, show
from netwright.ir.types import TensorType, is_complex, is_float, same_shape
from netwright.ops.entry import Arguments, OpError

FLOAT8 = ("float8_e4m3fn", "float8_e5m2")


def tensor(args: Arguments, name: str) -> TensorType:
    """The tensor bound to the input `name`."""
    value = args[name]
    if not isinstance(value, TensorType):
        raise OpError(f"`{name}` needs a tensor", arg=name, code="E0305")
    return value


def optional_tensor(args: Arguments, name: str) -> TensorType | None:
    """The tensor bound to `name`, None where it is left out."""
    return None if args.get(name) is None else tensor(args, name)


def need_rank(x: TensorType, arg: str, ranks: Sequence[int], layout: str) -> None:
    """Refuse a rank outside `ranks`; `layout` names the dims for the help: `(B, C, H, W)`."""
    if x.rank not in ranks:
        wanted = " or ".join(str(r) for r in ranks)
        raise OpError(
            f"needs an input of {wanted} dims but receives {x.rank}",
            arg=arg,
            code="E0302",
            help=f"the layout is {layout}",
        )


def need_rank_from(x: TensorType, arg: str, least: int) -> None:
    if x.rank < least:
        raise OpError(
            f"needs an input of at least {least} dims but receives {x.rank}", arg=arg, code="E0302"
        )


def need_floating(x: TensorType, arg: str) -> None:
    """Refuse all but floating dtypes that torch computes in."""
    if not is_float(x.dtype) or x.dtype in FLOAT8:
        raise OpError(
            f"needs a floating input but receives {x.dtype}",
            arg=arg,
            code="E0304",
            help="`.float()` casts",
        )


def need_int(x: TensorType, arg: str, dtypes: Sequence[str] = ("int", "int32")) -> None:
    if x.dtype not in dtypes:
        raise OpError(
            f"needs {' or '.join(dtypes)} indices but receives {x.dtype}",
            arg=arg,
            code="E0304",
            help="`.int()` casts",
        )


def need_real(x: TensorType, arg: str) -> None:
    """Refuse bool and complex; integers pass."""
    if x.dtype == "bool" or is_complex(x.dtype) or x.dtype in FLOAT8:
        raise OpError(f"needs a real input but receives {x.dtype}", arg=arg, code="E0304")


def need_build_dtype(x: TensorType, arg: str) -> None:
    """Refuse all but the build's floating dtype, which weights have."""
    need_floating(x, arg)
    if x.dtype != "float":
        raise OpError(
            f"needs the dtype of its weights, float, but receives {x.dtype}",
            arg=arg,
            code="E0304",
            help="`.float()` casts",
        )


def need_one_dtype(*named: tuple[str, TensorType]) -> str:
    """The common floating dtype."""
    (first, x), *others = named
    need_floating(x, first)
    for arg, other in others:
        if other.dtype != x.dtype:
            raise OpError(
                f"`{arg}` is {other.dtype} but `{first}` is {x.dtype}",
                arg=arg,
                code="E0304",
                help=f"convert one of them, `{arg}.to({x.dtype})`",
            )
    return x.dtype


def need_size(found: Size, wanted: Size, what: str, arg: str, help: str = "") -> None:
    """Refuse `found` where it is not provably `wanted`."""
    if not same(found, wanted):
        raise OpError(f"needs {show(wanted)} {what} but receives {show(found)}", arg=arg, help=help)


def need_inferred(found: Size, args: Arguments, name: str, what: str) -> None:
    """Hold an argument that follows from the input to what the input has."""
    help = f"leave `{name}` out, it follows from the input"
    need_size(found, args[name], what, name, help)


def need_same_shape(a: TensorType, b: TensorType, arg: str, other: str) -> None:
    if not same_shape(a.shape, b.shape):
        raise OpError(f"`{arg}` is {a} but `{other}` is {b}; their shapes must be equal", arg=arg)


def need_shape(x: TensorType, shape: tuple[Size, ...], arg: str) -> None:
    if not same_shape(x.shape, shape):
        wanted = ", ".join(show(d) for d in shape)
        raise OpError(f"`{arg}` needs the shape [{wanted}] but is {x}", arg=arg)


def need_positive(value: Size, arg: str) -> None:
    if at_least(value, 1) is False:
        raise OpError(f"`{arg}` must be at least 1, not {show(value)}", arg=arg, code="E0308")


MAX_LAYERS = 1000
"""Layers that one recurrent or transformer module may stack."""


def layer_count(value: int, arg: str) -> int:
    """`value` where it is a number of layers whose weights can be listed (E0501)."""
    if value > MAX_LAYERS:
        raise OpError(f"`{arg}` is {value}, the limit is {MAX_LAYERS}", arg=arg, code="E0501")
    return value


def need_from_zero(value: Size, arg: str) -> None:
    if at_least(value, 0) is False:
        raise OpError(f"`{arg}` must not be negative, is {show(value)}", arg=arg, code="E0308")


def need_multiple(value: Size, divisor: Size, arg: str, what: str) -> None:
    """Refuse where `divisor` provably does not divide `value`."""
    need_positive(divisor, arg)
    if known(mod(value, divisor)) not in (0, None):
        raise OpError(f"{what} {show(value)} is no multiple of `{arg}` {show(divisor)}", arg=arg)


def need_probability(args: Arguments, name: str) -> None:
    if not 0 <= args[name] <= 1:
        raise OpError(
            f"`{name}` is a probability between 0 and 1, not {args[name]}", arg=name, code="E0308"
        )


def need_axis(axis: int, rank: int, arg: str) -> int:
    """`axis` counted from the front; refuse one that a tensor of `rank` dims does not have."""
    span = max(rank, 1)
    if not -span <= axis < span:
        raise OpError(f"there is no dim {axis} in an input of {rank} dims", arg=arg, code="E0302")
    return axis % span


def per_axis(args: Arguments, name: str, count: int) -> tuple[Size, ...]:
    """An argument that is one number for all axes, or one each."""
    value = args[name]
    if not isinstance(value, tuple | list):
        return (value,) * count
    if len(value) != count:
        raise OpError(
            f"`{name}` needs {count} numbers but has {len(value)}", arg=name, code="E0308"
        )
    return tuple(value)


def positive_per_axis(args: Arguments, name: str, count: int) -> tuple[Size, ...]:
    values = per_axis(args, name, count)
    for value in values:
        need_positive(value, name)
    return values


def padding_per_axis(args: Arguments, count: int) -> tuple[Size, ...]:
    values = per_axis(args, "padding", count)
    for value in values:
        need_from_zero(value, "padding")
    return values


def windows(padded: Size, span: Size, stride: Size) -> Size:
    """How many windows of `span` fit into `padded`, `stride` apart."""
    return floordiv(padded - span, stride) + 1


def need_fit(span: Size, padded: Size, kernel: Size, arg: str = "kernel_size") -> None:
    """Refuse a window that is provably larger than what it slides over."""
    if at_least(padded, span) is False:
        spans = "" if same(span, kernel) else f", dilated to {show(span)},"
        raise OpError(
            f"kernel {show(kernel)}{spans} is larger than the padded input {show(padded)}", arg=arg
        )
