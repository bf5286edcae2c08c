"""Functions over numbers and lists, evaluated at build: `ceil`, `len`, `linspace`,
`make_divisible`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from netwright.ir.dims import Dim, Size, SizeTooLarge, compare, known
from netwright.ir.values import ModuleValue, describe

MAX_INT = 2**53
MAX_LIST = 100_000
MAX_DIGITS = 400
"""More than a float has, before the point or after it."""


class NumberError(Exception):
    """A number function refuses its arguments; the text says why."""


class SizeUnknown(Exception):
    """The value of a size was asked that is only known at run time."""

    def __init__(self, size: Dim) -> None:
        super().__init__(str(size))
        self.size = size


def plain(value: Any) -> Any:
    """`value` with sizes as integers; SizeUnknown for one that only run time knows."""
    if isinstance(value, Dim):
        number = known(value)
        if number is None:
            raise SizeUnknown(value)
        return number
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    return value


def make_divisible(
    v: float, divisor: int = 8, min_value: int | None = None, round_limit: float = 0.9
) -> int:
    """The multiple of `divisor` nearest to `v`, at least `min_value`, not under `round_limit * v`.

    The rule by which MobileNet and EfficientNet round channels (tensorflow/models,
    `make_divisible`).
    """
    least = min_value or divisor
    rounded = max(least, int(v + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < round_limit * v else rounded


def linspace(start: float, end: float, steps: int) -> tuple[float, ...]:
    """`steps` numbers from `start` to `end`, both included; `start` alone for one step."""
    _limit(steps)
    return tuple(start + (end - start) * k / max(steps - 1, 1) for k in range(steps))


def _range(*args: int) -> tuple[int, ...]:
    numbers = range(*args)
    _limit(len(numbers))
    return tuple(numbers)


def _limit(length: int) -> None:
    if length > MAX_LIST:
        raise NumberError(f"a list of {length} items is longer than the limit of {MAX_LIST}")


def _len(value: Sequence[Any]) -> int:
    return len(value)


def _sum(values: Sequence[Any], start: Any = 0) -> Any:
    total: Any = start
    for value in values:
        total = operate("+", total, value)
    return total


def _enumerate(values: Sequence[Any], start: int = 0) -> tuple[Any, ...]:
    return tuple(enumerate(values, start))


def _zip(*lists: Sequence[Any]) -> tuple[Any, ...]:
    if len({len(items) for items in lists}) > 1:
        raise NumberError(
            "`zip` wants lists of equal length, found "
            + ", ".join(str(len(items)) for items in lists)
        )
    return tuple(zip(*lists, strict=True))


def _round(value: float, digits: int | None = None) -> float:
    if digits is not None and abs(digits) > MAX_DIGITS:
        raise NumberError(f"`round` to {digits} digits")
    return round(value, digits)


# Structural functions leave items alone, so that lists of tensors and symbolic sizes pass through.
STRUCTURAL: dict[str, Callable[..., Any]] = {
    "len": _len,
    "sum": _sum,
    "zip": _zip,
    "enumerate": _enumerate,
    "reversed": lambda values: tuple(reversed(values)),
}

PLAIN: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "round": _round,
    "ceil": math.ceil,
    "floor": math.floor,
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "int": int,
    "float": float,
    "bool": bool,
    "range": _range,
    "linspace": linspace,
    "make_divisible": make_divisible,
}

NAMES = frozenset(STRUCTURAL) | frozenset(PLAIN)
CONSTANTS: dict[str, float] = {"pi": math.pi, "inf": math.inf}


def call(name: str, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """The number function `name` on its arguments; NumberError or SizeUnknown where it refuses."""
    if name in STRUCTURAL:
        function, values, named = STRUCTURAL[name], list(args), keywords
    else:
        symbolic = _symbolic_extreme(name, args) if name in ("min", "max") else None
        if symbolic is not None:
            return symbolic
        function = PLAIN[name]
        values, named = [plain(a) for a in args], {k: plain(v) for k, v in keywords.items()}
    try:
        return check(function(*values, **named))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise NumberError(f"`{name}` fails: {error}") from error


def _symbolic_extreme(name: str, args: Sequence[Any]) -> Size | None:
    """`min` or `max` of two sizes, one symbolic, where their order is certain."""
    if len(args) != 2 or not any(isinstance(a, Dim) and known(a) is None for a in args):
        return None
    order = compare(args[0], args[1])
    if order is None:
        return None
    first_is_greater = order >= 0
    greater, smaller = (args[0], args[1]) if first_is_greater else (args[1], args[0])
    chosen: Size = greater if name == "max" else smaller
    return chosen


def check(value: Any) -> Any:
    """`value` where it keeps to the budgets on magnitude and length."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_INT:
        raise NumberError(f"a number beyond {MAX_INT} (2**53)")
    if isinstance(value, tuple | list):
        _limit(len(value))
        return tuple(value)
    return value


