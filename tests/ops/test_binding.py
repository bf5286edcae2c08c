"""Binding of arguments: places, names, defaults, kinds, and what the messages say."""

from __future__ import annotations

from typing import Any

import pytest
from netwright.ir.dims import symbol
from netwright.ir.types import DType, TensorType
from netwright.ops.binding import bind, check_kind, unknown_arguments
from netwright.ops.entry import Arg, OpError

X = TensorType("float", (symbol("B"), 4))
T = symbol("T")
ARGS = (
    Arg("input", "tensor"),
    Arg("dim", "axis", -1),
    Arg("mode", "str", "none", choices=("none", "tanh")),
    Arg("dtype", "dtype", None, optional=True, keyword=True),
)
SIZES = (Arg("input", "tensor"), Arg("size", "sizes", variadic=True))


def refused(*positional: Any, args: tuple[Arg, ...] = ARGS, **keywords: Any) -> OpError:
    with pytest.raises(OpError) as caught:
        bind("op", args, positional, keywords)
    return caught.value


def test_places_names_and_defaults() -> None:
    assert bind("op", ARGS, [X, 1], {"dtype": "half"}) == {
        "input": X, "dim": 1, "mode": "none", "dtype": DType("float16")
    }  # fmt: skip


def test_a_variadic_argument_takes_the_rest_or_a_list() -> None:
    for positional in ([X, T, -1], [X, [T, -1]], [X, (T, -1)]):
        assert bind("view", SIZES, positional, {})["size"] == (T, -1)
    assert bind("view", SIZES, [X, 3], {})["size"] == (3,)
    assert bind("view", SIZES, [X], {"size": [3]})["size"] == (3,)


def test_loose_names_go_to_the_argument_that_takes_them() -> None:
    args = (Arg("pattern", "str"), Arg("lengths", "any", (), variadic=True, keyword=True))
    assert bind("rearrange", args, ["a"], {"h": 8})["lengths"] == (("h", 8),)
    assert unknown_arguments(args, ["h"]) == []


@pytest.mark.parametrize(
    ("positional", "keywords", "code", "message", "help"),
    [
        ((X,), {"dims": 1}, "E0202", "`op` has no argument `dims`", "did you mean `dim`?"),
        (
            (X,), {"axis_no": 1}, "E0202", "`op` has no argument `axis_no`",
            "its arguments are `input`, `dim`, `mode`, `dtype`",
        ),
        ((X, 1), {"dim": 2}, "E0202", "`op` is given `dim` twice", ""),
        (
            (X, 1, "none", "half"), {}, "E0202",
            "`op` takes 3 positional arguments, 4 were given", "they are `input`, `dim`, `mode`",
        ),
        ((), {"dim": 2}, "E0203", "`op` needs `input`", ""),
        ((3,), {}, "E0212", "`input` wants a tensor, found an int", ""),
        ((X, "a"), {}, "E0212", "`dim` wants an int, found a str", ""),
        ((X, True), {}, "E0212", "`dim` wants an int, found a bool", ""),
        ((X, None), {}, "E0212", "`dim` wants an int, found None", ""),
        ((X, T), {}, "E0306", "`dim` wants an int known at build, found the size `T`", ""),
        ((X, 0, "tan"), {}, "E0308", "`mode` cannot be `tan`", "did you mean `tanh`?"),
        ((X, 0, "x"), {}, "E0308", "`mode` cannot be `x`", "it is one of `none`, `tanh`"),
        ((X,), {"dtype": "float31"}, "E0212", "`dtype` wants a dtype, found the str 'float31'", ""),
    ],
)  # fmt: skip
def test_refusals(
    positional: tuple[Any, ...], keywords: dict[str, Any], code: str, message: str, help: str
) -> None:
    error = refused(*positional, **keywords)
    assert (error.code, error.message, error.help) == (code, message, help)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("tensor", [X], [1, None, (X,)]),
        ("tensors", [(X, X)], [X, (X, 1)]),
        ("operand", [X, 1, 1.5, True, T], ["a", None]),
        ("size", [1, T], [1.5, True, "a"]),
        ("sizes", [1, T, (1, T)], [1.5, (1, None)]),
        ("int", [1], [T, 1.0, False]),
        ("ints", [1, (1, 2)], [T, (1, T), (True,)]),
        ("axes", [0, (0, 1)], ["a"]),
        ("float", [1, 1.5], [True, T, "a"]),
        ("number", [1, 1.5, True, T], ["a"]),
        ("bool", [True], [1, None]),
        ("str", ["a"], [1]),
        ("dtype", [DType("int")], [1, X]),
        ("any", [1, "a", None, (1, "a")], []),
    ],
)
def test_kinds(kind: Any, good: list[Any], bad: list[Any]) -> None:
    arg = Arg("a", kind)
    for value in good:
        assert check_kind(arg, value) == value
    for value in bad:
        with pytest.raises(OpError):
            check_kind(arg, value)


def test_a_size_with_a_witness_is_an_int_where_one_is_wanted() -> None:
    assert check_kind(Arg("a", "int"), symbol("n", witness=3)) == 3


def test_a_word_is_as_good_as_a_number_where_it_is_a_choice() -> None:
    padding = Arg("padding", "ints", 0, choices=("same", "valid"))
    assert check_kind(padding, "same") == "same"
    assert check_kind(padding, [1, 2]) == (1, 2)
    with pytest.raises(OpError, match="wants an int or a list of ints or one of `same`, `valid`"):
        check_kind(padding, 1.5)
