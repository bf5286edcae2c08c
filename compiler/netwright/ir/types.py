"""Types of values: tensors with symbolic shapes, lists of them, and what else a node can hold."""

from __future__ import annotations

from dataclasses import dataclass

from netwright.ir.dims import MAX_SIZE, Dim, Size, SizeTooLarge, same, show

FLOAT_DTYPES = (
    "float", "float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2",
)  # fmt: skip
INT_DTYPES = ("uint8", "int8", "int16", "int32", "int")
COMPLEX_DTYPES = ("complex64", "complex128")
DTYPES = (*FLOAT_DTYPES, *INT_DTYPES, *COMPLEX_DTYPES, "bool")
"""The dtypes of the language. `float` is the build's floating dtype, `int` is int64."""

ALIASES = {"int64": "int", "long": "int", "half": "float16", "double": "float64"}
"""Torch's other names for the same dtypes."""


MAX_RANK = 64
"""Torch's own limit on the dims of a tensor."""


def is_float(dtype: str) -> bool:
    return dtype in FLOAT_DTYPES


def is_int(dtype: str) -> bool:
    return dtype in INT_DTYPES


def is_complex(dtype: str) -> bool:
    return dtype in COMPLEX_DTYPES


@dataclass(frozen=True, slots=True)
class TensorType:
    """dtype and shape of a tensor: `float[B, T, 512]`; SizeTooLarge for one that torch cannot
    hold."""

    dtype: str
    shape: tuple[Size, ...]

    def __post_init__(self) -> None:
        if len(self.shape) > MAX_RANK:
            raise SizeTooLarge(f"a tensor of {len(self.shape)} dims, the limit is {MAX_RANK}")
        if any(type(d) is int and d > MAX_SIZE for d in self.shape):
            raise SizeTooLarge("a size beyond 2**63 - 1")

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(show(d) for d in self.shape)}]"


def same_shape(a: tuple[Size, ...], b: tuple[Size, ...]) -> bool:
    return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))


def promote(a: str, b: str) -> str:
    """The dtype of an operation over tensors of dtypes `a` and `b`, as torch promotes.

    `float` is at least as wide as the half ones, so that it stays with them, and becomes a wider
    one with `float32` and `float64`; `int` with a float gives the float.
    """
    if a == b:
        return a
    rank = {"bool": 0, "uint8": 1, "int8": 2, "int16": 3, "int32": 4, "int": 5}
    if a in rank and b in rank:
        if {a, b} == {"uint8", "int8"}:
            return "int16"
        return a if rank[a] > rank[b] else b
    if a in rank or b in rank:
        return b if a in rank else a
    if is_complex(a) or is_complex(b):
        return "complex128" if {"complex128", "float64"} & {a, b} else "complex64"
    if {a, b} == {"float16", "bfloat16"}:
        return "float32"
    order = ["float8_e5m2", "float8_e4m3fn", "bfloat16", "float16", "float", "float32", "float64"]
    return a if order.index(a) > order.index(b) else b


def promote_number(dtype: str, number: object) -> str:
    """The dtype of a tensor of `dtype` combined with a Python number: only the kind can rise."""
    if isinstance(number, bool):
        return dtype
    if isinstance(number, float) and not (is_float(dtype) or is_complex(dtype)):
        return "float"
    if isinstance(number, int | Dim) and dtype == "bool":
        return "int"
    return dtype


@dataclass(frozen=True, slots=True)
class DType:
    """A dtype as a value: what `x.dtype` gives and `x.to(...)` takes."""

    name: str

    def __str__(self) -> str:
        return self.name
