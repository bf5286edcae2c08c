"""Evaluation of expressions in one instance: numbers to numbers, tensors to typed steps.

In symbolic mode (the source back end's second look at a class) integers that come from names stay
symbols with a witness, so that a size remembers the expression that gave it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from netwright.diagnostics import Diagnostic, Label
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, known, symbol
from netwright.ir.instance import (
    Apply,
    Instance,
    Item,
    ModuleChild,
    Operate,
    Path,
    ReadWeight,
    Subscript,
    WeightDecl,
)
from netwright.ir.printer import replace_names, to_source
from netwright.ir.program import Block, Node
from netwright.ir.sizes import size_to_expr
from netwright.ir.types import DTYPES, DType, TensorType
from netwright.ir.values import (
    POISON,
    ModuleValue,
    Namespace,
    Outputs,
    Scope,
    Tensor,
    TensorList,
    Value,
    describe,
    is_poison,
    rescoped,
    tensors,
    to_type,
)
from netwright.ops import einops
from netwright.ops.binding import bind
from netwright.ops.broadcast import operator_type, unary_type
from netwright.ops.entry import FunctionOp, OpError
from netwright.ops.functions import refusal
from netwright.ops.indexing import SliceItem, index_type
from netwright.ops.table import FUNCTIONS, MODULES, method_named
from netwright.passes import numbers
from netwright.passes.numbers import NumberError, SizeUnknown
from netwright.passes.work import STEP, spend
from netwright.source import Span


class Fault(Exception):
    """A diagnostic on its way up to the node that it belongs to."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Silent(Exception):
    """Something here was reported before; what depends on it stays silent."""


@dataclass(frozen=True)
class Handle:
    """Where a node's module, parameter or buffer lives below the instance."""

    path: Path
    child: ModuleChild | Instance | WeightDecl


@dataclass
class Frame:
    """An instance under construction: names in scope, the running value, the node at hand."""

    instance: Instance
    names: dict[str, Value]
    handles: dict[str, Handle] = field(default_factory=dict)
    running: Value | None = None
    running_from: str | None = None
    node: Node | None = None
    training: bool = False
    symbolic: bool = False
    last: Value = None
    """The value of the last node, which a block without `outputs` gives."""
    claims: dict[Path, Node] = field(default_factory=dict)
    root: bool = True
    """In symbolic mode: whether this is the class at hand, whose names can be written as they
    are."""
    defs: dict[str, ex.Expr] = field(default_factory=dict)
    """In symbolic mode, below the root: names as expressions of the class at hand."""
    locals: dict[str, Value] = field(default_factory=dict)
    """In symbolic mode, at the root: what the number nodes' names stand for."""

    def written(self, expr: ex.Expr) -> ex.Expr | None:
        """`expr` in the names of the class at hand, None where it cannot be said there."""
        if self.root:
            return expr
        names = ex.free_names(expr)
        missing = [n for n in names if n not in self.defs and n not in ("min", "max")]
        callees = {
            e.func.id
            for e in ex.walk(expr)
            if isinstance(e, ex.Call) and isinstance(e.func, ex.Name)
        }
        if any(n not in callees for n in missing):
            return None
        return replace_names(expr, self.defs)

    def to_expr(self, value: Value) -> ex.Expr | None:
        """A number, size or list of them as an expression of the class at hand."""
        if isinstance(value, Dim):
            return size_to_expr(value)
        if isinstance(value, int | float | str | bool) or value is None:
            return ex.Literal(value)
        if isinstance(value, tuple):
            items = [self.to_expr(v) for v in value]
            return (
                None
                if any(i is None for i in items)
                else ex.ListExpr(tuple(i for i in items if i is not None))
            )
        return None

    def fact(self, place: object, kind: str, value: object) -> None:
        self.instance.facts.setdefault((place, kind), []).append(value)


def fault(
    code: str,
    message: str,
    span: Span,
    *,
    label: str = "",
    help: str = "",
    notes: tuple[Label, ...] = (),
) -> NoReturn:
    raise Fault(Diagnostic(code, message, span, label, notes, help))


_PATTERNS = frozenset({"rearrange", "reduce"})
"""Functions that take an einops pattern, and are several steps of torch."""

