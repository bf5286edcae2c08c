"""The passes, one a file, in the order in which they run."""

from __future__ import annotations

from netwright_runtime.optimise.passes import (
    attention,
    common,
    constants,
    dead,
    identities,
    inlining,
    norms,
    packing,
)
from netwright_runtime.optimise.rewriting import Pass

PASSES: tuple[Pass, ...] = (
    inlining.PASS,
    dead.PASS,
    identities.PASS,
    norms.PASS,
    attention.PASS,
    common.PASS,
    constants.PASS,
    packing.PASS,
)
"""What stands in the way goes first, then what others leave something to share or compute to."""

__all__ = ["PASSES"]
