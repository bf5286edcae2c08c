"""Modules without a shape rule: torch runs them on fake tensors whose sizes are symbolic.

This is the one place of the checker that imports torch, and only ops without a rule come here
(a user's modules, and a few of `torch.nn` in rare use).

A class that branches on a size makes torch assume that the branch goes as for the example at hand.
So a class is run with two examples, and what the two do not agree upon is refused. Where torch
gives up a symbol for its number, as its recurrent layers do, a size that is that number in both
examples is taken for the symbol.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sympy  # type: ignore[import-untyped]
import torch
from torch import nn
from torch._dynamo.source import ConstantSource
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.fx.experimental.symbolic_shapes import (
    DimDynamic,
    GuardOnDataDependentSymNode,
    ShapeEnv,
    free_unbacked_symbols,
)
from torch.utils._sympy.functions import FloorDiv, Mod, PythonMod

from netwright.ir.dims import Dim, Floor, Size, Symbol, floordiv, known, mod, product
from netwright.ir.types import DType, TensorType
from netwright.ops.entry import Arg, Arguments, FunctionOp, ModuleOp, Op, OpError, Result, Weight
from netwright.ops.plugin import CLASSES

_SCALES = (64, 12, 96, 20)
"""Examples of unknown sizes are small multiples of these: sizes that most modules take."""

_DTYPES = {"float": torch.float32, "int": torch.int64}
_NAMES = {torch.float32: "float", torch.int64: "int"}
_DATA_DEPENDENT = (
    DataDependentOutputException,
    DynamicOutputShapeException,
    GuardOnDataDependentSymNode,
)


def class_of(op: ModuleOp) -> Callable[..., Any]:
    """The class that `op` describes: a user's, or one of `torch.nn`."""
    if op.path in CLASSES:
        return CLASSES[op.path]
    cls: Callable[..., Any] = getattr(nn, op.path.removeprefix("nn."))
    return cls


# Running ------------------------------------------------------------------------------------


def infer_by_fake(op: Op, args: Arguments) -> Result:
    """The types of what `op` returns for all its arguments, those of constructor and forward.

    Raises OpError: E0301 where the forward refuses, E0308 where the constructor does, E0306 where a
    size of the result cannot be told for all sizes of the inputs, E0307 where it depends on data.
    """
    found: list[_Ran] = []
    refusals: list[OpError] = []
    for scale in _SCALES:
        try:
            found.append(_run(op, args, scale))
        except OpError as refusal:
            refusals.append(refusal)
        if len(found) == 2:
            return _agreed(op, found[0], found[1])
    raise refusals[0]


@dataclass(frozen=True, slots=True)
class _Ran:
    """What one run returned, and the sizes that stood for symbols in it, in the same order."""

    types: tuple[TensorType, ...]
    many: bool
    examples: tuple[tuple[int, Size], ...]


def _agreed(op: Op, first: _Ran, second: _Ran) -> Result:
    meant: dict[tuple[Size, Size], Size] = {
        (a, b): size for (a, size), (b, _) in zip(first.examples, second.examples, strict=True)
    }
    if _forms(first) != _forms(second):
        raise _undecided(op)
    types = tuple(
        TensorType(
            a.dtype,
            tuple(_merged(op, *sizes, meant) for sizes in zip(a.shape, b.shape, strict=True)),
        )
        for a, b in zip(first.types, second.types, strict=True)
    )
    return types if first.many else types[0]


def _forms(ran: _Ran) -> tuple[object, ...]:
    """All of the results but their sizes."""
    return (ran.many, *((t.dtype, t.rank) for t in ran.types))


def _merged(op: Op, a: Size, b: Size, meant: Mapping[tuple[Size, Size], Size]) -> Size:
    """The size that both runs agree upon."""
    if a == b:
        return a
    if (a, b) not in meant:
        raise _undecided(op)
    return meant[(a, b)]


def _undecided(op: Op) -> OpError:
    return OpError(
        f"the sizes that `{op.name}` returns do not follow from those of its inputs alone",
        code="E0306",
        help="give the module a shape rule, or fix the sizes of its inputs",
    )


