"""Losses: of a prediction and a target, reduced to one number unless asked not to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netwright.ir.dims import Size, known, same
from netwright.ir.types import TensorType, is_float, promote, same_shape
from netwright.ops.broadcast import broadcast, promoted
from netwright.ops.entry import Arg, Arguments, ModuleOp, OpError
from netwright.ops.modules.checks import (
    need_floating,
    need_int,
    need_one_dtype,
    need_rank,
    need_rank_from,
    need_real,
    need_same_shape,
    need_shape,
    need_size,
    tensor,
)

Shape = Callable[[TensorType, TensorType], TensorType]


def _reduced(loss: TensorType, args: Arguments) -> TensorType:
    return loss if args["reduction"] == "none" else TensorType(loss.dtype, ())


def _same_size(x: TensorType, target: TensorType) -> TensorType:
    """One shape; an integer target takes the prediction's dtype."""
    need_real(target, "target")
    need_same_shape(target, x, "target", "input")
    return TensorType(_joined(x, target), x.shape)


def _same_type(x: TensorType, target: TensorType) -> TensorType:
    dtype = need_one_dtype(("input", x), ("target", target))
    need_same_shape(target, x, "target", "input")
    return TensorType(dtype, x.shape)


def _broadcast(x: TensorType, target: TensorType) -> TensorType:
    need_real(target, "target")
    return TensorType(_joined(x, target), broadcast(x.shape, target.shape))


def _broadcast_into(x: TensorType, target: TensorType) -> TensorType:
    """The target broadcasts to the prediction, not the other way."""
    loss = _broadcast(x, target)
    if not same_shape(loss.shape, x.shape):
        raise OpError(f"`target` {target} does not broadcast to `input` {x}", arg="target")
    return loss


def _broadcast_floating(x: TensorType, target: TensorType) -> TensorType:
    need_floating(target, "target")
    return _broadcast(x, target)


def _joined(x: TensorType, target: TensorType) -> str:
    return promote(x.dtype, target.dtype) if is_float(target.dtype) else x.dtype


def _elementwise(shape: Shape, args: Arguments) -> TensorType:
    x, target = tensor(args, "input"), tensor(args, "target")
    need_floating(x, "input")
    return _reduced(shape(x, target), args)


def _multi_label(x: TensorType, target: TensorType) -> TensorType:
    """(B, C) -> (B)."""
    need_rank_from(x, "input", 1)
    loss = _broadcast(x, target)
    return TensorType(loss.dtype, loss.shape[:-1])


def _multi_label_margin(x: TensorType, target: TensorType) -> TensorType:
    """(B, C) with int (B, C), or both without B."""
    need_rank(x, "input", (1, 2), "(B, C)")
    need_int(target, "target", ("int",))
    need_same_shape(target, x, "target", "input")
    return TensorType(x.dtype, x.shape[:-1])


def _multi_margin(x: TensorType, target: TensorType) -> TensorType:
    """(B, C) with int (B), or (C) with int () or (1)."""
    need_rank(x, "input", (1, 2), "(B, C)")
    need_int(target, "target", ("int",))
    if x.rank == 2 or target.rank == 1:
        need_shape(target, (x.shape[0] if x.rank == 2 else 1,), "target")
    else:
        need_shape(target, (), "target")
    return TensorType(x.dtype, target.shape)


def _classes(x: TensorType, target: TensorType) -> TensorType:
    """(B, C, ...) with int (B, ...), or (C) with int ()."""
    need_rank_from(x, "input", 1)
    need_int(target, "target", ("int", "uint8") if x.rank < 3 else ("int",))
    wanted = (*x.shape[:1], *x.shape[2:]) if x.rank > 1 else ()
    need_shape(target, wanted, "target")
    return TensorType(x.dtype, wanted)


def _classes_or_shares(x: TensorType, target: TensorType) -> TensorType:
    """As `_classes`, or with a share of each class in the shape of the input."""
    if not is_float(target.dtype):
        return _classes(x, target)
    need_one_dtype(("input", x), ("target", target))
    need_rank_from(x, "input", 1)
    need_same_shape(target, x, "target", "input")
    return TensorType(_joined(x, target), (*x.shape[:1], *x.shape[2:]) if x.rank > 1 else ())


def _cross_entropy(args: Arguments) -> TensorType:
    if not 0 <= args["label_smoothing"] <= 1:
        raise OpError("`label_smoothing` is between 0 and 1", arg="label_smoothing", code="E0308")
    return _elementwise(_classes_or_shares, args)


