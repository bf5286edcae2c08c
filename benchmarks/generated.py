"""Specs of any size: a chain of distinct nodes of five forms."""

from __future__ import annotations

_HEAD = "netwright: 1\nmodel: Generated\ninputs:\n  x: float[B, 64]\ngraph:\n"
_FORMS = (
    "Linear(out_features={width})",
    "LayerNorm(eps={eps})",
    "GELU",
    "{{op: Linear, out_features: {width}, bias: false}}",
    "n{before} * {factor} + gelu(n{before})",
)


def spec(nodes: int) -> str:
    """A spec of `nodes` nodes, its modules and expressions different from one to the next."""
    return _HEAD + "".join(f"  n{k}: {_node(k)}\n" for k in range(nodes))


def _node(number: int) -> str:
    return _FORMS[number % len(_FORMS)].format(
        width=32 + 7 * number % 512,
        eps=f"{1 + number % 9}e-6",
        factor=(1 + number % 97) / 100,
        before=number - 1,
    )
