"""References of recurrent and generative networks, in plain torch."""

import torch
from torch import Tensor, nn


class TokenClassifier(nn.Module):
    """Tokens, embedded and read in both directions by layers of `kind`, for a head to classify."""

    kind: type[nn.LSTM] | type[nn.GRU]

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int = 128,
        hidden: int = 256,
        depth: int = 2,
        num_classes: int = 2,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        layers = self.kind(embed_dim, hidden, depth, batch_first=True, bidirectional=True)
        self.add_module(self.kind.__name__.lower(), layers)
        self.fc = nn.Linear(2 * hidden, num_classes)


class LSTMClassifier(TokenClassifier):
    """The top layer's two last hidden states are classified."""

    kind = nn.LSTM

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, num_classes)."""
        _, (h_n, _) = self.get_submodule("lstm")(self.embedding(tokens))
        logits: Tensor = self.fc(torch.cat([h_n[-2], h_n[-1]], dim=-1))
        return logits


class GRUClassifier(TokenClassifier):
    """The mean of real tokens' states is classified."""

    kind = nn.GRU

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, num_classes)."""
        states, _ = self.get_submodule("gru")(self.embedding(tokens))
        real = tokens.ne(0).to(states.dtype)
        share = real / real.sum(1, keepdim=True).clamp(min=1)
        logits: Tensor = self.fc(torch.einsum("btc,bt->bc", states, share))
        return logits


class DCGAN(nn.Module):
    """The generator of DCGAN (arXiv:1511.06434)."""

    def __init__(self, latent: int, widths: list[int], channels: int = 3) -> None:
        super().__init__()
        self.maps = nn.ModuleList()
        for place, (old, new) in enumerate(zip([latent, *widths], widths, strict=False)):
            step = (1, 0) if place == 0 else (2, 1)
            layer = nn.Module()
            layer.add_module("conv", nn.ConvTranspose2d(old, new, 4, *step, bias=False))
            layer.add_module("norm", nn.BatchNorm2d(new))
            self.maps.append(layer)
        self.image = nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, bias=False)

    def forward(self, z: Tensor) -> Tensor:
        """(B, latent) -> (B, channels, H, W), in -1 to 1."""
        x = z.unflatten(1, (-1, 1, 1))
        for layer in self.maps:
            x = layer.get_submodule("norm")(layer.get_submodule("conv")(x)).relu()
        image: Tensor = torch.tanh(self.image(x))
        return image
