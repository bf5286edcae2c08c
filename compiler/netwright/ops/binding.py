"""Binding of arguments to an op's signature, as Python binds a call, and checks of their kinds.

Values come evaluated: int, float, bool, str, None, `Dim`, `DType`, `TensorType`, and lists or
tuples of these. What `bind` returns is what rules see: lists become tuples, dtypes `DType`, and a
size that has to be known at build a plain int.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from netwright.diagnostics import nearest
from netwright.ir.dims import Dim, known
from netwright.ir.types import ALIASES, DTYPES, DType, TensorType
from netwright.ops.entry import REQUIRED, Arg, Kind, OpError


def bind(
    op_name: str,
    args: tuple[Arg, ...],
    positional: Sequence[object],
    keywords: Mapping[str, object],
) -> dict[str, object]:
    """Every argument of `args` by name, defaults filled in, kinds checked.

    Raises OpError: E0202 unknown, repeated or too many, E0203 missing, E0212 of a wrong kind, E0308
    not among the choices.
    """
    given = _by_name(op_name, args, positional)
    names = {arg.name for arg in args}
    rest = _rest(args)
    for name, value in keywords.items():
        if name in given:
            raise OpError(f"`{op_name}` is given `{name}` twice", arg=name, code="E0202")
        if name in names:
            given[name] = value
        elif rest is None:
            raise unknown_argument(op_name, args, name)
    if rest is not None:
        given[rest.name] = [(k, v) for k, v in keywords.items() if k not in names]
    return {arg.name: _value(op_name, arg, given) for arg in args}


def _rest(args: tuple[Arg, ...]) -> Arg | None:
    """The argument that takes every name that no other bears, if there is one."""
    return next((arg for arg in args if arg.keyword and arg.variadic), None)


def _value(op_name: str, arg: Arg, given: Mapping[str, object]) -> object:
    if arg.name in given:
        return check_kind(arg, given[arg.name])
    if arg.default is REQUIRED:
        raise OpError(f"`{op_name}` needs `{arg.name}`", arg=arg.name, code="E0203")
    return arg.default


def _by_name(
    op_name: str, args: tuple[Arg, ...], positional: Sequence[object]
) -> dict[str, object]:
    """The positional values under the names of their arguments."""
    taken: dict[str, object] = {}
    slots = [arg for arg in args if not arg.keyword]
    for position, value in enumerate(positional):
        if position >= len(slots):
            raise _too_many(op_name, slots, len(positional))
        slot = slots[position]
        if slot.variadic and _spread(positional[position:]):
            taken[slot.name] = tuple(positional[position:])
            break
        taken[slot.name] = value
    return taken


def _spread(rest: Sequence[object]) -> bool:
    """Whether `rest` are the items of a variadic argument, not the argument as one list."""
    return not isinstance(rest[0], list | tuple)


def _too_many(op_name: str, slots: Sequence[Arg], count: int) -> OpError:
    takes = f"{len(slots)} positional argument" + ("" if len(slots) == 1 else "s")
    names = ", ".join(f"`{slot.name}`" for slot in slots)
    message = f"`{op_name}` takes {takes}, {count} were given"
    return OpError(message, code="E0202", help=f"they are {names}" if names else "")


def unknown_arguments(args: tuple[Arg, ...], names: Iterable[str]) -> list[str]:
    """Those of `names` that no argument bears, in order."""
    if _rest(args) is not None:
        return []
    bearing = {arg.name for arg in args}
    return [name for name in names if name not in bearing]


def unknown_argument(op_name: str, args: tuple[Arg, ...], name: str) -> OpError:
    """The error for an argument that the op does not have, with the nearest name or the list."""
    names = [arg.name for arg in args]
    near = nearest(name, names)
    if near:
        remedy = f"did you mean `{near}`?"
    elif names:
        remedy = "its arguments are " + ", ".join(f"`{n}`" for n in names)
    else:
        remedy = "it takes no arguments"
    return OpError(f"`{op_name}` has no argument `{name}`", arg=name, code="E0202", help=remedy)


# Kinds --------------------------------------------------------------------------------------


def check_kind(arg: Arg, value: object) -> object:
    """`value` as rules see it; OpError E0212 or E0308 where it does not fit `arg`."""
    if value is None and arg.optional:
        return None
    words, convert = _KINDS[arg.kind]
    if isinstance(value, str) and value in arg.choices:
        return value
    try:
        checked = convert(value)
    except _MisfitError as misfit:
        raise _wrong_kind(arg, words, value, misfit.found) from None
    if arg.choices and isinstance(value, str):
        raise _not_a_choice(arg, value)
    return checked


class _MisfitError(Exception):
    """A value is not of a kind; `found` says what it is."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


