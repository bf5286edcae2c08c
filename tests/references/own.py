"""References that no library holds, in plain torch."""

import torch
from torch import Tensor, nn


class VAE(nn.Module):
    """A convolutional variational autoencoder (arXiv:1312.6114) for 32 x 32 images."""

    def __init__(self, channels: int = 3, width: int = 32, latent: int = 128) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.mu = nn.Linear(4 * width * 16, latent)
        self.logvar = nn.Linear(4 * width * 16, latent)
        self.decoder = VAEDecoder(channels, width, latent)

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(B, channels, 32, 32) -> mean and logarithm of the variance, both (B, latent)."""
        features = self.encoder(image)
        return self.mu(features), self.logvar(features)

    def decode(self, z: Tensor) -> Tensor:
        """(B, latent) -> (B, channels, 32, 32), in 0..1."""
        recon: Tensor = self.decoder(z)
        return recon

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruction, mean and log-variance; in eval mode from the mean, without noise."""
        mu, logvar = self.encode(image)
        noise = torch.randn_like(mu) if self.training else torch.zeros_like(mu)
        return self.decode(mu + torch.exp(0.5 * logvar) * noise), mu, logvar


class VAEDecoder(nn.Module):
    """From a latent vector back to an image."""

    def __init__(self, channels: int, width: int, latent: int) -> None:
        super().__init__()
        self.width = width
        self.fc = nn.Linear(latent, 4 * width * 16)
        self.up1 = nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1)
        self.up3 = nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """(B, latent) -> (B, channels, 32, 32)."""
        x = self.fc(z).unflatten(1, (4 * self.width, 4, 4))
        x = torch.relu(self.up2(torch.relu(self.up1(x))))
        return torch.sigmoid(self.up3(x))


class LSTMClassifier(nn.Module):
    """A bidirectional LSTM over tokens; the top layer's two last hidden states are classified."""

    def __init__(
        self,
        vocab_size: int,
        embed_dim: int = 128,
        hidden: int = 256,
        depth: int = 2,
        num_classes: int = 2,
        padding_idx: int = 0,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim, padding_idx)
        self.lstm = nn.LSTM(embed_dim, hidden, depth, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, num_classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, num_classes)."""
        _, (h_n, _) = self.lstm(self.embedding(tokens))
        logits: Tensor = self.fc(torch.cat([h_n[-2], h_n[-1]], dim=-1))
        return logits


def dilated(model: nn.Module, **rates: int) -> nn.Module:
    """Trade strides for dilation in whole stages (`layer4=2`), first block included: DeepLab's."""
    for stage, rate in rates.items():
        for module in model.get_submodule(stage).modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
                module.dilation = (rate, rate)
                module.padding = tuple(size // 2 * rate for size in module.kernel_size)
    return model
