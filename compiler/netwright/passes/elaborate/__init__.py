"""Elaboration: the generic program with chosen params becomes a typed instance tree.

    elaborator   blocks to instances, each distinct one once
    conditions   what `where` asks
    nodes        one node after the other, by kind:
      owned        parameters and buffers
      loops        repeat (again, over_iterations), each, scan
      once         one use of a module: its condition, its inputs, then
        modules      a module of torch
        blocks       a block, a block written in place
    outputs      what the instance gives

Optional inputs of a model and `training` are decided at call, so a model is elaborated once for
each *case*: which optional inputs are given, and in which mode.
"""

from netwright.passes.elaborate.elaborator import Elaborator

__all__ = ["Elaborator"]
