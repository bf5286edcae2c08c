"""The table of functions and methods on tensors."""

from netwright.ops.entry import FunctionOp

ALL: tuple[FunctionOp, ...] = ()
