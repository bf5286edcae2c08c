"""The table of functions and methods on tensors.

An entry `Tensor.name` is the method where it differs from the function of that name.
"""

from netwright.ops.entry import FunctionOp
from netwright.ops.functions import (
    cast,
    create,
    index,
    join,
    maps,
    matrix,
    nn,
    pointwise,
    reduce,
    shape,
    special,
    windows,
)  # fmt: skip
from netwright.ops.functions.refused import REFUSED, refusal

ALL: tuple[FunctionOp, ...] = (
    *pointwise.ALL,
    *reduce.ALL,
    *shape.ALL,
    *join.ALL,
    *index.ALL,
    *create.ALL,
    *cast.ALL,
    *matrix.ALL,
    *nn.ALL,
    *maps.ALL,
    *windows.ALL,
    *special.ALL,
)

__all__ = ["ALL", "REFUSED", "refusal"]
