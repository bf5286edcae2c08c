"""References for sound: transformers' encoders with a head, and a spotter of keywords."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Headed(nn.Module):
    """A model for CTC whose encoder's weights lie beside the head, and not below a name."""

    def __init__(self, whole: nn.Module, prefix: str) -> None:
        super().__init__()
        encoder = whole.get_submodule(prefix)
        for name, child in encoder.named_children():
            self.add_module(name, child)
        for name, weight in encoder.named_parameters(recurse=False):
            self.register_parameter(name, weight)
        self.lm_head = whole.lm_head
        self._whole = (whole.eval(),)

    def forward(self, wave: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """(B, samples) -> (B, frames, characters)."""
        logits: Tensor = self._whole[0](wave, attention_mask=attention_mask).logits
        return logits


class KeywordCRNN(nn.Module):
    """A convolution with TensorFlow's padding, a recurrent net and a perceptron over all steps."""

    def __init__(
        self, frames: int = 151, mels: int = 40, width: int = 32, hidden: int = 32, fc: int = 64
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, width, (20, 5), (8, 2))
        steps, bands = -(-frames // 8), -(-mels // 2)
        self.gru = nn.GRU(width * bands, hidden, 2, batch_first=True, bidirectional=True)
        self.fc1 = nn.Linear(2 * hidden * steps, fc)
        self.fc2 = nn.Linear(fc, 2)
        lost = 8 * (steps - 1) + 20 - frames, 2 * (bands - 1) + 5 - mels
        self.padding = [side for n in reversed(lost) for side in (n // 2, n - n // 2)]

    def forward(self, mel: Tensor) -> Tensor:
        """(B, frames, mels) -> (B, 2)."""
        x = torch.relu(self.conv(F.pad(mel[:, None], self.padding)))
        x, _ = self.gru(x.permute(0, 2, 1, 3).flatten(2))
        logits: Tensor = self.fc2(torch.relu(self.fc1(x.flatten(1))))
        return logits
