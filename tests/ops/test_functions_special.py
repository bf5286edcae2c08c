"""Functions that torch lacks, and those that a spec may not use."""

from __future__ import annotations

import pytest
from netwright.ir.dims import symbol
from netwright.ir.types import TensorType
from netwright.ops.binding import bind
from netwright.ops.entry import OpError, Result
from netwright.ops.functions import REFUSED, refusal
from netwright.ops.table import FUNCTIONS

B, T = symbol("B"), symbol("T")
X = TensorType("float", (B, T, 16))


def typed(name: str, *positional: object, **keywords: object) -> Result:
    op = FUNCTIONS[name]
    assert op.rule is not None
    return op.rule(bind(name, op.args, positional, keywords))


def test_linear_scan_keeps_the_type() -> None:
    assert typed("linear_scan", X, X, 1) == X


@pytest.mark.parametrize(
    ("other", "dim", "code"),
    [
        (TensorType("float", (B, T, 8)), 1, "E0301"),
        (TensorType("float", (B, T)), 1, "E0301"),
        (TensorType("float64", (B, T, 16)), 1, "E0304"),
        (X, 3, "E0302"),
    ],
)
def test_linear_scan_refuses(other: TensorType, dim: int, code: str) -> None:
    with pytest.raises(OpError) as caught:
        typed("linear_scan", X, other, dim)
    assert caught.value.code == code


def test_drop_path_keeps_the_type() -> None:
    assert typed("drop_path", X, 0.1) == X
    assert typed("drop_path", X, p=0.1, training=False) == X
    with pytest.raises(OpError, match="`p` is a probability"):
        typed("drop_path", X, 1.5)


def test_refused_functions_are_not_in_the_table() -> None:
    assert not set(REFUSED) & set(FUNCTIONS)


def test_a_refusal_names_the_remedy() -> None:
    found = refusal("nonzero")
    assert found is not None
    assert (found.code, found.help) == ("E0307", "use `where`, `masked_fill` or `argsort`")
    assert refusal("relu") is None


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("view", (X, [B, T, 4, -1]), "float[B, T, 4, 4]"),
        ("view", (X, [B, -1]), "float[B, 16 * T]"),
        ("reshape", (X, [-1, 16]), "float[B * T, 16]"),
        ("flatten", (X, 1), "float[B, 16 * T]"),
        ("unflatten", (X, -1, [4, -1]), "float[B, T, 4, 4]"),
        ("interpolate", (TensorType("float", (B, 3, T, 8)), None, 2.0), "float[B, 3, 2 * T, 16]"),
        ("interpolate", (TensorType("float", (B, 3, T, 8)), None, 0.5), "float[B, 3, T // 2, 4]"),
        (
            "interpolate",
            (TensorType("float", (B, 3, T, 8)), None, 1.5),
            "float[B, 3, (3 * T) // 2, 12]",
        ),
        ("interpolate", (TensorType("float", (B, 3, T, 9)), None, 1 / 3), "float[B, 3, T // 3, 3]"),
        ("arange", (T,), "int[T]"),
        ("arange", (0, T, 2), "int[(T + 1) // 2]"),
        ("cat", ((X, X), 1), "float[B, 2 * T, 16]"),
        ("pad", (X, [0, 0, 1, 2]), "float[B, T + 3, 16]"),
        ("sum", (X, -1), "float[B, T]"),
    ],
)
def test_symbolic_sizes_stay(name: str, arguments: tuple[object, ...], expected: str) -> None:
    assert str(typed(name, *arguments)) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "code", "message"),
    [
        ("view", (X, [B, -1, 5]), "E0306",
         "-1 in [B, -1, 5] for float[B, T, 16]: 5 * B is not known to divide 16 * B * T"),
        ("view", (TensorType("float", (6,)), [-1, 4]), "E0301",
         "-1 in [-1, 4] for float[6]: 4 does not divide 6"),
        ("view", (X, [B, T, 15]), "E0301",
         "float[B, T, 16] does not reshape to [B, T, 15]: 16 * B * T items and 15 * B * T"),
        ("unbind", (X, 1), "E0306", "dim 1 of float[B, T, 16] is not known at build"),
        ("chunk", (X, 2, 1), "E0306", "T is not known to divide into 2 chunks"),
        ("mean", (TensorType("int", (B,)),), "E0304", "the mean of int tensors is not defined"),
        ("interpolate", (TensorType("float", (B, 3, T, 8)), None, 1 / 49), "E0306",
         "T times 0.02040816326530612, rounded down"),
        ("softmax", (X, 3), "E0302", "`dim` is 3, but float[B, T, 16] has 3 dims"),
        ("one_hot", (TensorType("int", (B,)),), "E0307",
         "without `num_classes` the size depends on data"),
    ],
)  # fmt: skip
def test_messages(name: str, arguments: tuple[object, ...], code: str, message: str) -> None:
    with pytest.raises(OpError) as caught:
        typed(name, *arguments)
    assert (caught.value.code, caught.value.message) == (code, message)
