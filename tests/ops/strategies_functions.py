"""Hypothesis strategies for calls of the functions in the table, sound ones and faulty ones.

A case is the arguments by name; tensors are `TensorType`s of whole sizes. `CASES` has one strategy
for each op with a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from netwright.ir.types import DType, TensorType
from netwright.ops.functions import pointwise

Draw = Callable[[st.SearchStrategy[Any]], Any]
Case = dict[str, Any]
Make = Callable[[Draw], Case]
Shape = tuple[Any, ...]
"""Whole sizes; `Any`, since those of a `TensorType` may be symbolic in general."""

SIZE = st.integers(1, 5)
BOOL = st.booleans()
FLOATS = ("float", "float64")
ANY = ("float", "int", "bool", "int32")


def often(draw: Draw, value: Any, other: st.SearchStrategy[Any]) -> Any:
    """`value`, and one time in six something else."""
    return draw(other) if draw(st.integers(0, 5)) == 5 else value


def sizes(draw: Draw, low: int = 0, high: int = 4) -> Shape:
    return tuple(draw(st.lists(SIZE, min_size=low, max_size=high)))


def tensor(draw: Draw, shape: Shape | None = None, dtype: str = "float") -> TensorType:
    """Mostly of `dtype`, of a drawn shape where none is given."""
    kind = often(draw, dtype, st.sampled_from(ANY))
    return TensorType(kind, sizes(draw) if shape is None else shape)


def exact(shape: Shape, dtype: str = "float") -> TensorType:
    return TensorType(dtype, shape)


def near(draw: Draw, shape: Shape) -> Shape:
    """`shape`, rarely with one size changed or dropped."""
    if not shape or draw(st.integers(0, 5)) < 5:
        return shape
    at = draw(st.integers(0, len(shape) - 1))
    return draw(st.sampled_from([shape[:at] + shape[at + 1 :], (*shape[:at], 7, *shape[at + 1 :])]))


def against(draw: Draw, shape: Shape) -> Shape:
    """A shape that broadcasts with `shape`, mostly."""
    ones = tuple(1 if draw(st.integers(0, 3)) == 3 else size for size in shape)
    return near(draw, ones[draw(st.integers(0, len(shape))) :])


def axis(draw: Draw, rank: int) -> int:
    rank = max(rank, 1)
    return int(often(draw, draw(st.integers(-rank, rank - 1)), st.sampled_from([-rank - 1, rank])))


def axes(draw: Draw, rank: int) -> Any:
    """One axis or a list, repeated ones rarely."""
    if draw(BOOL):
        return axis(draw, rank)
    order = draw(st.permutations(range(rank)))
    chosen = tuple(order[: draw(st.integers(1, rank))]) if rank else (0,)
    return often(draw, chosen, st.just((*chosen, axis(draw, rank))))


def some(draw: Draw, **values: Any) -> Case:
    """Some of the optional arguments."""
    return {
        name: draw(s) if isinstance(s, st.SearchStrategy) else s
        for name, s in values.items()
        if draw(BOOL)
    }


DTYPE = st.sampled_from([DType("float64"), DType("float"), DType("int"), DType("bool")])
FLOAT_DTYPE = st.sampled_from([DType("float64"), DType("float")])


# Pointwise ----------------------------------------------------------------------------------


def unary(draw: Draw) -> Case:
    return {"input": tensor(draw)}


def operand(draw: Draw, shape: Shape) -> Any:
    """A tensor or a number."""
    numbers = st.sampled_from([2, 1.5, True, -1])
    return draw(numbers) if draw(BOOL) else tensor(draw, against(draw, shape))


def binary(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(ANY)))
    return {"input": x, "other": operand(draw, x.shape)}


def binary_tensors(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(ANY)))
    return {"input": x, "other": tensor(draw, against(draw, x.shape))}


def power(draw: Draw) -> Case:
    case = binary(draw)
    exponent = 3 if case["other"] is True else case["other"]
    return {"input": case["input"], "exponent": exponent}


def division(draw: Draw) -> Case:
    return {**binary(draw), **some(draw, rounding_mode=st.sampled_from(["trunc", "floor"]))}


def choice(draw: Draw) -> Case:
    shape = sizes(draw)
    return {
        "condition": tensor(draw, shape, "bool"),
        "input": operand(draw, shape),
        "other": operand(draw, shape),
    }


def choice_method(draw: Draw) -> Case:
    case = choice(draw)
    return {**case, "input": tensor(draw, against(draw, case["condition"].shape))}


def limits(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(ANY)))
    return {"input": x, **some(draw, min=operand(draw, x.shape), max=operand(draw, x.shape))}


def mix(draw: Draw) -> Case:
    x = exact(sizes(draw))
    weight = 0.5 if draw(BOOL) else exact(against(draw, x.shape))
    return {"input": x, "end": exact(against(draw, x.shape)), "weight": weight}


def masking(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(ANY)))
    value = draw(st.sampled_from([2, 1.5, exact(()), exact((1,))]))
    return {"input": x, "mask": tensor(draw, against(draw, x.shape), "bool"), "value": value}


def fused(draw: Draw) -> Case:
    x = tensor(draw)
    names = ("tensor1", "tensor2")
    return {"input": x, **{name: tensor(draw, against(draw, x.shape)) for name in names}}


def _pointwise() -> dict[str, Make]:
    found: dict[str, Make] = {}
    for op in pointwise.ALL:
        names = [arg.name for arg in op.args]
        if names[1:2] == ["other"]:
            found[op.name] = binary if op.args[1].kind == "operand" else binary_tensors
        elif names[0] == "input":
            found[op.name] = unary
    return found


POINTWISE: dict[str, Make] = {
    **_pointwise(),
    "threshold": lambda draw: {**unary(draw), "threshold": 0.1, "value": 2.0},
    "gelu": lambda draw: {**unary(draw), **some(draw, approximate="tanh")},
    "round": lambda draw: {**unary(draw), **some(draw, decimals=st.integers(-1, 2))},
    "div": division,
    "pow": power,
    "where": choice,
    "Tensor.where": choice_method,
    "clamp": limits,
    "clip": limits,
    "lerp": mix,
    "masked_fill": masking,
    "addcmul": fused,
}


# Reductions and functions along a dim -------------------------------------------------------


def reduction(draw: Draw) -> Case:
    x = tensor(draw)
    case = {"input": x, **some(draw, dim=axes(draw, x.rank))}
    return {**case, **(some(draw, keepdim=BOOL) if "dim" in case else {})}


def reduction_cast(draw: Draw) -> Case:
    return {**reduction(draw), **some(draw, dtype=DTYPE)}


def one_dim(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(ANY)))
    case = {"input": x, **some(draw, dim=axis(draw, x.rank))}
    return {**case, **(some(draw, keepdim=BOOL) if "dim" in case else {})}


def product(draw: Draw) -> Case:
    return {**one_dim(draw), **some(draw, dtype=DTYPE)}


def needed_dims(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "dim": axes(draw, x.rank), **some(draw, keepdim=BOOL)}


def count_nonzero(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, **some(draw, dim=axes(draw, x.rank))}


def spread(draw: Draw) -> Case:
    return {**reduction(draw), **some(draw, correction=st.sampled_from([0, 1]))}


def norm(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(FLOATS)))
    dim = axis(draw, x.rank)
    return {"input": x, "p": 2, "dim": dim, **some(draw, keepdim=BOOL, dtype=DType("float64"))}


def along(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(("float", *ANY))))
    return {"input": x, "dim": axis(draw, x.rank)}


def along_cast(draw: Draw) -> Case:
    x = tensor(draw, sizes(draw, 1), draw(st.sampled_from(("float", *ANY))))
    return {"input": x, "dim": axis(draw, x.rank), **some(draw, dtype=DTYPE)}


def ordering(draw: Draw) -> Case:
    x = tensor(draw, dtype=draw(st.sampled_from(ANY)))
    options = some(draw, descending=BOOL, dim=axis(draw, x.rank), stable=BOOL)
    return {"input": x, **options}


def greatest(draw: Draw) -> Case:
    x = tensor(draw)
    return {"input": x, "k": draw(st.integers(0, 6)), **some(draw, dim=axis(draw, x.rank))}


REDUCE: dict[str, Make] = {
    **dict.fromkeys(["sum", "mean", "nansum", "nanmean"], reduction_cast),
    **dict.fromkeys(["amax", "amin", "all", "any"], reduction),
    **dict.fromkeys(["max", "min", "median", "mode", "argmax", "argmin"], one_dim),
    **dict.fromkeys(["softmax", "log_softmax", "softmin", "cumsum", "cumprod"], along_cast),
    **dict.fromkeys(["cummax", "cummin", "logcumsumexp"], along),
    **dict.fromkeys(["sort", "argsort"], ordering),
    **dict.fromkeys(["topk", "kthvalue"], greatest),
    **dict.fromkeys(["var", "std"], spread),
    "prod": product,
    "logsumexp": needed_dims,
    "count_nonzero": count_nonzero,
    "norm": norm,
}
