"""Calls of functions on tensors, as a person writes them in torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from netwright.backends.source.code import call, path
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size
from netwright.ir.sizes import size_to_expr
from netwright.ops.einsum import letters
from netwright.ops.entry import FunctionOp
from netwright.ops.table import method_named

BOTH = frozenset(
    {
        "abs",
        "min",
        "max",
        "round",
        "ceil",
        "floor",
        "sqrt",
        "log",
        "exp",
        "sum",
        "len",
        "range",
        "zip",
        "enumerate",
        "reversed",
        "int",
        "float",
        "bool",
    }
)
"""Functions that exist for numbers and for tensors, or for numbers and lists alone."""

NUMBER_FUNCTIONS = {
    "ceil": "math.ceil",
    "floor": "math.floor",
    "sqrt": "math.sqrt",
    "log": "math.log",
    "exp": "math.exp",
}
"""Functions over numbers that live in `math`; the rest are Python's own."""


_SIZED = frozenset({
    "unflatten", "mean", "sum", "amax", "amin", "var", "std", "norm", "normalize", "roll", "flip",
    "layer_norm", "rms_norm", "interpolate",
})  # fmt: skip
"""Functions whose lists are of sizes or dims, which torch's own examples write as tuples."""


def as_tuple(value: ex.Expr) -> ex.Expr:
    return ex.TupleExpr(value.items) if isinstance(value, ex.ListExpr) else value


@dataclass
class Surroundings:
    """What a call may refer to: a tensor for its device, one for its dtype, and what was used.

    In a constructor there is neither; tensors are then made on the current default device.
    """

    device_of: ex.Expr | None = None
    dtype_of: ex.Expr | None = None
    helpers: set[str] = field(default_factory=set)


def write(
    op: FunctionOp,
    args: tuple[ex.Expr, ...],
    keywords: tuple[ex.Keyword, ...],
    as_method: bool,
    around: Surroundings,
) -> ex.Expr:
    """The call of `op` on translated arguments; the receiver of a method is the first."""
    if op.name in _SIZED:
        args = tuple(as_tuple(a) for a in args)
        keywords = tuple(ex.Keyword(k.name, as_tuple(k.value), k.span) for k in keywords)
    special = _SPECIAL.get(op.name)
    if special is not None:
        written: ex.Expr = special(op, args, keywords, around)
        return written
    if op.factory:
        return _factory(op, args, keywords, around)
    if (as_method and op.method) or op.function is None:
        return _method(op, args, keywords)
    return ex.Call(path(op.function), args, (*keywords, *_mode(op, args, keywords)))


def _mode(
    op: FunctionOp, args: tuple[ex.Expr, ...], keywords: tuple[ex.Keyword, ...]
) -> tuple[ex.Keyword, ...]:
    """`training` where it is left out: the module's own, which is not torch's default."""
    names = [a.name for a in op.args]
    given = {*names[: len(args)], *(k.name for k in keywords)}
    if not op.train or "training" not in names or "training" in given:
        return ()
    return (ex.Keyword("training", path("self.training")),)


def _method(op: FunctionOp, args: tuple[ex.Expr, ...], keywords: tuple[ex.Keyword, ...]) -> ex.Expr:
    receiver, *rest = args
    spread = [a for a in op.args[1:2] if a.variadic]
    if spread and len(rest) == 1 and isinstance(rest[0], ex.ListExpr):
        rest = _spread(rest[0].items)
    assert op.method is not None
    return ex.Call(ex.Attribute(receiver, op.method), tuple(rest), keywords)


def _spread(sizes: Sequence[ex.Expr]) -> list[ex.Expr]:
    """Sizes as arguments of their own; torch takes none of them as `()`."""
    return list(sizes) or [ex.TupleExpr(())]


def method(receiver: ex.Expr, name: str, *args: ex.Expr) -> ex.Expr:
    return ex.Call(ex.Attribute(receiver, name), args)


def dtype(name: str, around: Surroundings) -> ex.Expr:
    """The dtype `name`; `float` is the build's: that of a floating tensor at hand, else torch's
    default."""
    if name != "float":
        return path("torch.int64" if name == "int" else f"torch.{name}")
    if around.dtype_of is not None:
        return ex.Attribute(around.dtype_of, "dtype")
    return call("torch.get_default_dtype")


# Factories ----------------------------------------------------------------------------------


