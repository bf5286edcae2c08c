"""References that no library holds, in plain torch."""

import pkgutil

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


class TSMixer(nn.Module):
    """TSMixer (arXiv:2303.06053, figure 1) on windows that are normalised by themselves."""

    def __init__(
        self,
        context: int = 96,
        channels: int = 1,
        horizon: int = 24,
        depth: int = 2,
        hidden: int = 64,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        mixers = (TSMixerLayer(context, channels, hidden, dropout) for _ in range(depth))
        self.blocks = nn.ModuleList(mixers)
        self.projection = nn.Linear(context, horizon)

    def forward(self, past_values: Tensor) -> Tensor:
        """(B, context, channels) -> (B, horizon, channels)."""
        variance, mean = torch.var_mean(past_values, dim=1, correction=0, keepdim=True)
        deviation = torch.sqrt(variance + 1e-5)
        x = (past_values - mean) / deviation
        for block in self.blocks:
            x = block(x)
        future: Tensor = self.projection(x.mT).mT * deviation + mean
        return future


class TSMixerLayer(nn.Module):
    """Over time, then over the series; a norm over samples stands before each."""

    def __init__(self, context: int, channels: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.time_norm = nn.ModuleDict({"norm": nn.BatchNorm1d(context * channels)})
        self.time = nn.Linear(context, context)
        self.feature_norm = nn.ModuleDict({"norm": nn.BatchNorm1d(context * channels)})
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, context, channels) -> (B, context, channels)."""
        normed = self.time_norm["norm"](x.flatten(1)).view_as(x)
        x = x + self.drop(torch.relu(self.time(normed.mT))).mT
        normed = self.feature_norm["norm"](x.flatten(1)).view_as(x)
        inner = self.drop(torch.relu(self.fc1(normed)))
        return x + self.drop(self.fc2(inner))


class Translator(nn.Module):
    """torch.nn.Transformer between an embedding, with sinusoids, and that embedding as a head."""

    def __init__(self, vocab_size: int, dim: int, depth: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab_size, dim)
        self.transformer = nn.Transformer(dim, heads, depth, depth, hidden, batch_first=True)

    def embedded(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T, dim)."""
        dim = self.embed.embedding_dim
        places = torch.zeros(tokens.shape[1], dim)
        positions = torch.arange(tokens.shape[1])[:, None]
        angles = positions / 10000 ** (torch.arange(0, dim, 2) / dim)
        places[:, 0::2], places[:, 1::2] = angles.sin(), angles.cos()
        embedded: Tensor = self.embed(tokens) * dim**0.5 + places
        return embedded

    def forward(
        self, input_ids: Tensor, decoder_input_ids: Tensor, attention_mask: Tensor
    ) -> Tensor:
        """(B, S), (B, T) and (B, S) -> (B, T, vocab_size)."""
        causal = nn.Transformer.generate_square_subsequent_mask(decoder_input_ids.shape[1])
        padding = attention_mask == 0
        hidden = self.transformer(
            self.embedded(input_ids),
            self.embedded(decoder_input_ids),
            tgt_mask=causal.isinf(),
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
        )
        return torch.nn.functional.linear(hidden, self.embed.weight)


def untied(model: nn.Module) -> nn.Module:
    """A T5 1.1 whose head keeps its own weights, as published; transformers 5 ties every T5's."""
    head = model.get_submodule("lm_head")
    head.register_parameter("weight", nn.Parameter(head.get_parameter("weight").detach().clone()))
    return model


def voice_encoder() -> nn.Module:
    """Resemblyzer's (0.1.4), which reads its weights as it is made and so needs a real device."""
    with torch.device("cpu"):
        encoder: nn.Module = pkgutil.resolve_name("resemblyzer:VoiceEncoder")("cpu", verbose=False)
    return encoder


def without_tower_norm(model: nn.Module) -> nn.Module:
    """A LLaVA without CLIP's last norm, which its patches are taken before."""
    model.get_submodule("model.vision_tower").post_layernorm = nn.Identity()
    return model


def dilated(model: nn.Module, **rates: int) -> nn.Module:
    """Trade strides for dilation in whole stages (`layer4=2`), first block included: DeepLab's."""
    for stage, rate in rates.items():
        for module in model.get_submodule(stage).modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
                module.dilation = (rate, rate)
                module.padding = tuple(size // 2 * rate for size in module.kernel_size)
    return model


def unscaled(model: nn.Module) -> nn.Module:
    """Frozen norms that scale by one; timm begins the last of each block at zero."""
    for name, buffer in model.named_buffers():
        if name.endswith(".weight"):
            buffer.fill_(1)
    return model


def narrow_vgg(features: nn.Module, channels: int, hidden: int, classes: int) -> nn.Module:
    """A VGG of torchvision, which has 4096 channels in its head and 512 before it, with fewer."""
    model: nn.Module = pkgutil.resolve_name("torchvision.models:VGG")(features, init_weights=False)
    classifier = model.get_submodule("classifier")
    sizes = {"0": (49 * channels, hidden), "3": (hidden, hidden), "6": (hidden, classes)}
    for name, (before, after) in sizes.items():
        classifier.add_module(name, nn.Linear(before, after))
    return model


def yolo(config: str) -> nn.Module:
    """A detector of ultralytics, its bins of distances a buffer, since they are never learned.

    It finds out its strides by running, so that it is built on the CPU.
    """
    detector = pkgutil.resolve_name("ultralytics.nn.tasks:DetectionModel")
    with torch.device("cpu"):
        model: nn.Module = detector(config, verbose=False)
    (conv,) = [m for name, m in model.named_modules() if name.endswith("dfl.conv")]
    bins = conv.get_parameter("weight").detach()
    del conv.weight
    conv.register_buffer("weight", bins)
    return model
