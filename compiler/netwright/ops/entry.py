"""What an op is: one table entry that holds everything the compiler knows about it.

A `ModuleOp` describes a class of `torch.nn`, a `FunctionOp` a function or method on tensors. An
entry has the names and kinds of its arguments (held equal to torch's signature by a test), a shape
rule in plain Python, the weights it owns, its FLOPs, and how it is written in emitted source.

What rules see
--------------
A rule is called with bound arguments by name: a tensor argument is a `TensorType`, a list of
tensors a tuple of them, a size an `int` or a `Dim`, everything else a plain Python value
(`DType` for dtypes). Sizes may be symbolic: rules compare them only through `netwright.ir.dims`
(`same`, `known`, `compare`). A rule returns a `TensorType`, or a tuple of them where torch
returns a tuple or list, and refuses what torch refuses by raising `OpError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from netwright.ir.dims import Size
from netwright.ir.types import TensorType

Kind = Literal[
    "tensor",  # one tensor
    "tensors",  # a list of tensors
    "operand",  # a tensor or a number
    "size",  # an integer that may be symbolic
    "sizes",  # a list of those, or one where torch takes one for all
    "int",  # an integer known at build
    "ints",  # a list of those, or one where torch takes one for all
    "axis",  # a dimension's number
    "axes",  # one or several
    "float",
    "number",  # int or float
    "bool",
    "str",
    "dtype",
    "any",  # checked by the rule itself
]


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()

Arguments = Mapping[str, Any]
Result = TensorType | tuple[TensorType, ...]


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument. `optional` lets None through; `variadic` takes the rest of the positional ones
    (`x.view(B, -1)` as well as `x.view([B, -1])`); `choices` are the words a string may be;
    `keyword` is given by name only; `variadic` and `keyword` together take every other name
    (`rearrange(x, pattern, h=8)`), as pairs of name and value."""

    name: str
    kind: Kind
    default: object = REQUIRED
    optional: bool = False
    variadic: bool = False
    choices: tuple[str, ...] = ()
    doc: str = ""
    keyword: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


class OpError(Exception):
    """An op refuses its arguments or inputs.

    `message` states the fact without naming the node; `arg` names the argument or input at
    fault, so that the place can be underlined; `code` is a diagnostic code; `expected` and
    `found` feed the label; `help` is the remedy.
    """

    def __init__(
        self,
        message: str,
        *,
        arg: str | None = None,
        code: str = "E0301",
        help: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.arg = arg
        self.code = code
        self.help = help


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor that a module owns: its name within the module, shape, dtype, and whether it
    learns.

    inside  the classes of modules inside that it belongs to, outermost first, each with its name
            there: `out_proj.weight` of attention is `weight` of a `Linear`
    """

    name: str
    shape: tuple[Size, ...]
    dtype: str = "float"
    buffer: bool = False
    persistent: bool = True
    inside: tuple[tuple[str, str], ...] = ()


def _no_weights(args: Arguments) -> tuple[Weight, ...]:
    return ()


def _no_flops(args: Arguments, result: Result) -> Size:
    return 0


@dataclass(frozen=True, eq=False)
class ModuleOp:
    """A module class.

    name      as written in specs: `Conv2d`
    path      as written in emitted source: `nn.Conv2d`
    args      the constructor's arguments, in torch's order
    inputs    the forward's arguments, tensors and others (`MultiheadAttention` has `need_weights`)
    infer     for arguments that follow from the inputs: name -> function of the inputs
    rule      (constructor and forward arguments in one mapping) -> Result; None falls back to
    fake tensors weights   (constructor arguments) -> what it owns, in torch's order
    flops     (all arguments, result) -> floating point operations, counted as
    torch.utils.flop_counter does outputs   names of several results; the first flows on
    train     whether it acts differently in training mode
    """

    name: str
    path: str
    args: tuple[Arg, ...]
    inputs: tuple[Arg, ...]
    doc: str
    infer: Mapping[str, Callable[[Arguments], Size]] = field(default_factory=dict)
    rule: Callable[[Arguments], Result] | None = None
    weights: Callable[[Arguments], tuple[Weight, ...]] | None = _no_weights
    flops: Callable[[Arguments, Result], Size] = _no_flops
    outputs: tuple[str, ...] = ()
    train: bool = False


@dataclass(frozen=True, eq=False)
class FunctionOp:
    """A function or method on tensors.

    name      as written in specs, as function `name(x, ...)` or method `x.name(...)`
    function  the function's path in emitted source (`torch.cat`, `F.relu`), None where there is
    only the method method    the tensor method's name, None where there is only the function
    args      the arguments in torch's order; the first tensor is a method's receiver
    rule      (bound arguments) -> Result; None falls back to fake tensors
    factory   makes a tensor from nothing, so that emitted source adds the device of the block's
    inputs train     acts in training mode only (`dropout`)
    lowered   has no counterpart in torch: the back ends expand it (`rearrange`, `drop_path`)
    """

    name: str
    args: tuple[Arg, ...]
    doc: str
    function: str | None = None
    method: str | None = None
    rule: Callable[[Arguments], Result] | None = None
    flops: Callable[[Arguments, Result], Size] = _no_flops
    factory: bool = False
    train: bool = False
    lowered: bool = False


Op = ModuleOp | FunctionOp
