"""Functions of torch that a spec may not use, and what to use instead."""

from __future__ import annotations

from collections.abc import Mapping

from netwright.ops.entry import OpError

_MASKS = "use `where`, `masked_fill` or `argsort`"

REFUSED: Mapping[str, str] = {
    "nonzero": _MASKS,
    "argwhere": _MASKS,
    "masked_select": _MASKS,
    "masked_scatter": _MASKS,
    "unique": "use `sort`, and compare neighbours",
    "unique_consecutive": "compare neighbours: `x[1:] != x[:-1]`",
    "bincount": "use `zeros` and `index_add`, or `one_hot` and `sum`",
    "histc": "use `bucketize` and `one_hot`",
    "item": "keep the tensor: `x` instead of `x.item()`",
    "tolist": "keep the tensor",
}
"""The remedy for each function whose result has a size that depends on data."""


def refusal(name: str) -> OpError | None:
    """The error (E0307) for a function that is known and refused, None for any other."""
    remedy = REFUSED.get(name)
    if remedy is None:
        return None
    return OpError(f"the size of what `{name}` gives depends on data", code="E0307", help=remedy)