def _factory(
    op: FunctionOp,
    args: tuple[ex.Expr, ...],
    keywords: tuple[ex.Keyword, ...],
    around: Surroundings,
) -> ex.Expr:
    """A new tensor on the device of the inputs, floats in their dtype."""
    named = {k.name for k in keywords}
    floating = op.name in (
        "zeros",
        "ones",
        "rand",
        "randn",
        "full",
        "eye",
        "hann_window",
        "hamming_window",
    )
    sizes = list(args)
    if op.args and op.args[0].variadic and len(sizes) == 1 and isinstance(sizes[0], ex.ListExpr):
        sizes = _spread(sizes[0].items)
    if op.name in ("zeros", "ones") and around.dtype_of is not None and not named:
        return ex.Call(ex.Attribute(around.dtype_of, f"new_{op.name}"), tuple(sizes))
    extra: list[ex.Keyword] = []
    if floating and around.dtype_of is not None and "dtype" not in named and _fills_float(op, args):
        extra.append(ex.Keyword("dtype", ex.Attribute(around.dtype_of, "dtype")))
    if around.device_of is not None and "device" not in named:
        extra.append(ex.Keyword("device", ex.Attribute(around.device_of, "device")))
    assert op.function is not None
    return ex.Call(path(op.function), tuple(sizes), (*keywords, *extra))


def _fills_float(op: FunctionOp, args: tuple[ex.Expr, ...]) -> bool:
    """Whether the result is floating: `full` takes the kind of its value."""
    if op.name != "full":
        return True
    value = args[1] if len(args) > 1 else None
    return isinstance(value, ex.Literal) and isinstance(value.value, float)


# Ops that are written otherwise than they are called -------------------------------------------


def _float(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    return method(args[0], "to", dtype("float", around))


def _int(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    return method(args[0], "long")


def _to(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    return method(args[0], "to", args[1] if len(args) > 1 else keywords[0].value)


def _drop_path(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    around.helpers.add("drop_path")
    given = {a.name: v for a, v in zip(op.args, args, strict=False)} | {
        k.name: k.value for k in keywords
    }
    names = [a.name for a in op.args]
    training = given.get("training", path("self.training"))
    return call("drop_path", given[names[0]], given[names[1]], training)


def _dropout(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    given = {a.name: v for a, v in zip(op.args, args, strict=False)} | {
        k.name: k.value for k in keywords
    }
    rate = given.get("p", ex.Literal(0.5))
    assert op.function is not None
    return call(op.function, given["input"], rate, given.get("training", path("self.training")))


def _attention(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    """`dropout_p` of attention acts in training only."""
    named: list[ex.Keyword] = []
    for k in keywords:
        value = k.value
        if k.name == "dropout_p" and not _mentions_training(value) and not _is_zero(value):
            value = ex.IfElse(path("self.training"), value, ex.Literal(0.0))
        named.append(ex.Keyword(k.name, value))
    assert op.function is not None
    return ex.Call(path(op.function), args, tuple(named))


def _mentions_training(value: ex.Expr) -> bool:
    return any(isinstance(e, ex.Attribute) and e.name == "training" for e in ex.walk(value))


def _is_zero(value: ex.Expr) -> bool:
    return isinstance(value, ex.Literal) and value.value == 0


def _linear_scan(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    around.helpers.add("linear_scan")
    return ex.Call(ex.Name("linear_scan"), args, keywords)


def _einsum(op: FunctionOp, args: Any, keywords: Any, around: Surroundings) -> ex.Expr:
    """An einsum's pattern in torch's letters."""
    if isinstance(args[0], ex.Literal) and isinstance(args[0].value, str):
        args = (ex.Literal(letters(args[0].value)), *args[1:])
    assert op.function is not None
    return ex.Call(path(op.function), args, keywords)


_SPECIAL: dict[str, Any] = {
    "einsum": _einsum,
    "float": _float,
    "int": _int,
    "to": _to,
    "drop_path": _drop_path,
    "dropout": _dropout,
    "scaled_dot_product_attention": _attention,
    "linear_scan": _linear_scan,
}


# einops -------------------------------------------------------------------------------------


def rearranged(receiver: ex.Expr, steps: Any, written: Any) -> ex.Expr:
    """The steps of a `rearrange` as a chain of methods; `written(k, j, m)` is the chosen size,
    if any."""
    for k, step in enumerate(steps):
        args: list[ex.Expr] = []
        for j, arg in enumerate(step.args):
            if isinstance(arg, tuple):
                items = [written(k, j, m) or _size(v) for m, v in enumerate(arg)]
                args += (
                    _spread(items)
                    if step.name in ("permute", "reshape", "view", "expand")
                    else [ex.TupleExpr(tuple(items))]
                )
            else:
                args.append(written(k, j, -1) or _size(arg))
        op = method_named(step.name)
        assert op is not None and op.method is not None
        receiver = method(receiver, op.method, *args)
    return receiver


def _size(value: Any) -> ex.Expr:
    if isinstance(value, Dim):
        size: Size = value
        written = size_to_expr(size)
        assert written is not None
        return written
    if isinstance(value, tuple):
        return ex.ListExpr(tuple(_size(v) for v in value))
    return ex.Literal(value)
