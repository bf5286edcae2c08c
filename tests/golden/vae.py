"""VAE: A convolutional variational autoencoder (arXiv:1312.6114) for 32 x 32 images.

Generated from generative/vae.yaml (422e971f) by netwright 0.1.0.
The file stands on its own: edit it freely, it needs nothing but torch.

Shapes: B batch
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class VAEDecoder(nn.Module):
    def __init__(self, channels: int, width: int, latent: int) -> None:
        super().__init__()
        self.width = width
        self.fc = nn.Linear(latent, 4 * width * 16)
        self.up1 = nn.ConvTranspose2d(
            4 * width, 2 * width, kernel_size=4, stride=2, padding=1
        )
        self.act1 = nn.ReLU()
        self.up2 = nn.ConvTranspose2d(
            2 * width, width, kernel_size=4, stride=2, padding=1
        )
        self.act2 = nn.ReLU()
        self.up3 = nn.ConvTranspose2d(
            width, channels, kernel_size=4, stride=2, padding=1
        )
        self.image = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)  # (B, 64*width)
        x = self.up1(x.reshape(-1, 4 * self.width, 4, 4))  # (B, 2*width, 8, 8)
        x = self.act1(x)
        x = self.up2(x)  # (B, width, 16, 16)
        x = self.act2(x)
        x = self.up3(x)  # (B, channels, 32, 32)
        return self.image(x)


class VAEOutput(NamedTuple):
    """What `VAE` returns."""

    recon: Tensor
    mu: Tensor
    logvar: Tensor


class VAEEncodeOutput(NamedTuple):
    """What `VAE.encode` returns."""

    mu: Tensor
    logvar: Tensor


class VAE(nn.Module):
    """A convolutional variational autoencoder (arXiv:1312.6114) for 32 x 32 images."""

    def __init__(self, channels: int = 3, width: int = 32, latent: int = 128) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, width, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.mu = nn.Linear(64 * width, latent)
        self.logvar = nn.Linear(64 * width, latent)
        self.decoder = VAEDecoder(channels, width, latent)

    def encode(self, image: Tensor) -> VAEEncodeOutput:
        x = self.encoder(image)  # (B, 64*width)
        return VAEEncodeOutput(mu=self.mu(x), logvar=self.logvar(x))

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)

    def forward(self, image: Tensor) -> VAEOutput:
        mu, logvar = self.encode(image)
        x = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu) if self.training else mu
        x = self.decode(x)  # (B, channels, 32, 32)
        return VAEOutput(recon=x, mu=mu, logvar=logvar)
