"""Names, order, defaults and kinds of arguments are torch's own.

Functions written in Python are inspected; the others are compared with the schemas of their
overloads, one of which must hold the arguments in our order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from netwright.ops import functions
from netwright.ops.entry import REQUIRED, Arg, FunctionOp
from torch.nn import functional

NEVER = {"inplace", "out", "_stacklevel", "max_norm", "norm_type", "scale_grad_by_freq", "sparse",
         "compute_mode", "eps_"}  # fmt: skip
"""Values are never changed in place; the rest is deprecated, or for speed."""
UNLIKE = {
    "where": "a number for `input` is called `self`",
    "Tensor.where": "the receiver comes second",
    "arange": "the end comes first where it stands alone",
    "norm": "`p` is any of several kinds",
    "view": "the sizes are a list or loose",
    "to": "many overloads",
    "tensor": "no schema",
    "tensor_split": "the schemas call it `sections` or `indices`",
    "meshgrid": "the tensors are loose",
    "broadcast_tensors": "the tensors are loose",
    "einsum": "the operands are loose",
    "gumbel_softmax": "`eps`, deprecated, stands before `dim`",
    "cross": "of `torch.linalg`",
    "tensordot": "`dims` is of several kinds",
    "cdist": "`compute_mode` is for speed",
    "split": "two overloads under one name",
    "Tensor.split": "two overloads under one name",
    "sort": "beside `stable` torch takes the rest by name only",
    "argsort": "beside `stable` torch takes the rest by name only",
}
"""Why an entry's arguments cannot be compared; the rules' tests call these all the same."""

OPS = [op for op in functions.ALL if not op.lowered and op.name not in UNLIKE]
OPTIONAL_IN_TORCH = {("softmax", "dim"), ("log_softmax", "dim"), ("softmin", "dim")}
"""Deprecated: torch guesses a dim, with a warning."""


@dataclass(frozen=True)
class Theirs:
    name: str
    default: Any
    keyword: bool


def target(op: FunctionOp) -> Callable[..., Any] | None:
    if op.function is None:
        return None
    root, name = op.function.rsplit(".", 1)
    owner = functional if root == "F" else torch
    found = getattr(owner, f"{name}_with_indices", getattr(owner, name))
    assert callable(found)
    return found


def inspected(op: FunctionOp) -> list[Theirs] | None:
    """The parameters of a function written in Python."""
    function = target(op)
    try:
        signature = inspect.signature(function) if function is not None else None
    except ValueError:
        return None
    if signature is None or any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        return None
    return [
        Theirs(p.name, REQUIRED if p.default is p.empty else p.default, p.kind is p.KEYWORD_ONLY)
        for p in signature.parameters.values()
    ]


def overloads(op: FunctionOp) -> list[list[Theirs]]:
    """The schemas under the name of the op."""
    name = op.method or (op.function or "").rsplit(".", 1)[-1]
    prefixes = ("aten::", "aten::special_")
    return [
        [
            Theirs(
                "input" if a.name == "self" else a.name,
                a.default_value if a.has_default_value() else REQUIRED,
                a.kwarg_only,
            )
            for a in schema.arguments
        ]
        for prefix in prefixes
        for schema in torch._C._jit_get_schemas_for_operator(prefix + name)
    ]


def fits(args: tuple[Arg, ...], theirs: list[Theirs]) -> bool:
    """Whether `theirs` holds `args`: same names, order, defaults, and the same by name only."""
    table = {t.name: t for t in theirs}
    if not all(arg.name in table and alike(arg, table[arg.name]) for arg in args):
        return False
    ours = [arg.name for arg in args if not arg.keyword]
    return ours == [t.name for t in theirs if not t.keyword and t.name in ours]


def alike(arg: Arg, other: Theirs) -> bool:
    if other.keyword and not arg.keyword:
        return False
    if arg.kind == "dtype" or arg.name == "unbiased":
        return True  # schemas number the dtypes; `unbiased` is an older `correction`
    return arg.required or other.default is REQUIRED or plain(arg.default) == plain(other.default)


def plain(value: Any) -> Any:
    """None and an empty list mean the same in schemas, and so do a number and a list of it."""
    if isinstance(value, list | tuple):
        return (value[0] if len(set(value)) == 1 else tuple(value)) if value else None
    return value


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_arguments(op: FunctionOp) -> None:
    found = inspected(op)
    if found is None and len(op.args) == 1:
        return
    if found is None:
        assert [s for s in overloads(op) for part in parts(op) if fits(part, s)], overloads(op)
        return
    kept = [t for t in found if t.name not in NEVER]
    assert [a.name for a in op.args] == [t.name for t in kept]
    for arg, other in zip(op.args, kept, strict=True):
        if (op.name, arg.name) not in OPTIONAL_IN_TORCH:
            assert arg.required == (other.default is REQUIRED), arg
            assert arg.required or plain(arg.default) == plain(other.default), arg


def parts(op: FunctionOp) -> list[tuple[Arg, ...]]:
    """All the arguments, or those of one overload where torch has them apart."""
    apart = ("correction", "unbiased")
    names = [arg.name for arg in op.args]
    if not set(apart) <= set(names):
        return [op.args]
    return [tuple(arg for arg in op.args if arg.name != name) for name in apart]


def test_excluded_entries_exist() -> None:
    assert set(UNLIKE) <= {op.name for op in functions.ALL}


def test_every_entry_can_be_written() -> None:
    for op in functions.ALL:
        assert op.lowered or op.function is not None or op.method is not None
        assert op.doc.endswith(".")
        assert op.rule is not None
        if op.method is not None:
            assert hasattr(torch.Tensor, op.method)
        if op.function is not None and op.function.count(".") == 1:
            assert target(op) is not None
