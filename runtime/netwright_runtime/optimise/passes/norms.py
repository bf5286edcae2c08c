"""Batch norm after a convolution or a linear layer becomes a part of its weights.

Before::

    conv = self.conv(x)                      # weight W, bias b
    return self.norm(conv)                   # (conv - mean) / sqrt(var + eps) * gamma + beta

After::

    return self.conv_norm(x)                 # weight W * s, bias (b - mean) * s + beta
                                             # with s = gamma / sqrt(var + eps)

In evaluation a batch norm scales and shifts each channel by fixed numbers (arXiv:1806.08342,
3.2.2). The weights are computed in double. Nothing is folded where something else reads the
convolution too, or where the norm takes its statistics from the batch.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from torch import Tensor, nn
from torch.fx import GraphModule, Node
from torch.nn.utils.fusion import fuse_conv_bn_weights

from netwright_runtime.optimise.rewriting import Change, Pass, path_of
from netwright_runtime.optimise.weights import add_module

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

Layer = (
    nn.Conv1d | nn.Conv2d | nn.Conv3d
    | nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d | nn.Linear
)  # fmt: skip


def rewrite(graph: GraphModule) -> Iterator[Change]:
    for node in list(graph.graph.find_nodes(op="call_module")):
        norm = graph.get_submodule(str(node.target))
        source = node.args[0]
        if not isinstance(norm, _NORMS) or not isinstance(source, Node):
            continue
        layer = _layer(graph, source)
        if layer is not None and _fixed(norm):
            source.target = add_module(graph, _beside(source, node), _folded(layer, norm))
            node.replace_all_uses_with(source)
            yield Change(path_of(node), f"folded into {path_of(source)}")
            source.meta = dict(node.meta)


def _layer(graph: GraphModule, node: Node) -> Layer | None:
    """The layer that a node calls, None where no norm can become a part of it."""
    if node.op != "call_module" or len(node.users) != 1:
        return None
    found = graph.get_submodule(str(node.target))
    if isinstance(found, _TRANSPOSED):
        # Of grouped ones, the weight's axis of channels holds those of one group.
        return found if found.groups == 1 else None
    if isinstance(found, nn.Linear):
        # Of more axes, the norm's channels are not the features.
        return found if _rank(node) == 2 else None
    return found if isinstance(found, _CONVOLUTIONS) else None


def _rank(node: Node) -> int | None:
    origin = node.meta.get("netwright")
    return None if origin is None or origin.type is None else len(origin.type.shape)


def _fixed(norm: nn.Module) -> bool:
    """Whether a norm has statistics of its own."""
    return not norm.training and isinstance(norm.running_mean, Tensor)


def _beside(source: Node, node: Node) -> str:
    """Where the folded layer stands: beside the layer, under both names."""
    return f"{source.target}_{str(node.target).rpartition('.')[2]}"


def _folded(layer: Layer, norm: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) -> Layer:
    """The layer with other weights; it has a bias even where there was none."""
    weight, bias = (None if t is None else t.double() for t in (layer.weight, layer.bias))
    mean, var, gamma, beta = (
        None if t is None else t.double()
        for t in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    assert weight is not None and mean is not None and var is not None
    transposed = isinstance(layer, _TRANSPOSED)
    made = fuse_conv_bn_weights(weight, bias, mean, var, norm.eps, gamma, beta, transposed)
    dtype = layer.weight.dtype
    folded = copy.deepcopy(layer, {id(p): p for p in layer.parameters()})  # no copy of weights
    folded.weight, folded.bias = (
        nn.Parameter(tensor.detach().to(dtype), requires_grad=False) for tensor in made
    )
    return folded


PASS = Pass("norms", 2, rewrite, "batch norm becomes part of the layer before it")
