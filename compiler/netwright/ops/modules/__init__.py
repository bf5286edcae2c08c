"""The table of modules: every class of `torch.nn` that a spec can name."""

from netwright.ops.entry import ModuleOp
from netwright.ops.modules import (
    activation,
    attention,
    conv,
    dropout,
    linear,
    loss,
    norm,
    padding,
    pool,
    rare,
    recurrent,
    reshape,
    similarity,
    sparse,
    transformer,
    upsample,
)

ALL: tuple[ModuleOp, ...] = (
    *linear.OPS,
    *conv.OPS,
    *pool.OPS,
    *padding.OPS,
    *norm.OPS,
    *activation.OPS,
    *dropout.OPS,
    *sparse.OPS,
    *recurrent.OPS,
    *attention.OPS,
    *transformer.OPS,
    *reshape.OPS,
    *upsample.OPS,
    *similarity.OPS,
    *loss.OPS,
    *rare.OPS,
)
