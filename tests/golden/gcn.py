"""GCN: A graph convolutional network (arXiv:1609.02907) over an edge list.

Generated from graph/gcn.yaml (ac8705a9) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: N of x, E of edge_index
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GCNConv(nn.Module):
    def __init__(
        self,
        in_features: int,
        hidden: int,
        depth: int,
        out_channels: int,
        dropout: float,
        i: int,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.lin = nn.Linear(
            in_features, hidden if i < depth - 1 else out_channels, bias=False
        )
        self.bias = nn.Parameter(torch.zeros(hidden if i < depth - 1 else out_channels))
        self.enabled = i < depth - 1

    def forward(self, h: Tensor, src: Tensor, coef: Tensor, dst: Tensor) -> Tensor:
        N = h.shape[0]
        lin = self.lin(h)
        messages = lin[src] * coef[:, None]
        x = h.new_zeros(N, lin.shape[-1]).index_add(0, dst, messages) + self.bias
        return F.dropout(F.relu(x), self.dropout, self.training) if self.enabled else x


class GCN(nn.Module):
    """A graph convolutional network (arXiv:1609.02907) over an edge list."""

    def __init__(
        self,
        in_channels: int = 5,
        hidden: int = 64,
        depth: int = 2,
        out_channels: int = 3,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [
                GCNConv(
                    in_channels if i == 0 else hidden,
                    hidden,
                    depth,
                    out_channels,
                    dropout,
                    i,
                )
                for i in range(depth)
            ],
        )

    def forward(
        self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None
    ) -> Tensor:
        N = x.shape[0]
        given = (
            edge_weight if edge_weight is not None else x.new_ones(edge_index.shape[1])
        )
        loop = edge_index[0] == edge_index[1]
        self_weight = x.new_ones(N + 1).scatter(
            0, torch.where(loop, edge_index[0], N), given
        )[:N]
        src = torch.cat([edge_index[0], torch.arange(N, device=x.device)])  # (E+N)
        dst = torch.cat([edge_index[1], torch.arange(N, device=x.device)])
        weight = torch.cat([torch.where(loop, 0.0, given), self_weight])
        inv_sqrt = x.new_zeros(N).index_add(0, dst, weight)  # (N)
        inv_sqrt = torch.where(inv_sqrt > 0, inv_sqrt.clamp(min=1e-30).rsqrt(), 0.0)
        coef = inv_sqrt[src] * weight * inv_sqrt[dst]  # (E+N)
        for conv in self.convs:
            x = conv(x, src, coef, dst)
        return x
