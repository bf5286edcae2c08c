"""The table of modules: every class of `torch.nn` that a spec can name."""

from netwright.ops.entry import ModuleOp

ALL: tuple[ModuleOp, ...] = ()