def _wrong_kind(arg: Arg, words: str, value: object, found: str) -> OpError:
    if arg.choices and isinstance(value, str):
        return _not_a_choice(arg, value)
    if arg.choices and arg.kind != "str":
        words += " or one of " + _listed(arg.choices)
    unknown = isinstance(value, Dim) and arg.kind in ("int", "ints", "axis", "axes", "float")
    if unknown:
        message = f"`{arg.name}` wants {words} known at build, found the size `{value}`"
        return OpError(message, arg=arg.name, code="E0306")
    return OpError(f"`{arg.name}` wants {words}, found {found}", arg=arg.name, code="E0212")


def _not_a_choice(arg: Arg, value: str) -> OpError:
    near = nearest(value, arg.choices)
    remedy = f"did you mean `{near}`?" if near else f"it is one of {_listed(arg.choices)}"
    message = f"`{arg.name}` cannot be `{value}`"
    return OpError(message, arg=arg.name, code="E0308", help=remedy)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def describe(value: object) -> str:
    """What `value` is, for messages: `a str`, `an int`, `a list`, `float[B, T]`."""
    match value:
        case None:
            return "None"
        case TensorType():
            return f"the tensor {value}"
        case Dim():
            return f"the size `{value}`"
        case DType():
            return f"the dtype {value}"
        case list() | tuple():
            return "a list"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _int(value: object) -> int:
    if isinstance(value, Dim):
        value = known(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _MisfitError(describe(value))
    return value


def _size(value: object) -> int | Dim:
    return value if isinstance(value, Dim) else _int(value)


def _float(value: object) -> float:
    return value if isinstance(value, float) else _int(value)


def _number(value: object) -> int | float | Dim:
    if isinstance(value, bool | float | Dim):
        return value
    return _int(value)


def _exactly(type_: type) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if not isinstance(value, type_):
            raise _MisfitError(describe(value))
        return value

    return convert


def _operand(value: object) -> object:
    return value if isinstance(value, TensorType) else _number(value)


def _dtype(value: object) -> DType:
    if isinstance(value, str):
        value = DType(ALIASES.get(value, value))
    if not isinstance(value, DType):
        raise _MisfitError(describe(value))
    if value.name not in DTYPES:
        raise _MisfitError(f"the str '{value.name}'")
    return value


def _one_or_all(item: Callable[[object], object]) -> Callable[[object], object]:
    """A list of items, or a single one, which stays single."""

    def convert(value: object) -> object:
        return _items(item, value) if isinstance(value, list | tuple) else item(value)

    return convert


def _list_of(item: Callable[[object], object]) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if not isinstance(value, list | tuple):
            raise _MisfitError(describe(value))
        return _items(item, value)

    return convert


def _items(item: Callable[[object], object], values: Sequence[object]) -> tuple[object, ...]:
    found: list[object] = []
    for value in values:
        try:
            found.append(item(value))
        except _MisfitError as misfit:
            raise _MisfitError(f"a list with {misfit.found}") from None
    return tuple(found)


_KINDS: dict[Kind, tuple[str, Callable[[object], object]]] = {
    "tensor": ("a tensor", _exactly(TensorType)),
    "tensors": ("a list of tensors", _list_of(_exactly(TensorType))),
    "operand": ("a tensor or a number", _operand),
    "size": ("a size", _size),
    "sizes": ("a size or a list of sizes", _one_or_all(_size)),
    "int": ("an int", _int),
    "ints": ("an int or a list of ints", _one_or_all(_int)),
    "axis": ("an int", _int),
    "axes": ("an int or a list of ints", _one_or_all(_int)),
    "float": ("a float", _float),
    "number": ("a number", _number),
    "bool": ("a bool", _exactly(bool)),
    "str": ("a str", _exactly(str)),
    "dtype": ("a dtype", _dtype),
    "any": ("a value", lambda value: tuple(value) if isinstance(value, list) else value),
}
"""For each kind its name in messages, and the check that gives the value as rules see it."""
