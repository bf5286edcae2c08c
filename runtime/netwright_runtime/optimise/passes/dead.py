"""What no output needs goes.

Before::

    inv_freq = self.rotary.inv_freq
    second = self.heads[1](x)                # for another method
    return self.heads[0](x)

After::

    return self.heads[0](x)

The emitted source leaves it out as well, so that random functions draw what they draw there.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch.fx import GraphModule

from netwright_runtime.optimise.rewriting import Change, Pass, sweep


def rewrite(graph: GraphModule) -> Iterator[Change]:
    for where in sweep(graph):
        yield Change(where, "not needed")


PASS = Pass("dead", 1, rewrite, "what no output needs goes")
