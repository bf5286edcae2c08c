"""The global generators, set anew for each step.

What a step draws (dropout, mostly) follows from the seed and the step's number. So no state of a
generator has to be saved, nothing that happens between two steps (an evaluation, a worker's start,
a compilation) can shift the numbers, and a resumed run draws what the first one would have drawn.
"""

from __future__ import annotations

import random
from hashlib import blake2b

import numpy as np
import torch


def reseed(seed: int, purpose: str, *numbers: int) -> None:
    """Set the generators of Python, NumPy and torch, on every device, to what follows from these.

    The process's rank is among `numbers` where processes must not draw the same.
    """
    key = " ".join(map(str, (seed, purpose, *numbers))).encode()
    drawn = int.from_bytes(blake2b(key, digest_size=8).digest(), "big")
    random.seed(drawn)
    np.random.seed(drawn % 2**32)
    torch.manual_seed(drawn % 2**63)
