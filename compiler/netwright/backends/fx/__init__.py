"""The fx back end: an instance tree as a `torch.fx.GraphModule`."""

from netwright.backends.fx.lower import begin, lower, tie

__all__ = ["begin", "lower", "tie"]
