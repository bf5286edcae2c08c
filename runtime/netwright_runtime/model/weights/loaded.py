"""What a load did: the report, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from netwright_runtime.model.weights.text import told

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Match:
    """A weight that the file gave.

    name        in the model, and `key` in the file
    part        of a split tensor, which one, and of how many: (0, 3) is the first of three
    reshaped    the shape in the file, where only dims of size 1 differ
    interpolated  the shape in the file, where positions were interpolated
    converted   the dtype in the file, where the model has another
    others      further keys of the file, where several tensors became this one
    made        what steps of a key map did to it, of `split`, `unstacked`, `joined`, `stacked`,
                `transposed`
    """

    name: str
    key: str
    part: tuple[int, int] | None = None
    reshaped: Shape | None = None
    interpolated: Shape | None = None
    converted: str | None = None
    others: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[str, ...]:
        """What was done on the way, of `renamed`, `split`, `reshaped`, ..."""
        alone = self.part is None and not self.others
        made = {
            "renamed": alone and self.name != self.key,
            **dict.fromkeys(self.made, True),
            "reshaped": self.reshaped is not None,
            "interpolated": self.interpolated is not None,
            "converted": self.converted is not None,
        }
        return tuple(change for change, was in made.items() if was)


@dataclass(frozen=True)
class Missing:
    """A weight of the model that the file lacks; `near` are keys that may be meant, best first."""

    name: str
    shape: Shape
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOver:
    """A tensor of the file that the model has no weight for.

    name  what the key becomes in the model's names
    near  weights of the model that may be meant, best first
    """

    key: str
    name: str
    shape: Shape
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Misfit:
    """A tensor with the name of a weight that it cannot be; `reason` says why."""

    name: str
    key: str
    reason: str


@dataclass(frozen=True)
class Loaded:
    """What became of a file's tensors and of the model's weights.

    model     the class, and `file` where the weights came from
    total     the entries of the model's `state_dict`
    inside    the keys of the dicts in the file that the weights lay in
    prefix    what was taken from the front of the file's names
    key_map   the spec's key map that was used
    others    other places inside the file that fit as well
    tied      weights that share the storage of one that was found, by name
    begun     counters of batches that the file lacks, which begin at 0
    dropped   keys that the key map drops
    skipped   weights and keys that the call leaves out
    inserted  layers that the file lacks, after which its numbers are moved on
    kept      weights that stay as the model had them
    """

    model: str
    file: str
    total: int
    inside: tuple[str, ...] = ()
    prefix: str = ""
    key_map: str | None = None
    others: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    tied: Mapping[str, str] = field(default_factory=dict)
    begun: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    left_over: tuple[LeftOver, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything that the call asks for was found, and nothing else."""
        return not (self.missing or self.left_over or self.misfits)

    @property
    def changes(self) -> dict[str, int]:
        """How many weights were renamed, split, and so on; those that were not are left out."""
        return dict(Counter(change for match in self.matches for change in match.changes))

    def to_json(self) -> dict[str, Any]:
        return {"complete": self.complete, "changes": self.changes, **asdict(self)}

    def __str__(self) -> str:
        return told(self)
