"""Layers as functions: linear maps, normalisation, dropout, attention, embeddings."""

from __future__ import annotations

from netwright.ir.dims import Size, known, mod, product, same, show
from netwright.ir.types import TensorType
from netwright.ops.broadcast import (
    broadcast,
    check_same_dtype,
    equal_help,
    show_shape,
)  # fmt: skip
from netwright.ops.entry import Arg, Arguments, FunctionOp, OpError, Result
from netwright.ops.functions.arguments import (
    LAST_DIM,
    X,
    axis,
    refuse,
    replaced,
    several,
    want_floating,
    want_rank,
)  # fmt: skip
from netwright.ops.modules.checks import need_positive

# Linear maps --------------------------------------------------------------------------------


def _linear_rule(args: Arguments) -> TensorType:
    x, weight, bias = args["input"], args["weight"], args["bias"]
    want_rank(weight, [2], "weight")
    check_same_dtype(x, weight)
    if not x.rank or not same(x.shape[-1], weight.shape[1]):
        message = f"{weight} maps {show(weight.shape[1])} features, the input is {x}"
        remedy = equal_help(x.shape[-1], weight.shape[1]) if x.rank else ""
        raise OpError(message, arg="weight", help=remedy)
    if bias is not None:
        check_same_dtype(x, bias)
        _want_vector(bias, weight.shape[0], "bias")
    return replaced(x, x.rank - 1, weight.shape[0])


def _want_vector(x: TensorType, size: Size, arg: str) -> None:
    """OpError E0301 unless `x` holds one number for each of `size`."""
    if x.rank != 1 or not same(x.shape[0], size):
        raise OpError(f"`{arg}` must have the shape [{show(size)}], found {x}", arg=arg)


def _linear_flops(args: Arguments, result: Result) -> Size:
    assert isinstance(result, TensorType)
    weight: TensorType = args["weight"]
    return 2 * product(result.shape) * weight.shape[1]


def _bilinear_rule(args: Arguments) -> TensorType:
    left, right, weight = args["input1"], args["input2"], args["weight"]
    want_rank(weight, [3], "weight")
    if left.rank != right.rank or not left.rank:
        raise OpError(f"{left} and {right} differ in rank", arg="input2", code="E0302")
    for a, b in zip(left.shape[:-1], right.shape[:-1], strict=True):
        if not same(a, b):
            raise OpError(f"{left} and {right} differ", arg="input2", help=equal_help(a, b))
    if not same(left.shape[-1], weight.shape[1]) or not same(right.shape[-1], weight.shape[2]):
        raise OpError(f"{weight} does not fit {left} and {right}", arg="weight")
    operands = [right, weight]
    if args["bias"] is not None:
        _want_vector(args["bias"], weight.shape[0], "bias")
        operands.append(args["bias"])
    _want_one_dtype(left, *operands)
    return replaced(left, left.rank - 1, weight.shape[0])


def _embedding_rule(args: Arguments) -> TensorType:
    x, weight = args["input"], args["weight"]
    want_rank(weight, [2], "weight")
    if x.dtype not in ("int", "int32"):
        raise OpError(f"`input` must be int, found {x}", arg="input", code="E0304",
                      help="cast it with `.int()`")  # fmt: skip
    return TensorType(weight.dtype, (*x.shape, weight.shape[1]))


# Normalisation ------------------------------------------------------------------------------


def _layer_norm_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    want_floating(x)
    shape = several(args["normalized_shape"])
    tail = x.shape[x.rank - len(shape) :] if len(shape) <= x.rank else ()
    fits = len(tail) == len(shape) > 0
    if not fits or not all(same(a, b) for a, b in zip(tail, shape, strict=True)):
        message = f"{x} does not end in {show_shape(shape)}"
        raise OpError(message, arg="normalized_shape")
    for name in ("weight", "bias"):
        _want_scale(args.get(name), shape, name)
    if "bias" in args:  # `rms_norm`, which has none, promotes
        _want_one_dtype(x, args["weight"], args["bias"])
    return x


def _want_one_dtype(x: TensorType, *weights: TensorType | None) -> None:
    """Weights and statistics are of the dtype of `x`; beside half precision all may be wider."""
    given = {weight.dtype for weight in weights if weight is not None}
    wider = x.dtype in ("float16", "bfloat16") and given <= {"float", "float32"}
    if given - {x.dtype} and not wider:
        found = ", ".join(sorted(given - {x.dtype}))
        raise OpError(f"`input` is {x}, but its weights are {found}", arg="input", code="E0304",
                      help="convert them, `.to(x.dtype)`")  # fmt: skip


