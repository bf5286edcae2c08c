"""Inputs at a block's edge: declared types against actual ones, binding the names of dims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netwright.diagnostics import Diagnostic, Label
from netwright.ir import expr as ex
from netwright.ir.dims import Size, same, show, symbol
from netwright.ir.printer import to_source
from netwright.ir.program import Block, Input, TypeExpr
from netwright.ir.types import ALIASES, TensorType
from netwright.ir.values import Tensor, TensorList, Value, describe
from netwright.passes.faults import Fault
from netwright.source import Span

Evaluate = Callable[[ex.Expr], Value]


class Binder:
    """Binds the dims' names of one block's inputs; `names` are the params in scope."""

    def __init__(
        self,
        block: Block,
        names: Mapping[str, Value],
        evaluate: Callable[[ex.Expr, Mapping[str, Size]], Value],
    ) -> None:
        self.block = block
        self.names = names
        self.dims: dict[str, Size] = {}
        self._evaluate = evaluate
        self._origins: dict[str, Input] = {}

    def bind(self, given: Mapping[str, Value], call: Span) -> dict[str, Size]:
        """Match every given input against its declaration; raises Fault at `call`."""
        later: list[tuple[Input, Tensor, TypeExpr, ex.Expr, Size]] = []
        for declared in self.block.inputs:
            value = given.get(declared.name)
            if value is not None:
                self._match(declared, declared.type, value, call, later)
        for declared, tensor, type_, dim, actual in later:
            expected = self._evaluate(dim, self.dims)
            if not same(expected, actual):
                self._mismatch(declared, tensor, type_, dim, expected, actual, call)
        return self.dims

    def bind_one(self, declared: Input, value: Value, call: Span) -> None:
        """Match one value against one declaration, as `bind` does for all."""
        later: list[Any] = []
        self._match(declared, declared.type, value, call, later)
        for _, tensor, type_, dim, actual in later:
            expected = self._evaluate(dim, self.dims)
            if not same(expected, actual):
                self._mismatch(declared, tensor, type_, dim, expected, actual, call)

    def _match(
        self, declared: Input, type_: TypeExpr, value: Value, call: Span, later: list[Any]
    ) -> None:
        if type_.item is not None:
            self._match_list(declared, type_.item, value, call, later)
        elif isinstance(value, Tensor):
            self._match_tensor(declared, type_, value, call, later)
        elif type_.dtype:
            self._wrong(declared, value, call)

    def _match_list(
        self, declared: Input, item: TypeExpr, value: Value, call: Span, later: list[Any]
    ) -> None:
        if isinstance(value, TensorList):
            self._match(declared, item, Tensor(value.item, value.label), call, later)
        elif isinstance(value, tuple) and all(isinstance(v, Tensor) for v in value):
            for tensor in value:
                self._match(declared, item, tensor, call, later)
        else:
            self._wrong(declared, value, call)

    def _wrong(self, declared: Input, value: Value, call: Span) -> None:
        raise Fault(
            Diagnostic(
                "E0305",
                f"the input `{declared.name}` of `{self.block.name}` "
                f"is {type_text(declared.type)}, but receives {describe(value)}",
                call,
                "",
                (Label(declared.span, f"`{declared.name}` is declared here"),),
            )
        )

    def _match_tensor(
        self, declared: Input, type_: TypeExpr, tensor: Tensor, call: Span, later: list[Any]
    ) -> None:
        if not type_.dtype:
            return
        dtype = ALIASES.get(type_.dtype, type_.dtype)
        if dtype != tensor.type.dtype:
            help_ = {
                "float": "`.float()` casts",
                "int": "`.int()` casts",
                "bool": "`.bool()` casts",
            }.get(dtype, "")
            self._fail(
                declared,
                tensor,
                call,
                "E0304",
                f"has dtype {dtype}, but receives {tensor.type.dtype}",
                help_,
            )
        for dim, actual in self._pair(declared, type_, tensor, call):
            if isinstance(dim, ex.Name) and dim.id not in self.names:
                bound = self.dims.setdefault(dim.id, actual)
                self._origins.setdefault(dim.id, declared)
                if not same(bound, actual):
                    self._mismatch(declared, tensor, type_, dim, bound, actual, call)
            else:
                later.append((declared, tensor, type_, dim, actual))

    def _pair(
        self, declared: Input, type_: TypeExpr, tensor: Tensor, call: Span
    ) -> list[tuple[ex.Expr, Size]]:
        shape, dims = tensor.type.shape, type_.dims
        dots = next((k for k, d in enumerate(dims) if isinstance(d, ex.Dots)), None)
        fixed = len(dims) - (dots is not None)
        if len(shape) < fixed or (dots is None and len(shape) != fixed):
            more = "at least " if dots is not None else ""
            self._fail(
                declared,
                tensor,
                call,
                "E0302",
                f"has {more}{fixed} dims, but receives {len(shape)}",
                "",
            )
        if dots is None:
            return list(zip(dims, shape, strict=True))
        tail = len(dims) - dots - 1
        head_pairs = list(zip(dims[:dots], shape[:dots], strict=True))
        return head_pairs + list(zip(dims[dots + 1 :], shape[len(shape) - tail :], strict=True))

    def _fail(
        self, declared: Input, tensor: Tensor, call: Span, code: str, what: str, help_: str
    ) -> None:
        raise Fault(
            Diagnostic(
                code,
                f"the input `{declared.name}` of `{self.block.name}` {what}",
                call,
                f"{f'`{tensor.label}` is ' if tensor.label else ''}{tensor.type}",
                (Label(declared.span, f"`{declared.name}` is {type_text(declared.type)} here"),),
                help_,
            )
        )

    def _mismatch(
        self,
        declared: Input,
        tensor: Tensor,
        type_: TypeExpr,
        dim: ex.Expr,
        expected: Size,
        actual: Size,
        call: Span,
    ) -> None:
        name = to_source(dim)
        value = show(expected)
        label = f"{f'`{tensor.label}` is ' if tensor.label else ''}{tensor.type}"
        what = f"`{name}`" if name == value else f"`{name}` = {value}"
        notes = [Label(declared.span, f"`{declared.name}` is {type_text(declared.type)} here")]
        origin = self._origins.get(name)
        if origin is not None and origin is not declared:
            notes.append(Label(origin.span, f"`{name}` was bound to {value} by `{origin.name}`"))
        raise Fault(
            Diagnostic(
                "E0301",
                f"the input `{declared.name}` of `{self.block.name}` wants {what}, "
                f"but receives {show(actual)}",
                call,
                label,
                tuple(notes),
            )
        )


def type_text(type_: TypeExpr) -> str:
    """A declared type as written."""
    if type_.item is not None:
        return f"list[{type_text(type_.item)}]"
    dims = ", ".join(to_source(d) for d in type_.dims)
    return f"{type_.dtype}[{dims}]"


def model_input(type_: TypeExpr, label: str, span: Span, size: Callable[[ex.Expr], Size]) -> Value:
    """The value of a model's own input: every dim a number or a symbol. `...` stands for one
    dim."""
    if type_.item is not None:
        item = model_input(type_.item, label, span, size)
        return TensorList(item.type, label)
    shape = tuple(symbol("...") if isinstance(d, ex.Dots) else size(d) for d in type_.dims)
    return Tensor(TensorType(ALIASES.get(type_.dtype, type_.dtype), shape), label, span)