def _shown(value: Any) -> str:
    return describe(value) if isinstance(value, ModuleValue) else repr(value)


def operate(operator: str, left: Any, right: Any) -> Any:
    """`left operator right` over numbers, sizes, strings and lists."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        return check(_list_operator(operator, left, right))
    if isinstance(left, Dim) or isinstance(right, Dim):
        return _size_operator(operator, left, right)
    for value in (left, right):
        if not isinstance(value, int | float):
            raise NumberError(f"`{operator}` does not apply to {_shown(value)}")
    try:
        return check(_OPERATORS[operator](left, right))
    except KeyError:
        raise NumberError(f"`{operator}` does not apply to numbers") from None
    except ZeroDivisionError:
        raise NumberError("division by zero") from None
    except (OverflowError, ValueError, TypeError) as error:
        raise NumberError(str(error)) from None


def _power(a: float, b: float) -> Any:
    if isinstance(a, int) and isinstance(b, int) and b >= 0 and a.bit_length() * b > 64:
        raise NumberError(f"a number beyond {MAX_INT} (2**53)")
    result = a**b
    if isinstance(result, complex):
        raise NumberError("a negative number to a fractional power")
    return result


def _remainder(a: Any, b: Any) -> Any:
    return a % b


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": _remainder,
    "**": _power,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}


def _size_operator(operator: str, left: Any, right: Any) -> Any:
    polynomial = operator in ("+", "-", "*", "//", "%")
    whole = all(isinstance(v, int | Dim) and not isinstance(v, bool) for v in (left, right))
    if polynomial and whole:
        try:
            return _OPERATORS[operator](left, right)
        except ZeroDivisionError:
            raise NumberError("division by zero") from None
        except SizeTooLarge as error:
            raise NumberError(str(error)) from None
    if operator == "**" and whole and isinstance(right, int) and 0 <= right <= 4:
        power: Any = 1
        for _ in range(right):
            power = _size_operator("*", power, left)
        return power
    return operate(operator, plain(left), plain(right))


def _list_operator(operator: str, left: Any, right: Any) -> Any:
    if operator == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return left + right
    if operator == "*":
        items, times = (left, right) if isinstance(left, tuple) else (right, left)
        count = plain(times)
        if isinstance(items, tuple) and isinstance(count, int):
            _limit(len(items) * max(count, 0))
            return items * count
    raise NumberError(f"`{operator}` does not apply to a list")


def relate(operator: str, left: Any, right: Any) -> bool:
    """`left operator right` as a condition; SizeUnknown where only run time can tell."""
    if operator in ("is", "is not", "==", "!=") and (left is None or right is None):
        return (left is right) == (operator in ("is", "=="))
    if operator in ("in", "not in"):
        return _contains(plain(right), plain(left)) == (operator == "in")
    if isinstance(left, Dim) or isinstance(right, Dim):
        decided = _relate_sizes(operator, left, right)
        if decided is not None:
            return decided
        left, right = plain(left), plain(right)
    left, right = plain(left), plain(right)
    try:
        return bool(_RELATIONS[operator](left, right))
    except TypeError as error:
        raise NumberError(str(error)) from None


def _contains(items: Any, item: Any) -> bool:
    if isinstance(items, tuple) or (isinstance(items, str) and isinstance(item, str)):
        return item in items
    raise NumberError("`in` wants a list on the right")


def _relate_sizes(operator: str, left: Any, right: Any) -> bool | None:
    if not all(isinstance(v, int | Dim) and not isinstance(v, bool) for v in (left, right)):
        return None
    order = compare(left, right)
    return None if order is None else bool(_RELATIONS[operator](order, 0))


_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "is": lambda a, b: a is b,
    "is not": lambda a, b: a is not b,
}
