"""References for recommendation: in plain torch after their papers, and one of deepctr-torch."""

import pkgutil
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


def perceptron(sizes: list[int]) -> nn.Sequential:
    """Linear layers from size to size, each called `fc`, and a ReLU after each."""
    layers: list[nn.Module] = []
    for old, new in pairwise(sizes):
        layer = nn.Sequential()
        layer.add_module("fc", nn.Linear(old, new))
        layer.add_module("act", nn.ReLU())
        layers.append(layer)
    return nn.Sequential(*layers)


class NeuMF(nn.Module):
    """Neural matrix factorisation (arXiv:1708.05031), before the sigmoid."""

    def __init__(self, users: int, items: int, factors: int) -> None:
        super().__init__()
        self.factors_user = nn.Embedding(users, factors)
        self.factors_item = nn.Embedding(items, factors)
        self.mlp_user = nn.Embedding(users, 4 * factors)
        self.mlp_item = nn.Embedding(items, 4 * factors)
        self.mlp = perceptron([8 * factors, 4 * factors, 2 * factors, factors])
        self.predict = nn.Linear(2 * factors, 1)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        """(B,), (B,) -> (B,)."""
        product = self.factors_user(user).mul(self.factors_item(item))
        both = torch.cat([self.mlp_user(user), self.mlp_item(item)], 1)
        score: Tensor = self.predict(torch.cat([product, self.mlp(both)], 1))
        return score.squeeze(1)


class DLRM(nn.Module):
    """DLRM (arXiv:1906.00091) with products as interaction, before the sigmoid."""

    def __init__(
        self, numbers: int, cardinalities: list[int], bottom: list[int], top: list[int]
    ) -> None:
        super().__init__()
        count = len(cardinalities) + 1
        self.bottom_mlp = perceptron([numbers, *bottom])
        self.embeddings = nn.ModuleList(nn.Embedding(n, bottom[-1]) for n in cardinalities)
        self.top_mlp = perceptron([bottom[-1] + count * (count - 1) // 2, *top])
        self.head = nn.Linear(top[-1], 1)

    def forward(self, values: Tensor, categories: Tensor) -> Tensor:
        """(B, numbers), (B, categories) -> (B,)."""
        dense = self.bottom_mlp(values)
        sparse = [
            table(column) for table, column in zip(self.embeddings, categories.T, strict=True)
        ]
        vectors = torch.stack([dense, *sparse], 1)
        count = vectors.shape[1]
        rows, columns = torch.tril_indices(count, count, offset=-1)
        pairs = torch.bmm(vectors, vectors.mT)[:, rows, columns]
        score: Tensor = self.head(self.top_mlp(torch.cat([dense, pairs], 1)))
        return score.squeeze(1)


class Tower(nn.Module):
    """Embeddings of several categories, and a perceptron that makes one vector of them."""

    def __init__(self, sizes: list[int], embed_dim: int, hidden: list[int], dim: int) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(n, embed_dim) for n in sizes)
        self.mlp = perceptron([embed_dim * len(sizes), *hidden])
        self.head = nn.Linear(hidden[-1], dim)

    def forward(self, categories: Tensor) -> Tensor:
        """(N, categories) -> (N, dim), of length 1."""
        found = [table(column) for table, column in zip(self.embeddings, categories.T, strict=True)]
        vector: Tensor = self.head(self.mlp(torch.hstack(found)))
        return vector / torch.linalg.vector_norm(vector, dim=1, keepdim=True)


class TwoTower(nn.Module):
    """Users beside items (doi:10.1145/3298689.3346996), by the product of their vectors."""

    def __init__(
        self,
        user_sizes: list[int],
        item_sizes: list[int],
        embed_dim: int = 32,
        hidden: tuple[int, ...] = (256, 128),
        dim: int = 64,
    ) -> None:
        super().__init__()
        self.user_tower = Tower(user_sizes, embed_dim, list(hidden), dim)
        self.item_tower = Tower(item_sizes, embed_dim, list(hidden), dim)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        """(U, categories), (I, categories) -> (U, I)."""
        scores: Tensor = torch.einsum("ud,id->ui", self.user_tower(user), self.item_tower(item))
        return 20 * scores


def deepfm(numbers: int, cardinalities: list[int], dim: int, hidden: list[int]) -> nn.Module:
    """DeepFM of deepctr-torch 0.3.0, its perceptron's layers one level deeper as `fc`."""
    sparse, dense = (
        pkgutil.resolve_name(f"deepctr_torch.inputs:{name}") for name in ("SparseFeat", "DenseFeat")
    )
    columns = [sparse(str(i), n, embedding_dim=dim) for i, n in enumerate(cardinalities)]
    columns.append(dense("values", numbers))
    build = pkgutil.resolve_name("deepctr_torch.models:DeepFM")
    with torch.device("cpu"):
        model: Any = build(columns, columns, dnn_hidden_units=hidden, device="cpu")
        layers = perceptron([model.dnn.linears[0].in_features, *hidden])
        for layer, linear in zip(layers, model.dnn.linears, strict=True):
            layer.add_module("fc", linear)
    model.dnn = layers
    found: nn.Module = model
    return found
