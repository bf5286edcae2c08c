"""Chance that follows from the seed, the epoch and the sample, and from nothing else.

No generator is ever saved: whoever draws for a sample again gets the same, in another process, in
another batch, and after a resume.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import torch


@dataclass(frozen=True)
class Draws:
    """What may be drawn for the samples of a batch.

    indices  of the samples in their source, in the order of the batch
    """

    seed: int
    epoch: int
    indices: Sequence[int]

    def generators(self, purpose: str) -> Iterator[torch.Generator]:
        """One generator for each sample; different purposes draw independently."""
        for index in self.indices:
            yield generator(self.seed, self.epoch, index, purpose)


def generator(seed: int, epoch: int, index: int, purpose: str) -> torch.Generator:
    """The generator on the CPU for one sample; every bit of its seed depends on all four."""
    key = f"{seed} {epoch} {index} {purpose}".encode()
    drawn = int.from_bytes(blake2b(key, digest_size=8).digest(), "big", signed=True)
    return torch.Generator().manual_seed(drawn)