_TENSOR_ATTRIBUTES = frozenset({"shape", "ndim", "dtype", "T", "mT"})


class Evaluator:
    """Evaluates expressions in a frame. `caller` runs a node's module again (`embed(ids)`)."""

    def __init__(self, frame: Frame, call_again: Any = None) -> None:
        self.frame = frame
        self._call_again = call_again

    # Entry points -----------------------------------------------------------------------

    def value(self, expr: ex.Expr) -> Value:
        """The value of `expr`; raises Fault or Silent."""
        spend(1)
        result = self._visit(expr)
        if isinstance(result, tuple):
            spend(self._length(expr, result))
        if self.frame.symbolic:
            result = self._symbolised(expr, result)
        if is_poison(result):
            raise Silent
        return result

    def _length(self, expr: ex.Expr, items: tuple[Value, ...]) -> int:
        """The items of a list and of the lists in it, which stay within the budget."""
        total, left = 0, [items]
        while left:
            here = left.pop()
            total += len(here)
            if total > numbers.MAX_LIST:
                message = f"lists of more than {numbers.MAX_LIST} items in all"
                fault("E0501", message, expr.span)
            left += [item for item in here if isinstance(item, tuple)]
        return total

    def condition(self, expr: ex.Expr) -> bool:
        """`expr` as a condition that is decided here and now."""
        value = self.value(expr)
        if isinstance(value, Outputs):
            value = value.first
        if isinstance(value, Tensor):
            fault(
                "E0310",
                "a condition on a tensor's values cannot be decided",
                expr.span,
                label=f"this is {value.type}",
                help="use `where(condition, a, b)`",
            )
        try:
            return bool(numbers.plain(value))
        except SizeUnknown as unknown:
            self._unknown(unknown, expr)

    def number(self, expr: ex.Expr) -> Value:
        """`expr` as a number or list of numbers known at build."""
        value = self.value(expr)
        try:
            return numbers.plain(value)
        except SizeUnknown as unknown:
            self._unknown(unknown, expr)

    # Dispatch ---------------------------------------------------------------------------

    def _visit(self, expr: ex.Expr) -> Value:
        match expr:
            case ex.Literal(value=value):
                return value
            case ex.Name():
                return self._name(expr)
            case ex.Attribute():
                return self._attribute(expr)
            case ex.Index():
                return self._index(expr)
            case ex.Call():
                return self._call(expr)
            case ex.Unary(op=op, operand=operand):
                return self._unary(expr, op, operand)
            case ex.Binary(op=op, left=left, right=right):
                return self._operate(expr, op, self.value(left), self.value(right))
            case ex.Compare():
                return self._compare(expr)
            case ex.BoolOp():
                return self._bool_op(expr)
            case ex.IfElse(condition=condition, then=then, otherwise=otherwise):
                holds = self.condition(condition)
                self.frame.fact(expr, "holds", holds)
                return self.value(then if holds else otherwise)
            case ex.ListExpr(items=items):
                return tuple(self.value(i) for i in items)
            case ex.Comprehension():
                return self._comprehension(expr)
            case ex.Dots():
                return ...
        fault("E0108", "this has no value here", expr.span)

    def _symbolised(self, expr: ex.Expr, value: Value) -> Value:
        """An integer that came from names, as a symbol that remembers `expr`."""
        if type(value) is not int or not isinstance(
            expr, ex.Call | ex.Index | ex.IfElse | ex.Attribute
        ):
            return value
        if not ex.free_names(expr):
            return value
        written = self.frame.written(expr)
        text = to_source(expr) if written is None else to_source(written)
        return symbol(f"?{text}" if written is None else text, value, expr=written)

    # Names ------------------------------------------------------------------------------

    def _name(self, expr: ex.Name) -> Value:
        found = self.lookup(expr.id)
        if found is None:
            self._unset(expr)
        return found.value

    def _unset(self, expr: ex.Name) -> NoReturn:
        """A name that means nothing here, or a required param of a file whose blocks are used from
        another."""
        module = self.frame.instance.scope.module
        param = next((p for p in module.params if p.name == expr.id), None)
        if param is None or param.default is not None:
            fault("E0204", f"there is no `{expr.id}` here", expr.span)
        message = f"the param `{expr.id}` has no value here"
        note = Label(param.span, f"`{expr.id}` has no default in its file")
        help = "give it a default, or make it a param of the block"
        fault("E0203", message, expr.span, notes=(note,), help=help)

    @dataclass(slots=True)
    class Found:
        value: Value

    def lookup(self, name: str) -> Found | None:
        """What `name` means here: a node, input, param or dim, a constant, a module."""
        frame = self.frame
        if name in frame.names:
            return self.Found(frame.names[name])
        scope = frame.instance.scope
        if name in scope.table:
            return self.Found(rescoped(scope.table[name], scope))
        if name == "training":
            return self.Found(frame.training)
        if name in numbers.CONSTANTS:
            return self.Found(numbers.CONSTANTS[name])
        return self._module(name, scope)

    def _module(self, name: str, scope: Scope) -> Found | None:
        module = scope.module
        if name in module.blocks:
            return self.Found(ModuleValue(module.blocks[name], (), scope))
        if name in module.uses:
            return self.Found(Namespace(module.uses[name]))
        if name in MODULES:
            return self.Found(ModuleValue(MODULES[name]))
        if name in DTYPES:
            return self.Found(DType(name))
        return None

    def _attribute(self, expr: ex.Attribute) -> Value:
        if isinstance(expr.value, ex.Name):
            weight = self._weight_of(expr.value.id, expr.name, expr)
            if weight is not None:
                return weight
        owner = self.value(expr.value)
        if isinstance(owner, Namespace):
            return namespace_member(owner.module, expr.name, expr.span)
        if isinstance(owner, Outputs):
            if expr.name in owner.items:
                return owner.items[expr.name]
            if not isinstance(owner.first, Tensor) or expr.name not in _TENSOR_ATTRIBUTES:
                self._no_output(owner, expr)
            owner = owner.first
        if isinstance(owner, Tensor):
            return self._tensor_attribute(owner, expr)
        self._no_attribute(owner, expr, [])

    def _tensor_attribute(self, owner: Tensor, expr: ex.Attribute) -> Value:
        shape = owner.type.shape
        if expr.name == "shape":
            return shape
        if expr.name == "ndim":
            return len(shape)
        if expr.name == "dtype":
            return DType(owner.type.dtype)
        if expr.name in ("T", "mT") and len(shape) >= 2:
            return self.apply(FUNCTIONS["transpose"], (owner, -2, -1), {}, expr)
        self._no_attribute(owner, expr, ["shape", "dtype", "ndim", "mT"])

    def _no_output(self, owner: Outputs, expr: ex.Attribute) -> NoReturn:
        near = difflib.get_close_matches(expr.name, owner.items, 1)
        known = ", ".join(f"`{name}`" for name in owner.items)
        help = f"did you mean `{near[0]}`?" if near else f"the outputs are {known}"
        fault(
            "E0215", f"`{to_source(expr.value)}` has no output `{expr.name}`", expr.span, help=help
        )

    def _no_attribute(self, owner: Value, expr: ex.Attribute, candidates: list[str]) -> NoReturn:
        near = difflib.get_close_matches(expr.name, candidates, 1)
        hint = f"did you mean `{near[0]}`?" if near else ""
        if not hint and candidates:
            hint = "there is " + ", ".join(f"`{c}`" for c in candidates)
        fault("E0204", f"there is no `{expr.name}` in {describe(owner)}", expr.span, help=hint)

    def _weight_of(self, node: str, name: str, expr: ex.Expr) -> Tensor | None:
        handle = self.frame.handles.get(node)
        if handle is None:
            return None
        value = self.frame.names.get(node)
        if isinstance(value, Outputs) and name in value.items:
            return None
        if isinstance(handle.child, ModuleChild):
            for weight in handle.child.weights:
                if weight.name == name:
                    return self.read_weight((*handle.path, name), weight, expr)
        if isinstance(handle.child, Instance) and name in handle.child.weights:
            return self.read_weight((*handle.path, name), handle.child.weights[name], expr)
        return None

    def read_weight(self, path: Path, weight: WeightDecl, expr: ex.Expr) -> Tensor:
        result = Tensor(TensorType(weight.dtype, weight.shape), ".".join(path), expr.span)
        self._step(ReadWeight(path, weight, result, node=self.frame.node, span=expr.span))
        return result

    # Operators --------------------------------------------------------------------------

    def _unary(self, expr: ex.Expr, op: str, operand: ex.Expr) -> Value:
        if op == "not":
            return not self.condition(operand)
        value = first(self.value(operand))
        if isinstance(value, Tensor):
            result = Tensor(self._typed(expr, lambda: unary_type(op, value.type)), "", expr.span)
            self._step(Operate(op, (value,), result, node=self.frame.node, span=expr.span))
            return result
        if op == "-":
            return (
                self._operate(expr, "*", value, -1)
                if isinstance(value, Dim)
                else self._negative(expr, value)
            )
        if op == "+":
            return value
        fault("E0305", f"`{op}` does not apply to {describe(value)}", expr.span)

    def _negative(self, expr: ex.Expr, value: Value) -> Value:
        if not isinstance(value, int | float):
            fault("E0305", f"`-` does not apply to {describe(value)}", expr.span)
        return -value

    def _operate(self, expr: ex.Expr, op: str, left: Value, right: Value) -> Value:
        left, right = first(left), first(right)
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            types = (to_type(left), to_type(right))
            result = Tensor(
                self._typed(expr, lambda: operator_type(op, *types), left, right), "", expr.span
            )
            self._step(Operate(op, (left, right), result, node=self.frame.node, span=expr.span))
            return result
        return self._numeric(expr, lambda: numbers.operate(op, left, right))

    def _compare(self, expr: ex.Compare) -> Value:
        left = first(self.value(expr.left))
        rights = [first(self.value(r)) for r in expr.rights]
        if len(rights) == 1 and (isinstance(left, Tensor) or isinstance(rights[0], Tensor)):
            if expr.ops[0] in ("is", "is not"):
                return (left is rights[0]) == (expr.ops[0] == "is")
            return self._operate(expr, expr.ops[0], left, rights[0])
        holds = True
        for op, right in zip(expr.ops, rights, strict=True):
            pair = (left, right)
            if any(isinstance(v, Tensor | TensorList) for v in pair):
                if op not in ("is", "is not"):
                    fault("E0305", "a tensor has no place in a chained comparison", expr.span)
                holds = holds and (pair[0] is pair[1]) == (op == "is")
            elif isinstance(left, tuple) and right is None:
                holds = holds and op in ("is not", "!=")
            else:
                holds = holds and self._numeric(expr, lambda p=pair, o=op: numbers.relate(o, *p))
            left = right
        return holds

    def _bool_op(self, expr: ex.BoolOp) -> Value:
        stop_at = expr.op == "or"
        for part in expr.values:
            holds = self.condition(part)
            self.frame.fact(part, "truth", holds)
            if holds == stop_at:
                return stop_at
        return not stop_at

    def _numeric(self, expr: ex.Expr, compute: Any) -> Value:
        try:
            return compute()
        except SizeUnknown as unknown:
            self._unknown(unknown, expr)
        except NumberError as error:
            fault("E0410", str(error), expr.span)

    def _unknown(self, unknown: SizeUnknown, expr: ex.Expr) -> NoReturn:
        fault(
            "E0306",
            f"the size `{unknown.size}` is only known at run time, "
            "but is needed to build the model",
            expr.span,
            help="make it a param, or give the input a fixed size there",
        )

    def _comprehension(self, expr: ex.Comprehension) -> Value:
        items = self.value(expr.iterable)
        if not isinstance(items, tuple):
            fault(
                "E0305",
                f"a comprehension wants a list, found {describe(items)}",
                expr.iterable.span,
            )
        frame = self.frame
        saved, symbolic = frame.names, frame.symbolic
        results: list[Value] = []
        frame.symbolic = False
        try:
            for item in items:
                frame.names = {**saved, **bind_targets(expr.targets, item, expr)}
                if all(self.condition(c) for c in expr.conditions):
                    results.append(self.value(expr.element))
        finally:
            frame.names, frame.symbolic = saved, symbolic
        return tuple(results)

    # Indexing ---------------------------------------------------------------------------

    def _index(self, expr: ex.Index) -> Value:
        owner = first(self.value(expr.value))
        if isinstance(owner, Tensor):
            return self._subscript(owner, expr)
        if isinstance(owner, TensorList):
            return self._item(owner, expr)
        if owner is None:
            name = to_source(expr.value)
            fault(
                "E0305",
                f"`{name}` may be absent here",
                expr.span,
                help=f"guard it: `... if {name} is not None else ...`",
            )
        if not isinstance(owner, tuple | str) or len(expr.items) != 1:
            fault("E0305", f"{describe(owner)} cannot be indexed like this", expr.span)
        item = expr.items[0]
        if isinstance(item, ex.Slice):
            ends = [
                None if e is None else self.number(e) for e in (item.lower, item.upper, item.step)
            ]
            return self._sliced(owner, ends, item)
        index = self.number(item)
        if not isinstance(index, int):
            fault("E0305", f"a list's index is an integer, found {describe(index)}", item.span)
        if not -len(owner) <= index < len(owner):
            fault("E0308", f"index {index} of a list of {len(owner)}", expr.span)
        return owner[index]

    def _sliced(self, owner: Value, ends: list[Value], item: ex.Slice) -> Value:
        if not all(e is None or type(e) is int for e in ends) or ends[2] == 0:
            fault("E0305", "a slice is of integers, and its step is not 0", item.span)
        return owner[slice(*ends)]

    def _item(self, owner: TensorList, expr: ex.Index) -> Value:
        index = self.number(expr.items[0]) if len(expr.items) == 1 else None
        if not isinstance(index, int):
            fault("E0305", "a list of tensors is indexed by one integer", expr.span)
        result = Tensor(owner.item, f"{owner.label}[{index}]", expr.span)
        self._step(Item(owner, index, result, node=self.frame.node, span=expr.span))
        return result

    def _subscript(self, owner: Tensor, expr: ex.Index) -> Value:
        items = tuple(self._index_item(i) for i in expr.items)
        types = tuple(to_type(i) for i in items)
        shape = self._typed(expr, lambda: index_type(owner.type, types), owner)
        result = Tensor(shape, "", expr.span)
        self._step(Subscript(owner, items, result, node=self.frame.node, span=expr.span))
        return result

    def _index_item(self, item: ex.Expr) -> Value:
        if isinstance(item, ex.Slice):
            ends = [
                None if e is None else self.value(e) for e in (item.lower, item.upper, item.step)
            ]
            return SliceItem(*ends)
        value = first(self.value(item))
        if isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value):
            fault("E0305", "a tensor is not indexed by a list of tensors", item.span)
        return value

    # Calls ------------------------------------------------------------------------------

    def _call(self, expr: ex.Call) -> Value:
        if isinstance(expr.func, ex.Attribute) and not self._names_module(expr.func):
            return self._method(expr, expr.func)
        if isinstance(expr.func, ex.Name):
            name = expr.func.id
            if name in self.frame.handles and not isinstance(
                self.frame.handles[name].child, WeightDecl
            ):
                return self._again(expr, name)
            found = self.lookup(name)
            if found is not None and isinstance(found.value, ModuleValue):
                return self._partial(expr, found.value)
            return self._function(expr, name)
        callee = self.value(expr.func)
        if isinstance(callee, ModuleValue):
            return self._partial(expr, callee)
        fault("E0305", f"{describe(callee)} is not called", expr.span)

    def _names_module(self, func: ex.Attribute) -> bool:
        if not isinstance(func.value, ex.Name):
            return False
        found = self.lookup(func.value.id)
        return found is not None and isinstance(found.value, Namespace)

    def _again(self, expr: ex.Call, name: str) -> Value:
        positional = [self.value(a) for a in expr.args]
        named = {k.name: self.value(k.value) for k in expr.keywords}
        return self._call_again(self.frame, self.frame.handles[name], positional, named, expr)

    def _partial(self, expr: ex.Call, callee: ModuleValue) -> Value:
        if expr.args:
            fault(
                "E0212",
                f"arguments of the module `{callee.name}` are given by name",
                expr.args[0].span,
                help="a module in an expression needs a node of its own",
            )
        args = dict(callee.args)
        args.update({k.name: self.value(k.value) for k in expr.keywords})
        return ModuleValue(callee.target, tuple(args.items()), callee.scope)

    def _method(self, expr: ex.Call, func: ex.Attribute) -> Value:
        owner = first(self.value(func.value))
        if not isinstance(owner, Tensor):
            fault("E0305", f"{describe(owner)} has no method `{func.name}`", func.span)
        op = method_named(func.name)
        if op is None:
            _no_method(func)
        if func.name in _PATTERNS:
            return self._patterned(func.name, (owner,), expr)
        return self.apply_expr(op, expr, (owner,))

    def _patterned(self, name: str, receiver: tuple[Value, ...], expr: ex.Call) -> Value:
        positional = (*receiver, *(first(self.value(a)) for a in expr.args))
        named = {k.name: self.value(k.value) for k in expr.keywords}
        return self._rearrange(name, positional, named, expr)

    def _function(self, expr: ex.Call, name: str) -> Value:
        if name in _PATTERNS:
            return self._patterned(name, (), expr)
        op = FUNCTIONS.get(name)
        if name in numbers.NAMES:
            positional = [first(self.value(a)) for a in expr.args]
            named = {k.name: self.value(k.value) for k in expr.keywords}
            structural = name in numbers.STRUCTURAL and name != "sum"
            lists = (*positional, *named.values())
            has_tensors = any(True for v in lists for _ in tensors(v))
            whole_tensor = any(isinstance(v, Tensor) for v in lists)
            if not whole_tensor and not (has_tensors and not structural):
                return self._numeric(expr, lambda: numbers.call(name, positional, named))
            if name == "sum" and not whole_tensor:
                return self._sum_of_tensors(expr, positional[0])
            if op is None:
                fault("E0305", f"`{name}` does not apply to a tensor", expr.span)
            return self.apply(op, tuple(positional), named, expr)
        if op is None:
            raise Silent  # the frontend has reported it
        return self.apply_expr(op, expr, ())

    def _sum_of_tensors(self, expr: ex.Expr, items: Value) -> Value:
        total = items[0]
        for item in items[1:]:
            total = self._operate(expr, "+", total, item)
        return total

    def apply_expr(self, op: FunctionOp, expr: ex.Call, receiver: tuple[Value, ...]) -> Value:
        positional = (*receiver, *(self._argument(a) for a in expr.args))
        named = {k.name: self._argument(k.value) for k in expr.keywords}
        return self.apply(op, positional, named, expr)

    def _argument(self, expr: ex.Expr) -> Value:
        return first(self.value(expr))

    def apply(
        self,
        op: FunctionOp,
        positional: tuple[Value, ...],
        named: Mapping[str, Value],
        expr: ex.Expr,
    ) -> Value:
        """Apply an op of the table to values; the call is one step, or several for a lowered op."""
        typed = [to_type(v) for v in positional]
        typed_named = {k: to_type(v) for k, v in named.items()}

        def compute() -> Any:
            bound = bind(op.name, op.args, typed, typed_named)
            rule = op.rule
            if rule is None:
                from netwright.ops.fallback import infer_by_fake

                return bound, infer_by_fake(op, bound)
            return bound, rule(bound)

        bound_types, result = self._typed(expr, compute, *positional, *named.values())
        names = [arg.name for arg in op.args]
        written = "training" in named or "training" in names[: len(positional)]
        if op.train and "training" in bound_types and not written:
            bound_types = {**bound_types, "training": self.frame.training}
        bound = rebind(op, bound_types, positional, named)
        many = isinstance(result, tuple)
        results = tuple(Tensor(t, "", expr.span) for t in (result if many else (result,)))
        self._step(Apply(op, bound, results, many, node=self.frame.node, span=expr.span))
        return results if many else results[0]

    def _rearrange(
        self, name: str, positional: tuple[Value, ...], named: Mapping[str, Value], expr: ex.Expr
    ) -> Value:
        typed = [to_type(v) for v in positional]
        typed_named = {k: to_type(v) for k, v in named.items()}
        steps = self._typed(expr, lambda: einops.plan(name, typed, typed_named), *positional)
        self.frame.fact(expr, "einops", steps)
        self.frame.fact(expr, "lengths", dict(named))
        value = positional[0]
        if isinstance(value, tuple):
            value = self.apply(FUNCTIONS["stack"], (value,), {}, expr)
        for step in steps:
            value = self.apply(FUNCTIONS[step.name], (value, *step.args), {}, expr)
        return value

    # Errors -----------------------------------------------------------------------------

    def _typed(self, expr: ex.Expr, compute: Any, *operands: Value) -> Any:
        try:
            return compute()
        except OpError as error:
            raise Fault(op_fault(error, expr, operands, {})) from None
        except SizeUnknown as unknown:
            self._unknown(unknown, expr)

    def _step(self, step: Any) -> None:
        spend(STEP)
        self.frame.instance.steps.append(step)


