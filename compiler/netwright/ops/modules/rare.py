"""Modules in rare use, most without a shape rule: they run on torch's fake tensors."""

from __future__ import annotations

from functools import partial

from netwright.ir.types import TensorType
from netwright.ops.entry import Arg, Arguments, ModuleOp
from netwright.ops.modules.checks import (
    need_build_dtype,
    need_inferred,
    need_int,
    need_rank,
    need_shape,
    tensor,
)
from netwright.ops.modules.linear import last_size

_INPUTS = (Arg("input", "tensor"),)
_TARGETED = (Arg("input", "tensor"), Arg("target", "tensor"))
_REDUCTION = Arg(
    "reduction", "str", "mean", choices=("none", "mean", "sum"), doc="Over all elements."
)


def _adaptive_softmax(args: Arguments) -> tuple[TensorType, TensorType]:
    """(B, in_features) with int (B) -> log-likelihoods (B) and the loss, or all without B."""
    x, target = tensor(args, "input_"), tensor(args, "target_")
    need_build_dtype(x, "input_")
    need_int(target, "target_", ("int",))
    need_rank(target, "target_", (0, 1), "(B)")
    need_rank(x, "input_", (target.rank + 1,), "(B, in_features)")
    need_inferred(x.shape[-1], args, "in_features", "input features")
    need_shape(target, x.shape[:-1], "target_")
    return TensorType(x.dtype, target.shape), TensorType(x.dtype, ())


def _fractional(count: int) -> ModuleOp:
    return ModuleOp(
        f"FractionalMaxPool{count}d",
        f"nn.FractionalMaxPool{count}d",
        (
            Arg("kernel_size", "ints", doc="Size of the window."),
            Arg("output_size", "ints", None, optional=True, doc="Spatial sizes of the output."),
            Arg("output_ratio", "any", None, optional=True, doc="Or their ratio to the input's."),
            Arg("return_indices", "bool", False, doc="Return the positions of the maxima too."),
        ),
        _INPUTS,
        "Maximum over windows at random positions (arXiv:1412.6071).",
        outputs=("output", "indices"),
    )


def _unpool(count: int) -> ModuleOp:
    return ModuleOp(
        f"MaxUnpool{count}d",
        f"nn.MaxUnpool{count}d",
        (
            Arg("kernel_size", "ints", doc="Size of the window."),
            Arg("stride", "ints", None, optional=True, doc="Distance between windows."),
            Arg("padding", "ints", 0, doc="Padding that the pooling had."),
        ),
        (
            Arg("input", "tensor"),
            Arg("indices", "tensor"),
            Arg("output_size", "sizes", None, optional=True),
        ),
        f"Put maxima back where `MaxPool{count}d` with `return_indices` found them.",
    )


OPS = (
    *map(_fractional, (2, 3)),
    *map(_unpool, (1, 2, 3)),
    ModuleOp(
        "AdaptiveLogSoftmaxWithLoss",
        "nn.AdaptiveLogSoftmaxWithLoss",
        (
            Arg("in_features", "size", doc="Size of the last dim; inferred."),
            Arg("n_classes", "int", doc="Number of classes."),
            Arg("cutoffs", "ints", doc="Where clusters of rarer classes begin."),
            Arg("div_value", "float", 4.0, doc="How much narrower each cluster is."),
            Arg("head_bias", "bool", False, doc="Add a learned bias to the head."),
        ),
        (Arg("input_", "tensor"), Arg("target_", "tensor")),
        "Softmax over many classes by clusters of frequency (arXiv:1609.04309).",
        infer={"in_features": partial(last_size, "input_")},
        rule=_adaptive_softmax,
        weights=None,
        outputs=("output", "loss"),
    ),
    ModuleOp(
        "LinearCrossEntropyLoss",
        "nn.LinearCrossEntropyLoss",
        (
            Arg("in_features", "size", doc="Size of the last dim; inferred."),
            Arg("num_classes", "int", doc="Number of classes."),
            Arg("out_features", "ints", (), doc="Further dims of the logits."),
            Arg("bias", "bool", False, doc="Add a learned bias to the logits."),
            _REDUCTION,
            Arg("ignore_index", "int", None, optional=True, doc="A target that does not count."),
            Arg("label_smoothing", "float", 0.0, doc="Spread over classes."),
        ),
        _TARGETED,
        "Cross entropy of a linear map of the input.",
        infer={"in_features": partial(last_size, "input")},
        weights=None,
    ),
)