def _run(op: Op, args: Arguments, scale: int) -> _Ran:
    world = _World(scale)
    with world.mode, torch.device("meta"), torch.no_grad(), _quiet(), _single():
        result = _called(op, {name: world.value(value) for name, value in args.items()})
    tensors = tuple(_tensors(result))
    if not tensors:
        raise OpError(f"`{op.name}` returns no tensor", code="E0305")
    if any(free_unbacked_symbols(t) for t in tensors):
        raise _on_data(op)
    types = tuple(world.type_of(t) for t in tensors)
    return _Ran(types, isinstance(result, tuple | list), tuple(world.examples))


def _called(op: Op, values: Mapping[str, Any]) -> Any:
    if isinstance(op, ModuleOp):
        built = {arg.name: values[arg.name] for arg in op.args}
        module = _refusing(op, "E0308", lambda: class_of(op)(**built))
        given = _written(op.inputs, values)
        return _refusing(op, "E0301", lambda: module(**given))
    first, *rest = op.args
    named = _written(tuple(rest), values)
    return _refusing(op, "E0301", lambda: _function_of(op)(values[first.name], **named))


def _written(args: tuple[Arg, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that do not have their default."""
    return {arg.name: values[arg.name] for arg in args if values[arg.name] is not arg.default}


def _function_of(op: FunctionOp) -> Callable[..., Any]:
    """The function or method that `op` describes."""
    path = op.function or f"Tensor.{op.method}"
    root, _, name = path.partition(".")
    owner = {"torch": torch, "F": nn.functional, "Tensor": torch.Tensor}[root]
    function: Callable[..., Any] = getattr(owner, name)
    return function


@contextmanager
def _quiet() -> Iterator[None]:
    """What a class warns of belongs to its use, not to the check."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _single() -> Iterator[None]:
    """`float` is float32 here, though the build that asks may be in another dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _refusing(op: Op, code: str, run: Callable[[], Any]) -> Any:
    """What `run` gives; whatever it raises becomes an OpError with the first line of its text."""
    try:
        return run()
    except _DATA_DEPENDENT as error:
        raise _on_data(op) from error
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise OpError(f"`{op.name}` refuses: {reason}", code=code) from error


def _on_data(op: Op) -> OpError:
    message = f"what `{op.name}` returns depends on the values of its inputs"
    return OpError(message, code="E0307", help="give the module a shape rule")


def _tensors(result: object) -> Iterator[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, tuple | list):
        for item in result:
            yield from _tensors(item)


# Sizes --------------------------------------------------------------------------------------


class _World:
    """One run: torch's symbols beside ours. `scale` decides what example each symbol stands for."""

    def __init__(self, scale: int) -> None:
        self.env = ShapeEnv(specialize_zero_one=False, duck_shape=False)
        self.mode = FakeTensorMode(shape_env=self.env)
        self.scale = scale
        self.numbers: dict[str, Any] = {}
        self.ours: dict[sympy.Symbol, Dim] = {}
        self.examples: list[tuple[int, Size]] = []

    def value(self, value: Any) -> Any:
        """An argument as torch takes it."""
        if isinstance(value, TensorType):
            dtype = _DTYPES.get(value.dtype) or getattr(torch, value.dtype)
            return torch.empty([self.size(d) for d in value.shape], dtype=dtype)
        if isinstance(value, Dim):
            return self.size(value)
        if isinstance(value, DType):
            return _DTYPES.get(value.name) or getattr(torch, value.name)
        if isinstance(value, tuple | list):
            return type(value)(self.value(v) for v in value)
        return value

    def size(self, size: Size) -> Any:
        """The number, or torch's symbolic number, for `size`."""
        if isinstance(size, int):
            return size
        total: Any = 0
        for monomial, coefficient in size.terms:
            term: Any = coefficient
            for atom in monomial:
                term = term * self._atom(atom)
            total = total + term
        return total

    def _atom(self, atom: Any) -> Any:
        if isinstance(atom, Symbol):
            if atom.key not in self.numbers:
                self.numbers[atom.key] = self._new(atom)
            return self.numbers[atom.key]
        numerator, denominator = self.size(atom.numerator), self.size(atom.denominator)
        return numerator // denominator if isinstance(atom, Floor) else numerator % denominator

    def _new(self, symbol: Symbol) -> Any:
        """A number of torch's for our symbol: its witness, or the next example."""
        hint = self.scale * (len(self.numbers) + 1)
        if symbol.witness is not None:
            hint = symbol.witness // symbol.scale
        self.examples.append((hint * symbol.scale, Dim({(symbol,): symbol.scale})))
        source = ConstantSource(f"size{len(self.numbers)}")
        theirs = self.env.create_symbol(hint, source, dynamic_dim=DimDynamic.DYNAMIC)
        if isinstance(theirs, sympy.Symbol):
            self.ours[theirs] = Dim({(symbol,): 1})
        return self.env.create_symintnode(theirs, hint=hint, source=source)

    def type_of(self, tensor: torch.Tensor) -> TensorType:
        name = _NAMES.get(tensor.dtype, str(tensor.dtype).removeprefix("torch."))
        return TensorType(name, tuple(self.translate(d) for d in tensor.shape))

    def translate(self, size: int | torch.SymInt) -> Size:
        return size if isinstance(size, int) else self._expression(size.node.expr)

    def _expression(self, expr: Any) -> Size:
        """Torch's expression for a size in our normal form."""
        match expr:
            case sympy.Integer():
                return int(expr)
            case sympy.Symbol() if expr in self.ours:
                return self.ours[expr]
            case sympy.Pow() if expr.exp.is_Integer and expr.exp > 0:
                return product([self._expression(expr.base)] * int(expr.exp))
        parts = [self._expression(part) for part in expr.args]
        match expr:
            case sympy.Add():
                return sum(parts, 0)
            case sympy.Mul():
                return product(parts)
            case FloorDiv():
                return floordiv(*parts)
            case Mod() | PythonMod():
                return mod(*parts)
        raise OpError(f"a size of the result is `{expr}`, which has no symbolic form", code="E0306")


# Weights ------------------------------------------------------------------------------------


def weights_by_fake(op: ModuleOp, args: Arguments) -> tuple[Weight, ...]:
    """What `op` owns when it is built with `args`, in the order of its `state_dict`.

    Buffers that are not persistent come in their module's place. Raises OpError E0306 for a size
    that is not known at build, E0308 where the constructor refuses.
    """
    values = {arg.name: _known(arg.name, args[arg.name]) for arg in op.args}
    with torch.device("meta"), _quiet():
        module: nn.Module = _refusing(op, "E0308", lambda: class_of(op)(**values))
    kept = module.state_dict().keys()
    found: dict[str, Weight] = {}
    for prefix, part in module.named_modules():
        start = f"{prefix}." if prefix else ""
        for name, parameter in part.named_parameters(recurse=False, remove_duplicate=False):
            found[start + name] = _weight(module, start + name, parameter, False, True)
        for name, buffer in part.named_buffers(recurse=False, remove_duplicate=False):
            found[start + name] = _weight(module, start + name, buffer, True, start + name in kept)
    return tuple(found.values())


def _weight(
    module: nn.Module, name: str, tensor: torch.Tensor, buffer: bool, persistent: bool
) -> Weight:
    dtype = _NAMES.get(tensor.dtype, str(tensor.dtype).removeprefix("torch."))
    return Weight(
        name, tuple(tensor.shape), dtype, buffer, persistent, tuple(_inside(module, name))
    )


def _inside(module: nn.Module, name: str) -> Iterator[tuple[str, str]]:
    """The classes of the table inside a module that own a weight, each with its name there."""
    from netwright.ops.table import MODULES

    levels = name.split(".")
    for depth, level in enumerate(levels[:-1], 1):
        module = module.get_submodule(level)
        classes = (cls.__name__ for cls in type(module).__mro__ if cls.__name__ in MODULES)
        yield from ((cls, ".".join(levels[depth:])) for cls in classes)


def _known(name: str, value: Any) -> Any:
    if isinstance(value, Dim):
        number = known(value)
        if number is None:
            raise OpError(f"`{name}` is not known when the model is built", arg=name, code="E0306")
        return number
    if isinstance(value, DType):
        return _DTYPES.get(value.name) or getattr(torch, value.name)
    if isinstance(value, tuple | list):
        return type(value)(_known(name, v) for v in value)
    return value