def _no_method(func: ex.Attribute) -> NoReturn:
    """Raise Fault for a method that is not in the table, or is known and refused."""
    refused = refusal(func.name)
    if refused is not None:
        fault(refused.code, refused.message, func.span, help=refused.help)
    near = difflib.get_close_matches(func.name, FUNCTIONS, 1)
    help = f"did you mean `{near[0]}`?" if near else ""
    fault("E0201", f"there is no method `{func.name}`", func.span, help=help)


def op_fault(
    error: OpError, expr: ex.Expr, operands: tuple[Value, ...], arg_spans: Mapping[str, Span]
) -> Diagnostic:
    """An op's refusal as a diagnostic: at the argument it names, with the inputs and their
    types."""
    span = expr.span
    if error.arg is not None:
        span = arg_spans.get(error.arg, span)
        if isinstance(expr, ex.Call):
            span = next((k.value.span for k in expr.keywords if k.name == error.arg), span)
    label = ", ".join(
        f"`{v.label}` is {v.type}" if v.label else str(v.type)
        for o in operands
        for v in list(tensors(o))[:4]
    )
    return Diagnostic(error.code, error.message, span, label, (), error.help)


def rebind(
    op: FunctionOp,
    bound: Mapping[str, Any],
    positional: tuple[Value, ...],
    named: Mapping[str, Value],
) -> dict[str, Value]:
    """The bound arguments with tensors in place of their types, matched in order of appearance."""
    flat = [t for v in positional for t in tensors(v)]
    by_name = {k: list(tensors(v)) for k, v in named.items()}
    rest = iter(flat)

    def restore(value: Any, source: Any) -> Value:
        if isinstance(value, TensorType):
            return next(source)
        if isinstance(value, tuple) and any(isinstance(v, TensorType) for v in value):
            return tuple(restore(v, source) for v in value)
        return value

    return {
        name: restore(value, iter(by_name[name]) if name in by_name else rest)
        for name, value in bound.items()
    }


