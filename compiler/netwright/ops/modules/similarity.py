"""Similarity and distance of two inputs."""

from __future__ import annotations

from netwright.ir.types import TensorType, is_float
from netwright.ops.broadcast import broadcast, promoted
from netwright.ops.entry import Arg, Arguments, ModuleOp
from netwright.ops.modules.checks import need_axis, need_floating, need_real, tensor


def _cosine_similarity(args: Arguments) -> TensorType:
    """The broadcast shape without `dim`."""
    x, y = tensor(args, "x1"), tensor(args, "x2")
    shape = broadcast(x.shape, y.shape)
    joined = TensorType(promoted((x, y)), shape)
    need_floating(joined, "x1")
    axis = need_axis(args["dim"], len(shape), "dim")
    return TensorType(joined.dtype, shape[:axis] + shape[axis + 1 :])


def _pairwise_distance(args: Arguments) -> TensorType:
    """(..., D), (..., D) -> (...), or (..., 1) with `keepdim`."""
    x, y = tensor(args, "x1"), tensor(args, "x2")
    for name, value in (("x1", x), ("x2", y)):
        need_real(value, name)
    shape = broadcast(x.shape, y.shape)
    dtype = promoted((x, y))
    shape = (*shape[:-1], 1) if args["keepdim"] and shape else shape[:-1]
    return TensorType(dtype if is_float(dtype) else "float", shape)


_INPUTS = (Arg("x1", "tensor"), Arg("x2", "tensor"))

OPS = (
    ModuleOp(
        "CosineSimilarity",
        "nn.CosineSimilarity",
        (
            Arg("dim", "axis", 1, doc="The dim that holds the vectors."),
            Arg("eps", "float", 1e-8, doc="Least norm."),
        ),
        _INPUTS,
        "Cosine of the angle between vectors along a dim.",
        rule=_cosine_similarity,
    ),
    ModuleOp(
        "PairwiseDistance",
        "nn.PairwiseDistance",
        (
            Arg("p", "float", 2.0, doc="The norm's power."),
            Arg("eps", "float", 1e-6, doc="Added to the difference."),
            Arg("keepdim", "bool", False, doc="Keep the last dim with size 1."),
        ),
        _INPUTS,
        "Norm of the difference along the last dim.",
        rule=_pairwise_distance,
    ),
)
