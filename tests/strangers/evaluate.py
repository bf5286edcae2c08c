"""Expressions run at once on torch's tensors: no shape rule, no table but torch's own names."""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from netwright.ops.entry import Arg
from netwright.ops.table import FUNCTIONS, method_named
from torch import Tensor
from torch.nn import functional

from tests.strangers import lowered

NAMESPACES = {
    "torch": torch,
    "F": functional,
    "torch.linalg": torch.linalg,
}
DTYPES = {
    "float": torch.float32,
    "int": torch.int64,
    "bool": torch.bool,
    **{name: getattr(torch, name) for name in ("float64", "float32", "int32", "bfloat16", "uint8")},
}
CONSTANTS = {"pi": math.pi, "inf": math.inf}


class Refused(Exception):
    """What the language itself refuses, where torch would go on."""


class Results:
    """Several results by name: the first is what the bare name means."""

    def __init__(self, items: Mapping[str, Any]) -> None:
        self.items = dict(items)

    @property
    def first(self) -> Any:
        return next(iter(self.items.values()))


def plain(value: Any) -> Any:
    """What a bare name means."""
    return value.first if isinstance(value, Results) else value


@dataclass(frozen=True)
class Names:
    """What an expression may name: values, nodes that can be called, weights by `node.weight`."""

    values: Mapping[str, Any]
    calls: Mapping[str, Callable[..., Any]]
    weight: Callable[[str, str], Tensor | None]


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def evaluate(text: str, names: Names) -> Any:
    """The value of an expression; torch's error, or Refused, where there is none."""
    return _Evaluation(names).value(_parsed(text))


