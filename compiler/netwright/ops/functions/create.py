"""Functions that make a tensor from nothing, or in the shape of another."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from netwright.ir.dims import Dim, Size, at_least, known, show
from netwright.ir.types import TensorType, is_float
from netwright.ops.broadcast import number_dtype, show_shape
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError
from netwright.ops.functions.arguments import DTYPE, X, chosen_dtype, refuse, several, want_floating

Rule = Callable[[Arguments], TensorType]


def _shape(args: Arguments) -> tuple[Size, ...]:
    sizes = several(args["size"])
    if any((known(size) or 0) < 0 for size in sizes):
        raise refuse(f"{show_shape(sizes)} has a negative size", "size")
    return sizes


def _filled_rule(args: Arguments) -> TensorType:
    return TensorType(chosen_dtype(args, "float"), _shape(args))


def _random_rule(args: Arguments) -> TensorType:
    result = _filled_rule(args)
    want_floating(result, "dtype")
    return result


def _full_rule(args: Arguments) -> TensorType:
    value = args["fill_value"]
    return TensorType(chosen_dtype(args, number_dtype(value)), _shape(args))


def _randint_rule(args: Arguments) -> TensorType:
    low, high = known(args["low"]), known(args["high"])
    if low is not None and high is not None and low >= high:
        raise refuse(f"no integer lies from {low} up to, not including, {high}", "high")
    return TensorType(chosen_dtype(args, "int"), _shape(args))


def _like_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    return TensorType(chosen_dtype(args, x.dtype), x.shape)


def _random_like_rule(args: Arguments) -> TensorType:
    result = _like_rule(args)
    want_floating(result)
    return result


def _new_rule(args: Arguments) -> TensorType:
    return TensorType(chosen_dtype(args, args["input"].dtype), _shape(args))


def _eye_rule(args: Arguments) -> TensorType:
    m = args["n"] if args["m"] is None else args["m"]
    if any((known(size) or 0) < 0 for size in (args["n"], m)):
        raise refuse(f"`eye` of {show(args['n'])} and {show(m)}", "n")
    return TensorType(chosen_dtype(args, "float"), (args["n"], m))


def _randperm_rule(args: Arguments) -> TensorType:
    if (known(args["n"]) or 0) < 0:
        raise refuse("`n` is negative", "n")
    return TensorType(chosen_dtype(args, "int"), (args["n"],))


def _arange_rule(args: Arguments) -> TensorType:
    """`arange(end)`, `arange(start, end)` or `arange(start, end, step)`."""
    start, end, step = args["start"], args["end"], args["step"]
    if end is None:
        start, end = 0, start
    fractional = any(isinstance(n, float) for n in (start, end, step))
    dtype = chosen_dtype(args, "float" if fractional else "int")
    size = _steps(start, end, step)
    if fractional and not is_float(dtype):  # torch checks the fractions, then drops them
        size = _steps(*(int(n) if isinstance(n, float) else n for n in (start, end, step)))
    return TensorType(dtype, (size,))


def _steps(start: int | float | Dim, end: int | float | Dim, step: int | float | Dim) -> Size:
    """How many numbers lie from `start` up to, not including, `end`."""
    pace = known(step) if isinstance(step, Dim) else step
    if pace is None or pace == 0:
        raise refuse(f"`step` is {step}", "step")
    if isinstance(start, float) or isinstance(end, float) or isinstance(pace, float):
        return _float_steps(start, end, pace)
    distance = end - start if pace > 0 else start - end
    if at_least(distance, 0) is False:
        raise _leads_away(start, end, pace)
    return (distance + (abs(pace) - 1)) // abs(pace)


def _leads_away(start: object, end: object, step: object) -> OpError:
    return refuse(f"from {start} to {end} the step {step} leads away", "step")


def _float_steps(start: int | float | Dim, end: int | float | Dim, step: int | float) -> Size:
    if isinstance(start, Dim) or isinstance(end, Dim):
        remedy = "scale it instead: `arange(n) * step`"
        message = "the length of a range of floats up to a symbolic size"
        raise OpError(message, arg="step", code="E0306", help=remedy)
    if (end - start) * step < 0:
        raise _leads_away(start, end, step)
    return ceil((end - start) / step)


def _tensor_rule(args: Arguments) -> TensorType:
    shape, dtype = _literal(args["data"])
    return TensorType(chosen_dtype(args, dtype or "float"), shape)


def _literal(data: object) -> tuple[tuple[int, ...], str | None]:
    """Shape and dtype of nested lists; OpError E0212 where they are ragged or hold no numbers."""
    if isinstance(data, list | tuple):
        return _nested([_literal(item) for item in data])
    if not isinstance(data, int | float | Dim):
        raise OpError("`data` wants numbers or lists of numbers", arg="data", code="E0212")
    return (), number_dtype(data)


def _nested(items: list[tuple[tuple[int, ...], str | None]]) -> tuple[tuple[int, ...], str | None]:
    shapes = {shape for shape, _ in items}
    if len(shapes) > 1:
        raise OpError("`data` has lists of different lengths", arg="data", code="E0212")
    dtypes = {dtype for _, dtype in items} - {None}
    joined = next((dtype for dtype in ("float", "int", "bool") if dtype in dtypes), None)
    return (len(items), *next(iter(shapes), ())), joined


def _triangle_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if x.rank < 2:
        message = f"`input` must have 2 dims or more, found {x}"
        raise OpError(message, arg="input", code="E0302")
    return x


def _window_rule(args: Arguments) -> TensorType:
    result = TensorType(chosen_dtype(args, "float"), (args["window_length"],))
    if not is_float(result.dtype) or (known(args["window_length"]) or 0) < 0:
        raise refuse("a window has floats and a length", "window_length")
    return result


# The table ----------------------------------------------------------------------------------

_SIZE = Arg("size", "sizes", variadic=True)


def _factory(name: str, rule: Rule, doc: str, *args: Arg) -> FunctionOp:
    return FunctionOp(name, (*args, DTYPE), doc, function=f"torch.{name}", rule=rule, factory=True)


def _like(name: str, rule: Rule, doc: str, *args: Arg) -> FunctionOp:
    return FunctionOp(name, (X, *args, DTYPE), doc, function=f"torch.{name}", rule=rule)


def _new(name: str, doc: str, *args: Arg) -> FunctionOp:
    return FunctionOp(name, (X, *args, DTYPE), doc, method=name, rule=_new_rule)


_FILL = Arg("fill_value", "number")
_DIAGONAL = Arg("diagonal", "int", 0)
_WINDOW = (Arg("window_length", "size"), Arg("periodic", "bool", True))

ALL = (
    _factory("zeros", _filled_rule, "Zeros.", _SIZE),
    _factory("ones", _filled_rule, "Ones.", _SIZE),
    _factory("rand", _random_rule, "Uniform on [0, 1).", _SIZE),
    _factory("randn", _random_rule, "Normal, of mean 0 and variance 1.", _SIZE),
    _factory("full", _full_rule, "One value everywhere.", Arg("size", "sizes"), _FILL),
    _factory(
        "randint", _randint_rule, "Uniform integers from low up to, not including, high.",
        Arg("low", "size"), Arg("high", "size"), Arg("size", "sizes"),
    ),
    _factory("randperm", _randperm_rule, "0 ... n - 1 in random order.", Arg("n", "size")),
    _factory(
        "eye", _eye_rule, "Ones on the diagonal.",
        Arg("n", "size"), Arg("m", "size", None),
    ),
    _factory(
        "arange", _arange_rule, "Numbers from start up to, not including, end.",
        Arg("start", "number", doc="the end, where it is the only one"),
        Arg("end", "number", None), Arg("step", "number", 1),
    ),
    _factory("tensor", _tensor_rule, "A tensor of the numbers listed.", Arg("data", "any")),
    _factory("hann_window", _window_rule, "Hann window.", *_WINDOW),
    _factory("hamming_window", _window_rule, "Hamming window.", *_WINDOW),
    _like("zeros_like", _like_rule, "Zeros in the shape of another tensor."),
    _like("ones_like", _like_rule, "Ones in the shape of another tensor."),
    _like("full_like", _like_rule, "One value in the shape of another tensor.", _FILL),
    _like("rand_like", _random_like_rule, "Uniform on [0, 1) in the shape of another tensor."),
    _like("randn_like", _random_like_rule, "Normal in the shape of another tensor."),
    _new("new_zeros", "Zeros of the same dtype and device.", _SIZE),
    _new("new_ones", "Ones of the same dtype and device.", _SIZE),
    _new("new_full", "One value, of the same dtype and device.", Arg("size", "sizes"), _FILL),
    FunctionOp(
        "tril", (X, _DIAGONAL), "The lower triangle, zeros above.",
        function="torch.tril", method="tril", rule=_triangle_rule,
    ),
    FunctionOp(
        "triu", (X, _DIAGONAL), "The upper triangle, zeros below.",
        function="torch.triu", method="triu", rule=_triangle_rule,
    ),
    FunctionOp(
        "bernoulli", (X,), "1 with the probability given, else 0.",
        function="torch.bernoulli", method="bernoulli",
        rule=lambda args: _random_like_rule({**args, "dtype": None}),
    ),
)  # fmt: skip
