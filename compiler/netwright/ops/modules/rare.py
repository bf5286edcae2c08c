"""Modules in rare use. They have no shape rule and run on torch's fake tensors."""

from __future__ import annotations

from functools import partial

from netwright.ops.entry import Arg, ModuleOp
from netwright.ops.modules.linear import last_size

_INPUTS = (Arg("input", "tensor"),)
_TARGETED = (Arg("input", "tensor"), Arg("target", "tensor"))
_REDUCTION = Arg(
    "reduction", "str", "mean", choices=("none", "mean", "sum"), doc="Over all elements."
)


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
    ModuleOp(
        "GaussianNLLLoss",
        "nn.GaussianNLLLoss",
        (
            Arg("full", "bool", False, doc="Add the constant term."),
            Arg("eps", "float", 1e-6, doc="Least variance."),
            _REDUCTION,
        ),
        (*_TARGETED, Arg("var", "tensor")),
        "Negative log-likelihood of a normal distribution.",
    ),
    ModuleOp(
        "CTCLoss",
        "nn.CTCLoss",
        (
            Arg("blank", "int", 0, doc="Index of the blank label."),
            _REDUCTION,
            Arg("zero_infinity", "bool", False, doc="Zero infinite losses."),
        ),
        (
            Arg("log_probs", "tensor"),
            Arg("targets", "tensor"),
            Arg("input_lengths", "tensor"),
            Arg("target_lengths", "tensor"),
        ),
        "Connectionist temporal classification.",
    ),
)