def _want_scale(x: TensorType | None, shape: tuple[Size, ...], arg: str) -> None:
    if x is None:
        return
    if x.rank != len(shape) or not all(same(a, b) for a, b in zip(x.shape, shape, strict=True)):
        raise OpError(f"`{arg}` must have the shape {show_shape(shape)}, found {x}", arg=arg)


def _group_norm_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    groups: Size = args["num_groups"]
    want_floating(x)
    if x.rank < 2:
        raise OpError(f"`input` must have 2 dims or more, found {x}", arg="input", code="E0302")
    count = known(groups)
    if (count is not None and count < 1) or known(mod(x.shape[1], groups)) not in (0, None):
        message = f"{show(x.shape[1])} channels do not divide into {show(groups)} groups"
        raise OpError(message, arg="num_groups")
    for name in ("weight", "bias"):
        _want_scale(args[name], (x.shape[1],), name)
    _want_one_dtype(x, args["weight"], args["bias"])
    return x


def _batch_norm_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    want_floating(x)
    if x.rank < 2:
        raise OpError(f"`input` must have 2 dims or more, found {x}", arg="input", code="E0302")
    names = ("running_mean", "running_var", "weight", "bias")
    for name in names:
        _want_scale(args[name], (x.shape[1],), name)
    _want_one_dtype(x, *(args[name] for name in names))
    return x


def _instance_norm_rule(args: Arguments) -> TensorType:
    if args["input"].rank < 3:
        message = f"`input` must have 3 dims or more, found {args['input']}"
        raise OpError(message, arg="input", code="E0302")
    return _batch_norm_rule(args)


def _normalize_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    want_floating(x)
    axis(x, args["dim"])
    return x


def _local_response_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    want_floating(x)
    if x.rank < 3:
        raise OpError(f"`input` must have 3 dims or more, found {x}", arg="input", code="E0302")
    need_positive(args["size"], "size")
    return x


# Activations with a shape, dropout ----------------------------------------------------------


