"""Large numbers as people read them."""

from __future__ import annotations


def show_bytes(count: int, zero: str = "0 B") -> str:
    """`1.5 GiB`; `zero` for nothing."""
    if count == 0:
        return zero
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def show_count(count: int) -> str:
    """`8.18 G`; empty for nothing."""
    if count == 0:
        return ""
    size = float(count)
    for unit in ("", "k", "M", "G", "T"):
        if size < 1000:
            return f"{count}" if not unit else f"{size:.2f} {unit}"
        size /= 1000
    return f"{size:.2f} P"