def _cosine_embedding(args: Arguments) -> TensorType:
    """(B, D), (B, D) with a target (B), or all without B."""
    x, y, target = (tensor(args, name) for name in ("input1", "input2", "target"))
    need_rank(x, "input1", (1, 2), "(B, D)")
    need_same_shape(y, x, "input2", "input1")
    need_shape(target, x.shape[:-1], "target")
    return _reduced(TensorType(_floating(x, y), x.shape[:-1]), args)


def _floating(*inputs: TensorType) -> str:
    """The dtype in which a loss computes on `inputs`; integers alone become `float`."""
    dtype = promoted(inputs)
    return dtype if is_float(dtype) else "float"


def _margin_ranking(args: Arguments) -> TensorType:
    """Three inputs of one rank, broadcast."""
    x, y, target = (tensor(args, name) for name in ("input1", "input2", "target"))
    for name, value in (("input1", x), ("input2", y), ("target", target)):
        need_real(value, name)
        need_rank(value, name, (x.rank,), "that of `input1`")
    shape = broadcast(x.shape, y.shape, target.shape)
    return _reduced(TensorType(_floating(x, y, target), shape), args)


def _triplet(args: Arguments) -> TensorType:
    """Three inputs (B, D), broadcast -> (B)."""
    names = ("anchor", "positive", "negative")
    inputs = [tensor(args, name) for name in names]
    need_rank_from(inputs[0], "anchor", 1)
    for name, x in zip(names, inputs, strict=True):
        need_real(x, name)
        need_rank(x, name, (inputs[0].rank,), "that of `anchor`")
    shape = broadcast(*(x.shape for x in inputs))
    return _reduced(TensorType(_floating(*inputs), shape[:-1]), args)


def _gaussian(args: Arguments) -> TensorType:
    """The variance is one for each value, or one for each row, with or without its dim of 1."""
    x, target, var = (tensor(args, name) for name in ("input", "target", "var"))
    need_real(x, "input")
    need_real(target, "target")
    need_floating(var, "var")
    variance = var.shape
    if not same_shape(variance, x.shape) and same_shape(variance, x.shape[:-1]):
        variance = (*variance, 1)
    elif not _has_one_mean(variance, x.shape):
        message = f"`var` {var} has neither the shape of `input` {x} nor one dim less"
        raise OpError(message, arg="var")
    dtype = promoted((x, target, var))
    return _reduced(TensorType(dtype, broadcast(x.shape, target.shape, variance)), args)


def _has_one_mean(variance: tuple[Size, ...], shape: tuple[Size, ...]) -> bool:
    """Whether the two are equal but for at most one dim, which is 1 in `variance`."""
    if len(variance) != len(shape):
        return False
    differing = [v for v, d in zip(variance, shape, strict=True) if not same(v, d)]
    return not differing or (len(differing) == 1 and known(differing[0]) == 1)


def _ctc(args: Arguments) -> TensorType:
    """(T, B, C), targets (B, S) or (all of them), lengths (B) -> (B); or (T, C), (S), (), ()."""
    names = ("log_probs", "targets", "input_lengths", "target_lengths")
    x, targets, *lengths = (tensor(args, name) for name in names)
    need_floating(x, "log_probs")
    need_rank(x, "log_probs", (2, 3), "(T, B, C)")
    need_int(targets, "targets")
    need_rank(targets, "targets", (1, 2) if x.rank == 3 else (1,), "(B, S)")
    batch = x.shape[1:-1]
    if targets.rank == 2:
        need_size(targets.shape[0], batch[0], "targets", "targets")
    for name, length in zip(names[2:], lengths, strict=True):
        need_int(length, name)
        need_shape(length, batch, name)
    return _reduced(TensorType(x.dtype, batch), args)


_INPUTS = (Arg("input", "tensor"), Arg("target", "tensor"))
_PAIR = (Arg("input1", "tensor"), Arg("input2", "tensor"), Arg("target", "tensor"))
_TRIPLET = (Arg("anchor", "tensor"), Arg("positive", "tensor"), Arg("negative", "tensor"))
_REDUCTION = Arg(
    "reduction", "str", "mean", choices=("none", "mean", "sum"), doc="Over all elements."
)
_BATCHMEAN = Arg(
    "reduction",
    "str",
    "mean",
    choices=("none", "mean", "sum", "batchmean"),
    doc="`batchmean` is the mathematical definition.",
)
_EPS = Arg("eps", "float", 1e-8, doc="Against log(0).")
_IGNORE = Arg("ignore_index", "int", -100, doc="A target that does not count.")


def _margin(value: float) -> Arg:
    return Arg("margin", "number", value, doc="The margin.")


_LOG_INPUT = Arg("log_input", "bool", True, doc="The prediction is a logarithm.")
_FULL = Arg("full", "bool", False, doc="Add Stirling's term.")

