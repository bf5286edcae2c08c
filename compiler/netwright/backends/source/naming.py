"""Names in emitted files: classes, arguments, local variables. A candidate first, a suffix last."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

RESERVED = frozenset(keyword.kwlist) | {"self", "nn", "torch", "math", "F", "Tensor", "NamedTuple"}
"""Names that an emitted function must not use for its own."""

_BUILTINS = frozenset(dir(builtins))


def camel(name: str) -> str:
    """`patch_embed` as `PatchEmbed`; what is capitalised already stays."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_") if part)


_SINGULARS = {
    "axes": "axis",
    "bias": "bias",
    "biases": "bias",
    "cls": "cls",
    "indices": "index",
    "matrices": "matrix",
    "series": "series",
}


def singular(name: str) -> str:
    """One of what `name` holds: `blocks` as `block`, `layers` as `layer`, `entries` as `entry`."""
    if name in _SINGULARS:
        return _SINGULARS[name]
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")) and len(name) > 2:
        return name[:-1]
    return name


def snake(name: str) -> str:
    """A dim's or block's name as an argument: `C` as `c`, `InChannels` as `in_channels`."""
    out = ""
    for k, c in enumerate(name):
        if c.isupper() and k and not name[k - 1].isupper() and name[k - 1] != "_":
            out += "_"
        out += c.lower()
    return out


class Names:
    """The names taken in one scope."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def choose(self, *candidates: str) -> str:
        """The first candidate that is free and usable, or the last one with a suffix."""
        for candidate in candidates:
            if self.free(candidate):
                self.taken.add(candidate)
                return candidate
        base = candidates[-1] if candidates[-1].isidentifier() else "value"
        number = 2
        while not self.free(f"{base}_{number}"):
            number += 1
        self.taken.add(f"{base}_{number}")
        return f"{base}_{number}"

    def free(self, name: str) -> bool:
        return name.isidentifier() and name not in RESERVED and name not in self.taken


def shadows_builtin(name: str) -> bool:
    """Whether a local of this name would hide a built-in that emitted code uses."""
    return name in _BUILTINS


def plain(name: str) -> str:
    """A local's name without the emitter's marks: `layers.kv` as `kv`, `blocks#` as `block`."""
    if name.endswith("##"):
        return f"{plain(name.rstrip('#'))}_steps"
    if name.endswith("#"):
        bare = name.rstrip("#")
        return singular(bare.rpartition(".")[2])
    name = name.rstrip("!")
    head, _, tail = name.rpartition(".")
    if head and tail in ("output", "x"):
        return head
    return tail
