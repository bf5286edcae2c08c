"""Functions that change the shape and keep the items: views, permutations, expansions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netwright.ir.dims import Size, compare, known, mod, mul, product, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import broadcast, equal_help, show_shape
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError, Result
from netwright.ops.functions.arguments import X, axes, axis, refuse, replaced, several

Rule = Callable[[Arguments], Result]


# One shape into another ---------------------------------------------------------------------


def reshaped(x: TensorType, sizes: Sequence[Size], arg: str) -> tuple[Size, ...]:
    """`sizes` with -1 inferred; OpError E0301 unless they hold as many items as `x`."""
    filled = infer_size(product(x.shape), sizes, arg, str(x))
    if not same(product(filled), product(x.shape)):
        message = f"{x} does not reshape to {show_shape(filled)}: {show(product(x.shape))} items "
        message += f"and {show(product(filled))}"
        raise OpError(message, arg=arg, help=equal_help(product(x.shape), product(filled)))
    return filled


def infer_size(total: Size, sizes: Sequence[Size], arg: str, what: str) -> tuple[Size, ...]:
    """`sizes` with one -1 replaced by what is left of `total`, if it divides exactly.

    Raises OpError: E0308 for a second -1 or another negative size, E0301 where it cannot divide,
    E0306 where that is not known.
    """
    holes = [i for i, size in enumerate(sizes) if known(size) == -1]
    if len(holes) > 1 or any((known(size) or 0) < -1 for size in sizes):
        raise refuse(f"{show_shape(sizes)} wants sizes and at most one -1", arg)
    if not holes:
        return tuple(sizes)
    others = product([size for i, size in enumerate(sizes) if i != holes[0]])
    missing = _exact_quotient(total, others, sizes, arg, what)
    return (*sizes[: holes[0]], missing, *sizes[holes[0] + 1 :])


def _exact_quotient(total: Size, part: Size, sizes: Sequence[Size], arg: str, what: str) -> Size:
    if known(part) == 0:
        raise refuse(f"-1 beside a size of 0 in {show_shape(sizes)} could be anything", arg)
    rest = known(mod(total, part))
    if rest == 0:
        return total // part
    message = f"-1 in {show_shape(sizes)} for {what}: {show(part)} "
    if rest is not None:
        raise OpError(message + f"does not divide {show(total)}", arg=arg)
    remedy = "write the size in place of -1, or name the sizes so that they divide"
    message += f"is not known to divide {show(total)}"
    raise OpError(message, arg=arg, code="E0306", help=remedy)


def _view_rule(arg: str) -> Rule:
    def rule(args: Arguments) -> TensorType:
        x: TensorType = args["input"]
        return TensorType(x.dtype, reshaped(x, several(args[arg]), arg))

    return rule


def _flatten_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    start = axis(x, args["start_dim"], "start_dim")
    end = axis(x, args["end_dim"], "end_dim")
    if start > end:
        raise refuse("`start_dim` comes after `end_dim`", "start_dim")
    merged = product(x.shape[start : end + 1])
    return TensorType(x.dtype, (*x.shape[:start], merged, *x.shape[end + 1 :]))


def _unflatten_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    dim = axis(x, args["dim"])
    if not x.rank or not several(args["sizes"]):
        raise refuse(f"`unflatten` wants a dim and its sizes, found {x}", "sizes")
    part = TensorType(x.dtype, (x.shape[dim],))
    return replaced(x, dim, *reshaped(part, several(args["sizes"]), "sizes"))


def _squeeze_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    every = args["dim"] is None
    dims = tuple(range(x.rank)) if every else axes(x, args["dim"])
    kept = [size for i, size in enumerate(x.shape) if not (i in dims and _is_one(x, i, every))]
    return TensorType(x.dtype, tuple(kept))


def _is_one(x: TensorType, dim: int, every: bool) -> bool:
    """Whether a dim is dropped. A symbolic size is taken to be greater than 1, unless named."""
    size = x.shape[dim]
    if known(size) is None and not every and compare(size, 1) != 1:
        message = f"whether dim {dim} of {x} is 1 is not known at build"
        raise OpError(message, arg="dim", code="E0306", help="index it with 0, or reshape")
    return known(size) == 1


def _unsqueeze_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    dim = axis(x, args["dim"], rank=x.rank + 1)
    return TensorType(x.dtype, (*x.shape[:dim], 1, *x.shape[dim:]))


# Order of dims ------------------------------------------------------------------------------


def permuted(x: TensorType, order: Sequence[int]) -> TensorType:
    return TensorType(x.dtype, tuple(x.shape[i] for i in order))


def _permute_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    order = axes(x, several(args["dims"]), "dims")  # type: ignore[arg-type]
    if len(order) != x.rank:
        message = f"`dims` orders {len(order)} of the {x.rank} dims of {x}"
        raise OpError(message, arg="dims", code="E0302")
    return permuted(x, order)


def _swap_rule(first: str, second: str) -> Rule:
    def rule(args: Arguments) -> TensorType:
        x: TensorType = args["input"]
        a, b = axis(x, args[first], first), axis(x, args[second], second)
        order = list(range(x.rank))
        if order:
            order[a], order[b] = order[b], order[a]
        return permuted(x, order)

    return rule


def _t_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if x.rank > 2:
        raise OpError(f"`t` wants at most 2 dims, found {x}", arg="input", code="E0302",
                      help="use `transpose`")  # fmt: skip
    return permuted(x, range(x.rank)[::-1])


def _movedim_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if isinstance(args["source"], tuple) != isinstance(args["destination"], tuple):
        raise refuse("`source` and `destination` must be both numbers or both lists", "source")
    source = axes(x, args["source"], "source")
    target = axes(x, args["destination"], "destination")
    if len(source) != len(target):
        raise refuse("`source` and `destination` differ in length", "destination")
    rest = iter(i for i in range(x.rank) if i not in source)
    places = dict(zip(target, source, strict=True))
    return permuted(x, [places[i] if i in places else next(rest) for i in range(x.rank)])


# Repetition ---------------------------------------------------------------------------------


def _expand_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    sizes = several(args["size"])
    new = len(sizes) - x.rank
    if new < 0:
        message = f"{len(sizes)} sizes for the {x.rank} dims of {x}"
        raise OpError(message, arg="size", code="E0302")
    if any(known(size) == -1 for size in sizes[:new]):
        raise refuse("-1 stands for a dim that is there, not for a new one", "size")
    own = (*sizes[:new], *x.shape)
    return TensorType(x.dtype, tuple(_expanded(x, a, b) for a, b in zip(own, sizes, strict=True)))


def _expanded(x: TensorType, own: Size, wanted: Size) -> Size:
    if known(wanted) == -1 or same(own, wanted):
        return own
    if known(own) != 1 or (known(wanted) or 0) < 0:
        message = f"{x} does not expand from {show(own)} to {show(wanted)}"
        raise OpError(message, arg="size", code="E0303", help=equal_help(own, wanted))
    return wanted


def _expand_as_rule(args: Arguments) -> TensorType:
    return _expand_rule({"input": args["input"], "size": args["other"].shape})


def _view_as_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    return TensorType(x.dtype, reshaped(x, args["other"].shape, "other"))


def _repeat_rule(arg: str) -> Rule:
    def rule(args: Arguments) -> TensorType:
        x: TensorType = args["input"]
        times = several(args[arg])
        if any((known(n) or 0) < 0 for n in times):
            raise refuse(f"{show_shape(times)} has a negative number", arg)
        if arg == "dims":  # tile fills the counts up with ones
            times = (1,) * (x.rank - len(times)) + times
        if len(times) < x.rank:
            message = f"{len(times)} counts for the {x.rank} dims of {x}"
            raise OpError(message, arg=arg, code="E0302")
        shape = (1,) * (len(times) - x.rank) + x.shape
        return TensorType(x.dtype, tuple(mul(a, b) for a, b in zip(shape, times, strict=True)))

    return rule


def _repeat_interleave_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    repeats, length = args["repeats"], args["output_size"]
    if args["dim"] is not None and not x.rank:
        raise OpError(f"{x} has no dims", arg="dim", code="E0302")
    own = product(x.shape) if args["dim"] is None else x.shape[axis(x, args["dim"])]
    if isinstance(repeats, TensorType):
        if length is None:
            raise OpError("the size depends on the values of `repeats`", arg="repeats",
                          code="E0307", help="give `output_size`")  # fmt: skip
        broadcast((own,), repeats.shape)
    else:
        if (known(repeats) or 0) < 0:
            raise refuse("`repeats` is negative", "repeats")
        length = mul(own, repeats)
    if args["dim"] is None:
        return TensorType(x.dtype, (length,))
    return replaced(x, axis(x, args["dim"]), length)


# The table ----------------------------------------------------------------------------------


def _method(name: str, rule: Rule, doc: str, *args: Arg) -> FunctionOp:
    return FunctionOp(name, (X, *args), doc, method=name, rule=rule)


def _both(name: str, rule: Rule, doc: str, *args: Arg) -> FunctionOp:
    return FunctionOp(name, (X, *args), doc, function=f"torch.{name}", method=name, rule=rule)


_OTHER = Arg("other", "tensor")
_REPEATS = Arg("repeats", "any")

ALL = (
    _method("view", _view_rule("size"), "The items in another shape, without a copy.",
            Arg("size", "sizes", variadic=True)),
    _method("reshape", _view_rule("shape"), "The items in another shape.",
            Arg("shape", "sizes", variadic=True)),
    _method("view_as", _view_as_rule, "The items in the shape of another.", _OTHER),
    _method("reshape_as", _view_as_rule, "The items in the shape of another.", _OTHER),
    _both("flatten", _flatten_rule, "Dims start_dim ... end_dim as one.",
          Arg("start_dim", "axis", 0), Arg("end_dim", "axis", -1)),
    _both("unflatten", _unflatten_rule, "One dim as several; -1 is inferred.",
          Arg("dim", "axis"), Arg("sizes", "sizes")),
    _both("squeeze", _squeeze_rule, "Without dims of size 1.", Arg("dim", "axes", None)),
    _both("unsqueeze", _unsqueeze_rule, "With a dim of size 1 inserted.", Arg("dim", "axis")),
    _method("permute", _permute_rule, "Dims in another order.",
            Arg("dims", "axes", variadic=True)),
    _both("transpose", _swap_rule("dim0", "dim1"), "Two dims swapped.",
          Arg("dim0", "axis"), Arg("dim1", "axis")),
    _both("swapaxes", _swap_rule("axis0", "axis1"), "Two dims swapped.",
          Arg("axis0", "axis"), Arg("axis1", "axis")),
    _both("t", _t_rule, "The transposed matrix."),
    _both("movedim", _movedim_rule, "Dims moved to other places.",
          Arg("source", "axes"), Arg("destination", "axes")),
    _method("expand", _expand_rule, "Dims of size 1 repeated without a copy; -1 keeps.",
            Arg("size", "sizes", variadic=True)),
    _method("expand_as", _expand_as_rule, "Expanded to the shape of another.", _OTHER),
    _both("broadcast_to", _expand_rule, "Expanded to a shape.", Arg("size", "sizes")),
    _method("repeat", _repeat_rule("repeats"), "Copies along each dim.",
            Arg("repeats", "sizes", variadic=True)),
    _method("tile", _repeat_rule("dims"), "Copies along the last dims.",
            Arg("dims", "sizes", variadic=True)),
    _both("repeat_interleave", _repeat_interleave_rule, "Each item several times in a row.",
          _REPEATS, Arg("dim", "axis", None, optional=True),
          Arg("output_size", "size", None, optional=True, keyword=True)),
    _method("contiguous", lambda args: args["input"], "The same items, laid out in order."),
    _both("clone", lambda args: args["input"], "A copy."),
    _both("detach", lambda args: args["input"], "The same values, without their gradient."),
)  # fmt: skip
