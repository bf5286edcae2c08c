"""The table of functions and methods on tensors.

An entry `Tensor.name` is the method where it differs from the function of that name.
"""

from netwright.ops.entry import FunctionOp
from netwright.ops.functions import cast, create, join, matrix, nn, pointwise, reduce, shape

ALL: tuple[FunctionOp, ...] = (
    *pointwise.ALL,
    *reduce.ALL,
    *shape.ALL,
    *join.ALL,
    *create.ALL,
    *cast.ALL,
    *matrix.ALL,
    *nn.ALL,
)
