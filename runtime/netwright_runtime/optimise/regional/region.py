"""The code that all blocks of a kind share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Size, Tensor, nn
from torch._C._dynamo.guards import GlobalStateGuard, TensorGuards
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
)

from netwright_runtime.optimise.regional import kernels
from netwright_runtime.optimise.regional.capture import Form, Lifted

LIMIT = 8
"""Variants of one kind of block; what needs another is given to Dynamo."""


@dataclass(frozen=True, eq=False)
class Call:
    """A call of a block.

    form           of the arguments
    configuration  of the block's parts
    tensors        the weights, and after them the tensors given
    given          how many were given
    """

    form: Form
    configuration: list[Any]
    tensors: list[Tensor]
    given: int

    @property
    def sizes(self) -> list[Size]:
        """Of the tensors given."""
        return [tensor.shape for tensor in self.tensors[len(self.tensors) - self.given :]]

    def same(self) -> list[int]:
        """For each tensor given, the first that is the same object."""
        ids = [id(tensor) for tensor in self.tensors[len(self.tensors) - self.given :]]
        return [ids.index(number) for number in ids]


@dataclass(frozen=True, eq=False)
class Variant:
    """Code for one way to call a block, and all that it holds for.

    call      the one that it was compiled for, without its tensors
    same      which of the tensors given were one and the same
    sizes     of the tensors given
    tensors   class, dtype, device, sizes, strides and gradient of weights and tensors given
    modes     gradients, autocast, determinism: what torch keeps for the whole process
    returned  the form of what the block returns
    """

    call: Call
    same: list[int]
    sizes: list[Size]
    tensors: TensorGuards
    modes: GlobalStateGuard
    code: kernels.Code
    returned: Form

    def fits(self, call: Call) -> bool:
        """Whether the code does what the block would do; the guards are Dynamo's, in C++."""
        return (
            (self.call.form is call.form or self.call.form == call.form)
            and self.tensors.check(*call.tensors)
            and self.modes.check()
            and self.call.configuration == call.configuration
            and self.same == call.same()
        )


@dataclass(eq=False)
class Region:
    """A kind of block, compiled once for each way in which its blocks are called.

    mode           as in `torch.compile`
    dynamic        whether a block that meets a second size is given to Dynamo; all are, where True
    channels_last  whether images are laid out so before a block receives them
    variants       in the order in which they were needed
    unfit          why no block of this kind can be compiled here, empty where they can
    """

    mode: str
    dynamic: bool | None
    channels_last: bool = False
    variants: list[Variant] = field(default_factory=list)
    unfit: str = ""

    def find(self, call: Call) -> Variant | None:
        """The variant for a call, None where none fits."""
        return next((variant for variant in self.variants if variant.fits(call)), None)

    def takes(self, call: Call, before: Variant | None) -> bool:
        """Whether another variant is compiled for a call, where the last one was `before`."""
        grown = before is not None and before.sizes != call.sizes
        if self.dynamic or (grown and self.dynamic is None):
            return False
        return not self.unfit and len(self.variants) < LIMIT

    def compile(self, block: nn.Module, names: Sequence[str], call: Call) -> Variant | None:
        """A variant for this call and all that are like it; None where Dynamo is needed: a size
        inside the block, or what it does, depends on the numbers in a tensor."""
        function = Lifted(block, names, call.form)
        modes, tensors = GlobalStateGuard(), _guards(call.tensors)
        try:
            code = kernels.compiled(function, call.tensors, self.mode)
        except (DataDependentOutputException, DynamicOutputShapeException) as fault:
            self.unfit = str(fault)
            return None
        plain = Call(call.form, call.configuration, [], call.given)
        found = Variant(plain, call.same(), call.sizes, tensors, modes, code, function.returned)
        self.variants.append(found)
        return found


def _guards(tensors: Sequence[Tensor]) -> TensorGuards:
    """What fits tensors of these very sizes and strides."""
    sizes: list[Any] = [list(tensor.shape) for tensor in tensors]
    strides: list[Any] = [list(tensor.stride()) for tensor in tensors]
    return TensorGuards(*tensors, dynamic_dims_sizes=sizes, dynamic_dims_strides=strides)
