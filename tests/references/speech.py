"""transformers' encoders of sound, with the names of the encoder and its head side by side."""

from __future__ import annotations

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
