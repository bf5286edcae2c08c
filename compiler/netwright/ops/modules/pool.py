"""Pooling over windows: maximum, average and power average, also adaptive."""

from __future__ import annotations

from functools import partial

from netwright.ir.dims import Dim, Size, at_least, compare, floordiv, known, show
from netwright.ir.types import TensorType, is_float
from netwright.ops.binding import describe
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError, Result
from netwright.ops.modules.checks import (
    need_fit,
    need_floating,
    need_rank,
    need_real,
    padding_per_axis,
    per_axis,
    positive_per_axis,
    tensor,
)
from netwright.ops.modules.conv import LAYOUTS


def _input(count: int, args: Arguments) -> TensorType:
    x = tensor(args, "input")
    need_rank(x, "input", (count + 1, count + 2), LAYOUTS[count])
    return x


def _stride(count: int, args: Arguments) -> tuple[Size, ...]:
    """The stride is the kernel where it is left out."""
    name = "kernel_size" if args["stride"] is None else "stride"
    return positive_per_axis(args, name, count)


def _need_half(pad: Size, kernel: Size) -> None:
    if at_least(floordiv(kernel, 2), pad) is False:
        raise OpError(
            f"padding {show(pad)} is more than half of the kernel {show(kernel)}",
            arg="padding",
            code="E0308",
        )


def pooled(size: Size, span: Size, stride: Size, pad: Size, ceil_mode: bool) -> Size:
    """How many windows pooling takes along one dim.

    With `ceil_mode` a last, partial window counts if it starts within the input or the padding
    before it. Both bounds are floors over the same stride, so that the lesser numerator decides.
    """
    fitting = size + 2 * pad - span
    last = fitting
    if ceil_mode:
        rounded_up, starting = fitting + stride - 1, size + pad - 1
        last = starting if compare(starting, rounded_up) == -1 else rounded_up
    count = floordiv(last, stride) + 1
    if at_least(count, 1) is False:
        raise OpError(
            f"kernel {show(span)} is larger than the padded input {show(size + 2 * pad)}",
            arg="kernel_size",
        )
    return count


def _need_content(size: Size, stride: Size, pad: Size, dilation: Size) -> None:
    """No window steps over the whole input, from padding to padding.

    torch gives such a window -inf and an index outside of the input, at which its backward pass
    then writes.
    """
    numbers = known(size), known(stride), known(pad), known(dilation)
    length, step, before, apart = (0 if n is None else n for n in numbers)
    starts = range(-before, 0, step or 1)
    if None not in numbers and any(start % apart >= length for start in starts):
        message = f"with dilation {apart}, a window steps over the {length} of the input"
        raise OpError(message, arg="dilation", code="E0308")


def _pool(count: int, x: TensorType, args: Arguments, dilated: bool, padded: bool) -> TensorType:
    kernel = positive_per_axis(args, "kernel_size", count)
    stride = _stride(count, args)
    padding = padding_per_axis(args, count) if padded else (0,) * count
    dilation = positive_per_axis(args, "dilation", count) if dilated else (1,) * count
    sizes = []
    for size, k, s, p, d in zip(x.shape[-count:], kernel, stride, padding, dilation, strict=True):
        span = d * (k - 1) + 1
        _need_half(p, k)
        sizes.append(pooled(size, span, s, p, args["ceil_mode"]))
        _need_content(size, s, p, d)
    return TensorType(x.dtype, (*x.shape[:-count], *sizes))


def max_pool(count: int, args: Arguments) -> Result:
    """(B, C, *spatial) -> the same with fewer positions, and their indices where asked."""
    x = _input(count, args)
    # torch has a kernel of its own for one dim without indices, which takes no integers
    (need_floating if count == 1 and not args["return_indices"] else need_real)(x, "input")
    return _with_indices(_pool(count, x, args, dilated=True, padded=True), args)


def _with_indices(values: TensorType, args: Arguments) -> Result:
    return (values, TensorType("int", values.shape)) if args["return_indices"] else values