def first(value: Value) -> Value:
    """What the bare name of several results means: the first."""
    return value.first if isinstance(value, Outputs) else value


def bind_targets(targets: tuple[str, ...], item: Value, expr: ex.Expr) -> dict[str, Value]:
    """Names bound by one step of a loop or comprehension."""
    if len(targets) == 1:
        return {targets[0]: item}
    flat = _flatten(item, len(targets))
    if len(flat) != len(targets):
        fault("E0305", f"{len(targets)} names for {len(flat)} values", expr.span)
    return dict(zip(targets, flat, strict=True))


def _flatten(item: Value, count: int) -> tuple[Value, ...]:
    if not isinstance(item, tuple):
        return (item,)
    if len(item) == count:
        return item
    flat: list[Value] = []
    for part in item:
        flat += part if isinstance(part, tuple) else [part]
    return tuple(flat)


def namespace_member(module: Any, name: str, span: Span) -> ModuleValue:
    """`namespace.Name`: a block, the model or one of its variants."""
    from netwright.passes.params import default_scope, variant_args

    if name in module.blocks:
        return ModuleValue(module.blocks[name], (), default_scope(module))
    if module.model is not None and name == module.model.name:
        return ModuleValue(module.model, (), default_scope(module))
    if module.model is not None and name in module.variants:
        return ModuleValue(module.model, variant_args(module, name), default_scope(module))
    raise Silent  # the frontend has reported it


__all__ = [
    "POISON",
    "Block",
    "Evaluator",
    "Fault",
    "Frame",
    "Handle",
    "Silent",
    "bind_targets",
    "fault",
    "first",
    "known",
    "namespace_member",
    "op_fault",
]
