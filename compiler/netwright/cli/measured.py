"""What the commands that measure share: numbers, places, and what to install."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from netwright.driver.failure import CallError


def missing_extra(missing: ModuleNotFoundError, extra: str) -> CallError:
    """What to install."""
    return CallError(
        f"`{missing.name}` is not installed; `pip install 'netwright[{extra}]'` brings it"
    )


def width() -> int | None:
    """The terminal's, and enough where there is none."""
    return None if sys.stdout.isatty() else 160


def at(sizes: Mapping[str, int]) -> str:
    """The sizes of the dims behind a model's name."""
    said = ", ".join(f"{name}={size}" for name, size in sizes.items())
    return f" at {said}" if said else ""


def place(machine: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """The machine and the versions that numbers belong to."""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, "
        f"{machine['device']}; " + ", ".join(f"{name} {held}" for name, held in versions.items())
    )


def show_seconds(seconds: float) -> str:
    """`1.5 s`, `20.1 ms`, `7 us`."""
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"
