"""Inductor's patterns of attention, which take half a second to set up, only where one may match.

Each of them has a batched product. Most blocks have none, since they call
`scaled_dot_product_attention`, or no attention at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.fx import GraphModule


@contextmanager
def attention_where_it_may_be() -> Iterator[None]:
    """What is compiled within is spared the patterns if it has no batched product."""
    from torch._inductor import compile_fx
    from torch._inductor.fx_passes import joint_graph

    passes = joint_graph.joint_graph_passes

    def spared(graph: GraphModule, *more: Any) -> Any:
        if graph.graph.find_nodes(op="call_function", target=torch.ops.aten.bmm.default):
            return passes(graph, *more)
        with _without_attention():
            return passes(graph, *more)

    with patch.object(compile_fx, "joint_graph_passes", spared):
        yield


@contextmanager
def _without_attention() -> Iterator[None]:
    """Patterns that are not set up yet stay so; whoever compiles later sets them up."""
    from torch._inductor.fx_passes import fuse_attention, joint_graph

    if fuse_attention._sfdp_init.cache_info().currsize:
        yield
        return
    once: Any = joint_graph.lazy_init
    try:
        with patch.object(fuse_attention, "_sfdp_init", lambda device: None):
            yield
    finally:
        once.cache_clear()