_ROWS: tuple[tuple[str, Shape, tuple[Arg, ...], str], ...] = (
    ("L1Loss", _same_size, (_REDUCTION,), "Absolute difference."),
    ("MSELoss", _same_size, (_REDUCTION,), "Squared difference."),
    (
        "SmoothL1Loss",
        _same_size,
        (_REDUCTION, Arg("beta", "number", 1.0, doc="Where it turns linear.")),
        "Squared near 0, else absolute difference.",
    ),
    (
        "HuberLoss",
        _same_size,
        (_REDUCTION, Arg("delta", "number", 1.0, doc="Where it turns linear.")),
        "Squared near 0, else absolute difference times delta.",
    ),
    ("BCELoss", _same_type, (_REDUCTION,), "Binary cross entropy of probabilities."),
    ("BCEWithLogitsLoss", _same_type, (_REDUCTION,), "Binary cross entropy of logits."),
    (
        "KLDivLoss",
        _broadcast_floating,
        (_BATCHMEAN, Arg("log_target", "bool", False, doc="The target is a logarithm.")),
        "Kullback-Leibler divergence of log-probabilities.",
    ),
    (
        "PoissonNLLLoss",
        _broadcast,
        (_LOG_INPUT, _FULL, _EPS, _REDUCTION),
        "Negative log-likelihood of a Poisson distribution.",
    ),
    ("SoftMarginLoss", _broadcast_into, (_REDUCTION,), "log(1 + exp(-y x)) for y of 1 or -1."),
    ("HingeEmbeddingLoss", _broadcast, (_margin(1.0), _REDUCTION), "Hinge for y of 1 or -1."),
    ("MultiLabelSoftMarginLoss", _multi_label, (_REDUCTION,), "One against all, by entropy."),
    ("MultiLabelMarginLoss", _multi_label_margin, (_REDUCTION,), "One against all, by hinge."),
    (
        "MultiMarginLoss",
        _multi_margin,
        (Arg("p", "int", 1, doc="The hinge's power, 1 or 2."), _margin(1.0), _REDUCTION),
        "Hinge over classes.",
    ),
    ("NLLLoss", _classes, (_IGNORE, _REDUCTION), "Negative log-likelihood over classes."),
)


def _row(name: str, shape: Shape, args: tuple[Arg, ...], doc: str) -> ModuleOp:
    return ModuleOp(name, f"nn.{name}", args, _INPUTS, doc, rule=partial(_elementwise, shape))


OPS = (
    *(_row(*row) for row in _ROWS),
    ModuleOp(
        "CrossEntropyLoss",
        "nn.CrossEntropyLoss",
        (_IGNORE, _REDUCTION, Arg("label_smoothing", "float", 0.0, doc="Spread over classes.")),
        _INPUTS,
        "Cross entropy of logits (B, C, ...) with classes (B, ...).",
        rule=_cross_entropy,
    ),
    ModuleOp(
        "CosineEmbeddingLoss",
        "nn.CosineEmbeddingLoss",
        (_margin(0.0), _REDUCTION),
        _PAIR,
        "Cosine distance for y of 1 or -1.",
        rule=_cosine_embedding,
    ),
    ModuleOp(
        "MarginRankingLoss",
        "nn.MarginRankingLoss",
        (_margin(0.0), _REDUCTION),
        _PAIR,
        "Which of two ranks higher, for y of 1 or -1.",
        rule=_margin_ranking,
    ),
    ModuleOp(
        "GaussianNLLLoss",
        "nn.GaussianNLLLoss",
        (
            Arg("full", "bool", False, doc="Add the constant term."),
            Arg("eps", "float", 1e-6, doc="Least variance."),
            _REDUCTION,
        ),
        (*_INPUTS, Arg("var", "tensor")),
        "Negative log-likelihood of a normal distribution.",
        rule=_gaussian,
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
        rule=_ctc,
    ),
    ModuleOp(
        "TripletMarginLoss",
        "nn.TripletMarginLoss",
        (
            _margin(1.0),
            Arg("p", "float", 2.0, doc="The norm's power."),
            Arg("eps", "float", 1e-6, doc="Added to the difference."),
            Arg("swap", "bool", False, doc="Swap anchor and positive where that is harder."),
            _REDUCTION,
        ),
        _TRIPLET,
        "An anchor is nearer to the positive than to the negative.",
        rule=_triplet,
    ),
    ModuleOp(
        "TripletMarginWithDistanceLoss",
        "nn.TripletMarginWithDistanceLoss",
        (
            _margin(1.0),
            Arg("swap", "bool", False, doc="Swap anchor and positive where that is harder."),
            _REDUCTION,
        ),
        _TRIPLET,
        "`TripletMarginLoss` with the pairwise distance.",
        rule=_triplet,
    ),
)
