"""Multiplications and additions of a graph, counted on tensors that have sizes and no numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.fx import GraphModule
from torch.utils._pytree import tree_map_only
from torch.utils.flop_counter import FlopCounterMode

from netwright_runtime.optimise.report import Report


def counted(
    report: Report, before: GraphModule, after: GraphModule, called: Mapping[str, Any]
) -> Report:
    """The report with the operations of a call, before the passes and after them."""
    sizes = replace(report.before, flops=flops(before, called))
    return replace(report, before=sizes, after=replace(report.after, flops=flops(after, called)))


def flops(graph: GraphModule, called: Mapping[str, Any]) -> int | None:
    """What products and convolutions of a call take, a multiplication and an addition being two;
    None where what is done depends on the numbers in a tensor. torch counts no recurrent layers."""
    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True) as mode:
            given = tree_map_only(torch.Tensor, mode.from_tensor, dict(called))
            with counter:
                graph(**given)
    except (DataDependentOutputException, DynamicOutputShapeException):
        return None
    return counter.get_total_flops()
