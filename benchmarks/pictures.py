"""Pictures of what a trained model makes."""

from __future__ import annotations

from pathlib import Path

import netwright
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.processes import ROOT

VAE = ROOT / "docs" / "images" / "vae_digits.png"

_ROWS, _COLUMNS = 4, 12


def samples(run: Path, picture: Path) -> None:
    """Images that the decoder of the run's autoencoder makes of normal noise, side by side."""
    model = netwright.build("vae", channels=1, width=16, latent=16)
    model.load_state_dict(load_file(run / "weights.safetensors"))
    noise = torch.randn((_ROWS * _COLUMNS, 16), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        made = model.eval().decode(noise)
    picture.parent.mkdir(exist_ok=True)
    Image.fromarray(_grid(made).numpy()).save(picture, optimize=True)


def _grid(images: Tensor) -> Tensor:
    """`float (N, 1, H, W)` in [0, 1] to bytes `(rows * H, columns * W)`, ink dark."""
    high, wide = images.shape[-2:]
    rows = images.reshape(_ROWS, _COLUMNS, high, wide).transpose(1, 2)
    return (255 * (1 - rows.reshape(_ROWS * high, _COLUMNS * wide))).round().to(torch.uint8)
