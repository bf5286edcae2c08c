"""What a property is, what it is tried on, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwright_runtime.verify.subject import Subject


class Level(IntEnum):
    """How much a verification takes on; each level includes those before it."""

    QUICK = 0
    DEFAULT = 1
    FULL = 2


@dataclass(frozen=True)
class Trial:
    """One drawn case: all that a property may vary. Equal trials give equal results.

    sizes  of the symbolic dims, by name
    given  the optional inputs that the call gives
    seed   of the inputs
    """

    sizes: tuple[tuple[str, int], ...] = ()
    given: frozenset[str] = frozenset()
    seed: int = 0

    @property
    def size(self) -> dict[str, int]:
        return dict(self.sizes)

    def arguments(self) -> list[str]:
        """The options of the command that repeat this trial."""
        found = [f"--size {name}={size}" for name, size in self.sizes]
        found += [f"--given {name}" for name in sorted(self.given)]
        return [*found, f"--seed {self.seed}"]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    message  what was expected and what was found
    node     the path of the spec's node, empty where it is the whole model
    place    its `file:line:column`
    help     what to do
    warning  worth a look, and no failure
    """

    message: str
    node: str = ""
    place: str = ""
    help: str = ""
    warning: bool = False


Check = Callable[["Subject", Trial], Iterable[Finding]]


def always(subject: Subject) -> str:
    """Applies to every model."""
    return ""


def every_case(subject: Subject) -> Sequence[frozenset[str]]:
    """All sets of optional inputs that the checker elaborated."""
    return subject.compiled.cases


@dataclass(frozen=True)
class Property:
    """Something that a compiled model shall have.

    name     what reports and the command line call it
    check    finds what is wrong in one trial
    doc      what it proves, who else tests it, when it does not apply
    unfit    why it does not apply to a model, empty where it does
    level    the least level that includes it
    trials   how many trials are drawn at the default level
    minimum  the least sizes that it needs, by the dim's name
    cases    the sets of optional inputs that it is about, which is all of them where it is left out
    varies   whether it depends on sizes and inputs at all; else one trial is enough
    """

    name: str
    check: Check
    doc: str
    unfit: Callable[[Subject], str] = always
    level: Level = Level.QUICK
    trials: int = 5
    minimum: Callable[[Subject], Mapping[str, int]] = lambda subject: {}
    cases: Callable[[Subject], Sequence[frozenset[str]]] = every_case
    varies: bool = True


@dataclass(frozen=True)
class Outcome:
    """What became of one property.

    verdict  `passed`, `failed`, `warned` or `skipped`
    trials   how many were run, those while shrinking not among them
    trial    the smallest one that fails
    reason   why it was skipped
    command  what repeats the failure
    """

    property: str
    verdict: str
    trials: int = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    trial: Trial | None = None
    reason: str = ""
    command: str = ""

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain data."""
        trial = self.trial
        return {
            "property": self.property,
            "verdict": self.verdict,
            "trials": self.trials,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "findings": [vars(finding) for finding in self.findings],
            "trial": trial
            and {"sizes": trial.size, "given": sorted(trial.given), "seed": trial.seed},
            "command": self.command,
        }


@dataclass(frozen=True)
class Report:
    """The outcome of a verification.

    model   what was verified, as the user named it
    notes   what to know: a smaller model stands for a large one, a dim is taken as the batch
    """

    model: str
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    parameters: int = 0

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "model": self.model,
            "ok": self.ok,
            "parameters": self.parameters,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
        }

    @property
    def ok(self) -> bool:
        """Whether nothing failed; warnings are no failures."""
        return not self.failures

    @property
    def failures(self) -> list[Outcome]:
        return [o for o in self.outcomes if o.verdict == "failed"]