def avg_pool(count: int, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> the same with fewer positions. Integers pass on some devices only."""
    x = _input(count, args)
    need_floating(x, "input")
    if args.get("divisor_override") == 0:
        raise OpError("`divisor_override` must not be 0", arg="divisor_override", code="E0308")
    _need_unpadded_fit(count, x, args)
    return _pool(count, x, args, dilated=False, padded=True)


def _need_unpadded_fit(count: int, x: TensorType, args: Arguments) -> None:
    """In three dims, torch wants an average's window to fit into the input without padding."""
    if count == 3:
        for size, k in zip(x.shape[-3:], positive_per_axis(args, "kernel_size", 3), strict=True):
            need_fit(k, size, k)


def lp_pool(count: int, args: Arguments) -> TensorType:
    """(B, C, *spatial) -> the same with fewer positions, each the power average of a window."""
    x = _input(count, args)
    _need_unpadded_fit(count, x, args)
    dtype = x.dtype if is_float(x.dtype) else "float"
    return _pool(count, TensorType(dtype, x.shape), args, dilated=False, padded=False)


def _adaptive(count: int, args: Arguments) -> TensorType:
    x = _input(count, args)
    need_floating(x, "input")
    asked = per_axis(args, "output_size", count)
    for out in asked:
        if out is not None and (isinstance(out, bool) or not isinstance(out, int | Dim)):
            message = f"`output_size` wants sizes or None, found {describe(out)}"
            raise OpError(message, arg="output_size", code="E0212")
    sizes = tuple(
        size if out is None else out for out, size in zip(asked, x.shape[-count:], strict=True)
    )
    for size in sizes:
        if at_least(size, 0) is False:
            message = f"`output_size` must be at least 0, not {show(size)}"
            raise OpError(message, arg="output_size", code="E0308")
    return TensorType(x.dtype, (*x.shape[:-count], *sizes))


def adaptive_max_pool(count: int, args: Arguments) -> Result:
    """(B, C, *spatial) -> (B, C, *output_size), None in `output_size` keeping the size."""
    return _with_indices(_adaptive(count, args), args)


_INPUTS = (Arg("input", "tensor"),)
_KERNEL = Arg("kernel_size", "ints", doc="Size of the window.")
_STRIDE = Arg("stride", "ints", None, optional=True, doc="Distance between windows; the kernel.")
_PADDING = Arg("padding", "ints", 0, doc="Padding on both sides.")
_CEIL = Arg("ceil_mode", "bool", False, doc="Count a last, partial window.")
_INDICES = Arg("return_indices", "bool", False, doc="Return the positions of the maxima too.")
_OUTPUT_SIZE = Arg("output_size", "any", doc="Sizes of the output; None keeps one.")
_INCLUDE_PAD = Arg("count_include_pad", "bool", True, doc="Average over the padding too.")
_DIVISOR = Arg("divisor_override", "int", None, optional=True, doc="Divide by this instead.")
_NAMES = ("output", "indices")


def _max(count: int) -> ModuleOp:
    dilation = Arg("dilation", "ints", 1, doc="Distance between the taps of a window.")
    return ModuleOp(
        f"MaxPool{count}d",
        f"nn.MaxPool{count}d",
        (_KERNEL, _STRIDE, _PADDING, dilation, _INDICES, _CEIL),
        _INPUTS,
        f"Maximum over windows of {LAYOUTS[count]}.",
        rule=partial(max_pool, count),
        outputs=_NAMES,
    )


def _avg(count: int) -> ModuleOp:
    last = () if count == 1 else (_DIVISOR,)
    return ModuleOp(
        f"AvgPool{count}d",
        f"nn.AvgPool{count}d",
        (_KERNEL, _STRIDE, _PADDING, _CEIL, _INCLUDE_PAD, *last),
        _INPUTS,
        f"Average over windows of {LAYOUTS[count]}.",
        rule=partial(avg_pool, count),
    )


def _lp(count: int) -> ModuleOp:
    kernel = Arg("kernel_size", "int", doc="Size of the window.") if count == 1 else _KERNEL
    return ModuleOp(
        f"LPPool{count}d",
        f"nn.LPPool{count}d",
        (Arg("norm_type", "number", doc="The power."), kernel, _STRIDE, _CEIL),
        _INPUTS,
        f"Power average over windows of {LAYOUTS[count]}.",
        rule=partial(lp_pool, count),
    )


def _adaptive_avg(count: int) -> ModuleOp:
    return ModuleOp(
        f"AdaptiveAvgPool{count}d",
        f"nn.AdaptiveAvgPool{count}d",
        (_OUTPUT_SIZE,),
        _INPUTS,
        f"Average over {LAYOUTS[count]} down to a given size.",
        rule=partial(_adaptive, count),
    )


def _adaptive_max(count: int) -> ModuleOp:
    return ModuleOp(
        f"AdaptiveMaxPool{count}d",
        f"nn.AdaptiveMaxPool{count}d",
        (_OUTPUT_SIZE, _INDICES),
        _INPUTS,
        f"Maximum over {LAYOUTS[count]} down to a given size.",
        rule=partial(adaptive_max_pool, count),
        outputs=_NAMES,
    )


OPS = tuple(
    make(count) for make in (_max, _avg, _lp, _adaptive_avg, _adaptive_max) for count in (1, 2, 3)
)