def _glu_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    want_floating(x)
    if not x.rank:
        raise OpError(f"`glu` wants dims, found {x}", arg="input", code="E0302")
    dim = axis(x, args["dim"])
    if known(mod(x.shape[dim], 2)) not in (0, None):
        message = f"dim {dim} of {x} does not divide into halves"
        raise OpError(message, arg="dim")
    return replaced(x, dim, x.shape[dim] // 2)


def _prelu_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    weight: TensorType = args["weight"]
    want_floating(x)
    channels = x.shape[1] if x.rank > 1 else 1
    if weight.rank > 1 or (weight.rank and not _one_or(weight.shape[0], channels)):
        message = f"`weight` must have 1 number or {show(channels)}, found {weight}"
        raise OpError(message, arg="weight")
    if weight.dtype != x.dtype:
        message = f"`weight` is {weight.dtype} but `input` is {x.dtype}"
        raise OpError(message, arg="weight", code="E0304")
    return x


def _one_or(size: Size, other: Size) -> bool:
    return same(size, 1) or same(size, other)


def _dropout_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    want_floating(x)
    if not 0 <= args["p"] <= 1:
        raise refuse(f"`p` is a probability, found {args['p']}", "p")
    return x


def _gumbel_rule(args: Arguments) -> TensorType:
    x: TensorType = args["logits"]
    want_floating(x, "logits")
    axis(x, args["dim"])
    return x


# Attention ----------------------------------------------------------------------------------


def _attention_rule(args: Arguments) -> TensorType:
    """(..., L, E), (..., S, E), (..., S, V) -> (..., L, V); (B, H, ...) with grouped heads."""
    query, key, value = args["query"], args["key"], args["value"]
    _check_ranks(query, key, value)
    check_same_dtype(query, key, value)
    want_floating(query, "query")
    _want_equal(query.shape[-1], key.shape[-1], "query and key have widths", "key")
    _want_equal(key.shape[-2], value.shape[-2], "key and value have lengths", "value")
    batch = _batch(args)
    if args["attn_mask"] is not None:
        _check_mask(args, (*batch, query.shape[-2], key.shape[-2]))
    return TensorType(query.dtype, (*batch, query.shape[-2], value.shape[-1]))


def _check_ranks(*tensors: TensorType) -> None:
    for x, arg in zip(tensors, ("query", "key", "value"), strict=True):
        if x.rank < 2:
            message = f"`{arg}` must be (..., L, E), found {x}"
            raise OpError(message, arg=arg, code="E0302")


def _want_equal(a: Size, b: Size, what: str, arg: str) -> None:
    if not same(a, b):
        raise OpError(f"{what} {show(a)} and {show(b)}", arg=arg, help=equal_help(a, b))


def _batch(args: Arguments) -> tuple[Size, ...]:
    """The dims before length and width; heads of keys repeat where they are grouped."""
    shapes = [args[name].shape[:-2] for name in ("query", "key", "value")]
    if not args["enable_gqa"]:
        return broadcast(*shapes)
    if len(shapes[0]) < 2:
        raise OpError("grouped heads need (B, H, L, E)", arg="enable_gqa", code="E0302")
    heads = shapes[0][-1]
    for shape, arg in zip(shapes[1:], ("key", "value"), strict=True):
        if known(mod(heads, shape[-1])) not in (0, None):
            message = f"{show(heads)} query heads are no multiple of {show(shape[-1])}"
            raise OpError(message, arg=arg)
    return (*broadcast(*(shape[:-1] for shape in shapes)), heads)


def _check_mask(args: Arguments, scores: tuple[Size, ...]) -> None:
    mask = args["attn_mask"]
    if mask.dtype not in ("bool", args["query"].dtype):
        message = f"`attn_mask` must be bool or {args['query'].dtype}, found {mask}"
        raise OpError(message, arg="attn_mask", code="E0304")
    if args["is_causal"]:
        raise refuse("`attn_mask` and `is_causal` exclude one another", "is_causal")
    if len(broadcast(mask.shape, scores)) > len(scores):
        message = f"{mask} has more dims than the scores {show_shape(scores)}"
        raise OpError(message, arg="attn_mask", code="E0302")


def _attention_flops(args: Arguments, result: Result) -> Size:
    """Scores and their product with the values, the causal half included."""
    assert isinstance(result, TensorType)
    query: TensorType = args["query"]
    key: TensorType = args["key"]
    value: TensorType = args["value"]
    scores = product(result.shape[:-1]) * key.shape[-2]
    return 2 * scores * query.shape[-1] + 2 * scores * value.shape[-1]


# Indices ------------------------------------------------------------------------------------


def _one_hot_rule(args: Arguments) -> TensorType:
    x: TensorType = args["input"]
    if x.dtype != "int":
        raise OpError(f"`one_hot` wants int, found {x}", arg="input", code="E0304",
                      help="cast it with `.int()`")  # fmt: skip
    if known(args["num_classes"]) == -1:
        message = "without `num_classes` the size depends on data"
        raise OpError(message, arg="num_classes", code="E0307", help="give `num_classes`")
    return TensorType("int", (*x.shape, args["num_classes"]))


def _grouped_mm_rule(args: Arguments) -> TensorType:
    """(T, K) by (G, K, N) with `offs` -> (T, N); (G, T, K) -> (G, T, N); (G, T, K) by (K, N)."""
    left, right, ends = args["mat_a"], args["mat_b"], args["offs"]
    want_rank(left, [2, 3], "mat_a")
    want_rank(right, [2, 3], "mat_b")
    check_same_dtype(left, right)
    _want_equal(left.shape[-1], right.shape[-2], "the products have inner sizes", "mat_b")
    if (ends is None) != (left.rank == right.rank == 3):
        raise OpError("`offs` gives the groups of the matrix with 2 dims", arg="offs", code="E0302")
    groups = ends.shape if ends is not None else left.shape[:1]
    if ends is not None and (ends.rank != 1 or ends.dtype != "int32"):
        message = f"`offs` must be int32 with one dim, found {ends}"
        raise OpError(message, arg="offs", code="E0304")
    for x in (left, right):
        if x.rank == 3:
            _want_equal(x.shape[0], groups[0], "the groups number", "offs")
    dtype = left.dtype if args["out_dtype"] is None else args["out_dtype"].name
    lead = groups if left.rank == right.rank else ()
    return TensorType(dtype, (*lead, left.shape[-2], right.shape[-1]))


# The table ----------------------------------------------------------------------------------


def _optional(name: str) -> Arg:
    return Arg(name, "tensor", None, optional=True)


_WEIGHT, _BIAS = Arg("weight", "tensor"), _optional("bias")
_EPS = Arg("eps", "float", 1e-5)
_NORMALIZED = Arg("normalized_shape", "sizes")
_STATISTICS = (_optional("weight"), _BIAS)
_P = Arg("p", "float", 0.5)


_WHEN = "left out, the module's own training mode"


def _dropout(name: str, doc: str, training: bool) -> FunctionOp:
    args = (X, _P, Arg("training", "any", training, doc=_WHEN))
    return FunctionOp(name, args, doc, function=f"F.{name}", rule=_dropout_rule, train=True)


def _f(name: str, args: tuple[Arg, ...], rule: object, doc: str) -> FunctionOp:
    assert callable(rule)
    return FunctionOp(name, args, doc, function=f"F.{name}", rule=rule)


ALL = (
    FunctionOp("linear", (X, _WEIGHT, _BIAS), "x @ weight.T + bias.",
               function="F.linear", rule=_linear_rule, flops=_linear_flops),
    _f("bilinear", (Arg("input1", "tensor"), Arg("input2", "tensor"), _WEIGHT, _BIAS),
       _bilinear_rule, "x1 @ weight @ x2 + bias."),
    _f("embedding", (X, _WEIGHT, Arg("padding_idx", "int", None, optional=True)),
       _embedding_rule, "Rows of a table."),
    _f("layer_norm", (X, _NORMALIZED, *_STATISTICS, _EPS), _layer_norm_rule,
       "Normalised over the last dims (arXiv:1607.06450)."),
    _f("rms_norm", (X, _NORMALIZED, _optional("weight"), Arg("eps", "float", None, optional=True)),
       _layer_norm_rule, "Divided by the root mean square of the last dims (arXiv:1910.07467)."),
    _f("group_norm", (X, Arg("num_groups", "size"), *_STATISTICS, _EPS), _group_norm_rule,
       "Normalised within groups of channels (arXiv:1803.08494)."),
    FunctionOp("batch_norm",
               (X, Arg("running_mean", "tensor", optional=True),
                Arg("running_var", "tensor", optional=True), *_STATISTICS,
                Arg("training", "any", False, doc=_WHEN), Arg("momentum", "float", 0.1), _EPS),
               "Normalised over the batch (arXiv:1502.03167).", function="F.batch_norm",
               rule=_batch_norm_rule, train=True),
    _f("instance_norm",
       (X, _optional("running_mean"), _optional("running_var"), *_STATISTICS,
        Arg("use_input_stats", "bool", True), Arg("momentum", "float", 0.1), _EPS),
       _instance_norm_rule, "Normalised within each sample and channel (arXiv:1607.08022)."),
    _f("normalize",
       (X, Arg("p", "float", 2.0), Arg("dim", "axis", 1), Arg("eps", "float", 1e-12)),
       _normalize_rule, "Divided by the p-norm along a dim."),
    _f("local_response_norm",
       (X, Arg("size", "int"), Arg("alpha", "float", 1e-4), Arg("beta", "float", 0.75),
        Arg("k", "float", 1.0)), _local_response_rule, "Normalised across near channels."),
    _f("glu", (X, LAST_DIM), _glu_rule, "a * sigmoid(b) for the halves a, b (arXiv:1612.08083)."),
    _f("prelu", (X, _WEIGHT), _prelu_rule, "x, scaled below 0 by a learned weight."),
    _f("gumbel_softmax",
       (Arg("logits", "tensor"), Arg("tau", "float", 1), Arg("hard", "bool", False),
        Arg("dim", "axis", -1, keyword=True)), _gumbel_rule,
       "A sample of a categorical, relaxed (arXiv:1611.01144)."),
    _dropout("dropout", "Zeroes items with probability p in training.", True),
    _dropout("alpha_dropout", "Dropout that keeps mean and variance (arXiv:1706.02515).", False),
    FunctionOp("drop_path", (X, Arg("p", "float", 0.0), Arg("training", "any", True, doc=_WHEN)),
               "Zeroes whole samples with probability p in training (arXiv:1603.09382).",
               rule=_dropout_rule, train=True, lowered=True),
    FunctionOp("scaled_dot_product_attention",
               (Arg("query", "tensor"), Arg("key", "tensor"), Arg("value", "tensor"),
                _optional("attn_mask"), Arg("dropout_p", "float", 0.0),
                Arg("is_causal", "bool", False),
                Arg("scale", "float", None, optional=True, keyword=True),
                Arg("enable_gqa", "bool", False, keyword=True)),
               "softmax(q @ k.T * scale) @ v (arXiv:1706.03762); `dropout_p` acts in training.",
               function="F.scaled_dot_product_attention", rule=_attention_rule,
               flops=_attention_flops, train=True),
    FunctionOp("one_hot", (X, Arg("num_classes", "size", -1)), "1 at the index, else 0.",
               function="F.one_hot", rule=_one_hot_rule),
    FunctionOp("grouped_mm",
               (Arg("mat_a", "tensor"), Arg("mat_b", "tensor"),
                Arg("offs", "tensor", None, optional=True, keyword=True),
                Arg("bias", "tensor", None, optional=True, keyword=True),
                Arg("out_dtype", "dtype", None, optional=True, keyword=True)),
               "A matrix product for each group of rows, as in a mixture of experts.",
               function="F.grouped_mm", rule=_grouped_mm_rule),
)  # fmt: skip