class _Evaluation:
    def __init__(self, names: Names) -> None:
        self.names = names

    def value(self, node: ast.expr) -> Any:
        return plain(self.whole(node))

    def whole(self, node: ast.expr) -> Any:
        found = getattr(self, f"_{type(node).__name__.lower()}", None)
        if found is None:
            raise Refused(f"no {type(node).__name__} in expressions")
        return found(node)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if node.id in self.names.values:
            return self.names.values[node.id]
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        if node.id in DTYPES:
            return DTYPES[node.id]
        raise Refused(f"no name {node.id}")

    def _list(self, node: ast.List | ast.Tuple) -> Any:
        return [self.value(item) for item in node.elts]

    _tuple = _list

    def _binop(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        _no_lists(left, right)
        return _OPERATORS[type(node.op)](left, right)

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not truth(value)
        return _UNARY[type(node.op)](value)

    def _compare(self, node: ast.Compare) -> Any:
        left, right = self.value(node.left), self.value(node.comparators[0])
        return _COMPARISONS[type(node.ops[0])](left, right)

    def _boolop(self, node: ast.BoolOp) -> Any:
        ends = isinstance(node.op, ast.Or)
        return ends if any(truth(self.value(v)) is ends for v in node.values) else not ends

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if truth(self.value(node.test)) else node.orelse)

    def _listcomp(self, node: ast.ListComp) -> Any:
        loop = node.generators[0]
        items = self.value(loop.iter)
        if isinstance(items, Tensor):
            raise Refused("a comprehension is over a list")
        return [_Evaluation(self._with(loop.target, item)).value(node.elt) for item in items]

    def _with(self, target: ast.expr, item: Any) -> Names:
        assert isinstance(target, ast.Name)
        values = {**self.names.values, target.id: item}
        return Names(values, self.names.calls, self.names.weight)

    def _attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name):
            value = self.names.values.get(node.value.id)
            if isinstance(value, Results) and node.attr in value.items:
                return value.items[node.attr]
            weight = self.names.weight(node.value.id, node.attr)
            if weight is not None:
                return weight
        found = getattr(self.value(node.value), node.attr)
        return list(found) if node.attr == "shape" else found

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self.value(node.value)
        if not isinstance(value, Tensor):
            return value[self._item(node.slice)]
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        items = [self._item(part) for part in parts]
        if any(isinstance(i, Tensor) and i.dtype in (torch.bool, torch.uint8) for i in items):
            raise Refused("a size would depend on data")
        return value[tuple(items)]

    def _item(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            ends = (node.lower, node.upper, node.step)
            return slice(*(None if end is None else self.value(end) for end in ends))
        return self.value(node)

    def _call(self, node: ast.Call) -> Any:
        args = [self.value(arg) for arg in node.args]
        named = {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        if isinstance(node.func, ast.Attribute):
            return method(self.value(node.func.value), node.func.attr, args, named)
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        if name in self.names.calls:
            return self.names.calls[name](*args, **named)
        return function(name, args, named, bool(self.names.values.get("training")))


def truth(value: Any) -> bool:
    """A condition; the values of a tensor decide nothing."""
    if isinstance(value, Tensor):
        raise Refused("a condition on the values of a tensor")
    return bool(value)


def _no_lists(*values: Any) -> None:
    """Arithmetic is over numbers and tensors; a list of tensors has to be joined first."""
    if any(isinstance(value, list) for value in values):
        raise Refused("arithmetic with a list")


_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: operator.pow, ast.MatMult: operator.matmul, ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


# Functions ----------------------------------------------------------------------------------

_NUMBERS: Mapping[str, Callable[..., Any]] = {
    **{n: getattr(builtins, n) for n in ("abs", "min", "max", "round", "len", "sum", "int")},
    **{n: getattr(builtins, n) for n in ("float", "bool")},
    **{n: getattr(math, n) for n in ("floor", "ceil", "sqrt", "log", "exp")},
    "range": lambda *args: list(range(*args)),
    "zip": lambda *args: list(zip(*args, strict=True)),
    "reversed": lambda items: list(items)[::-1],
    "enumerate": lambda items: list(enumerate(items)),
    "linspace": lambda a, b, n: [a + (b - a) * k / (n - 1) for k in range(n)] if n > 1 else [a],
}
_OWN: Mapping[str, Callable[..., Any]] = {
    "rearrange": lowered.rearrange,
    "reduce": lowered.reduce,
    "linear_scan": lowered.linear_scan,
    "drop_path": lowered.drop_path,
    "einsum": lambda equation, *operands: torch.einsum(lowered.letters(equation), *operands),
}


def holds_tensor(values: Sequence[Any]) -> bool:
    return any(
        isinstance(v, Tensor) or (isinstance(v, list | tuple) and holds_tensor(v)) for v in values
    )


def function(name: str, args: list[Any], named: dict[str, Any], training: bool) -> Any:
    """`name(...)`: over numbers by Python, over tensors by torch."""
    if name in _NUMBERS and not (holds_tensor(args) or holds_tensor(list(named.values()))):
        return _NUMBERS[name](*args, **named)
    if name == "sum" and isinstance(args[0], list):
        return sum(args[0])
    if name in _OWN:
        return _OWN[name](*args, **named)
    op = FUNCTIONS.get(name)
    if op is None:
        raise Refused(f"no function {name}")
    _adapt(op.name, op.args, args, named, training)
    if op.function is None:
        return method(args[0], name, args[1:], named)
    namespace, _, last = op.function.rpartition(".")
    target = getattr(NAMESPACES[namespace], last)
    result = _listed(target(*_spread(op, args), **named))
    if name.startswith("max_pool"):
        refuse_padding_alone(args[0] if args else named["input"], result)
    return result


def refuse_padding_alone(x: Tensor, result: Any) -> None:
    """Refused where a window of a maximum sees only padding: torch's backward pass then writes
    outside of `x`."""
    pooled = next(tensors(result))
    if bool(x.isfinite().all()) and not bool(pooled.isfinite().all()):
        raise Refused("a window of padding alone")


def method(receiver: Any, name: str, args: list[Any], named: dict[str, Any]) -> Any:
    """`receiver.name(...)`."""
    if name in ("int", "long"):
        name = "long"
    elif name == "item" or not isinstance(receiver, Tensor):
        raise Refused(f"no method {name}")
    op = method_named(name)
    if op is None:
        raise Refused(f"no method {name}")
    _adapt(op.name, op.args[1:], args, named, False)
    return _listed(getattr(receiver, name)(*args, **named))


def _adapt(
    name: str, wanted: Sequence[Arg], args: list[Any], named: dict[str, Any], training: bool
) -> None:
    """Where the language differs: what knows a mode follows the model's; there is no `inplace`."""
    order = [arg.name for arg in wanted]
    most = sum(not arg.keyword for arg in wanted)
    if len(args) > most and not any(arg.variadic for arg in wanted):
        raise Refused(f"{name} takes {most} by position")
    if "training" in order and "training" not in named and len(args) <= order.index("training"):
        named["training"] = training
    if name == "scaled_dot_product_attention" and not training:
        named.pop("dropout_p", None)
        del args[4:5]
    if name in ("where", "tensor_split"):
        args += [named.pop(word) for word in order if word in named]


def _spread(op: Any, args: list[Any]) -> list[Any]:
    """A list for a variadic argument, as torch wants its items."""
    variadic = bool(op.args) and op.args[0].variadic and op.args[0].kind == "tensors"
    return [*args[0], *args[1:]] if variadic and args and isinstance(args[0], list) else args


def _listed(result: Any) -> Any:
    """What torch returns as a tuple is a list of results here."""
    return list(result) if isinstance(result, tuple) else result


def tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in a value."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Results):
        for item in value.items.values():
            yield from tensors(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)
