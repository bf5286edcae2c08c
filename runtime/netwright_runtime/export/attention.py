"""Attention over three axes, `(B, T, C)`, as attention of one head.

torch takes it either way; ONNX is translated from four axes, `(B, heads, T, C)`, alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class OneHead(TorchFunctionMode):
    """While it holds, attention over three axes is computed over four."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if func is F.scaled_dot_product_attention and args and args[0].ndim == 3:
            return _one_head(*args, **named)
        return func(*args, **named)


def _one_head(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    *more: Any,
    **named: Any,
) -> Tensor:
    if attn_mask is not None and attn_mask.ndim == 3:
        attn_mask = attn_mask.unsqueeze(1)
    attend: Callable[..., Tensor] = F.scaled_dot_product_attention
    heads = [tensor.unsqueeze(1) for tensor in (query, key, value)]
    return attend(*heads, attn_mask, *more, **named).squeeze(1)
