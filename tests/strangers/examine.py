"""One number examined: its spec compared, its mutants judged, a failure made small."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from tests.strangers.compare import Failure, compare
from tests.strangers.grammar import Drawn, draw, runs
from tests.strangers.mutate import Mutant, judged, mutants
from tests.strangers.printed import whole
from tests.strangers.shrink import shrunk


@dataclass(frozen=True)
class Fault:
    """A disagreement, with the smallest spec that was found for it."""

    seed: int
    stage: str
    found: str
    text: str


@dataclass(frozen=True)
class Examined:
    """What came of one number, and the seconds of CPU that it took.

    `taken`, `refused` and `depends` count mutants by verdict; `reordered` is that of `Compared`.
    """

    seed: int
    ops: frozenset[str]
    nodes: int
    taken: int
    refused: int
    depends: int
    reordered: bool
    faults: tuple[Fault, ...]
    seconds: float


def prepare() -> None:
    """One thread for each process, and no warnings: specs from strangers give many."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


def examine(seed: int, small: bool = True) -> Examined:
    """Draw, compare, mutate. With `small`, failures are shrunk."""
    start = time.process_time()
    drawn = draw(seed)
    compared = compare(drawn)
    found = list(mutants(drawn))
    faults = [
        *_compared(drawn, compared.failure, small),
        *(_judged(mutant, small) for mutant in found if not mutant.agrees),
    ]
    verdicts = [mutant.verdict for mutant in found]
    return Examined(
        seed,
        drawn.ops,
        sum(len(graph.nodes) for graph in drawn.spec.graphs()),
        verdicts.count("taken"),
        verdicts.count("refused"),
        verdicts.count("depends"),
        compared.reordered,
        tuple(faults),
        time.process_time() - start,
    )


def _compared(drawn: Drawn, failure: Failure | None, small: bool) -> list[Fault]:
    if failure is None:
        return []
    found = drawn
    if small:
        found = _smallest(drawn, lambda d: runs(d) and _alike(compare(d).failure, failure))
    return [Fault(drawn.seed, failure.stage, failure.found, whole(found.spec))]


def _alike(found: Failure | None, failure: Failure) -> bool:
    return (
        found is not None
        and found.stage == failure.stage
        and found.found[:12] == failure.found[:12]
    )


def _judged(mutant: Mutant, small: bool) -> Fault:
    def fails(drawn: Drawn) -> bool:
        found = judged(drawn, mutant.edit)
        return (
            found is not None
            and not found.agrees
            and found.verdict == mutant.verdict
            and [e[:24] for e in found.errors[:1]] == [e[:24] for e in mutant.errors[:1]]
        )

    found = _smallest(mutant.drawn, fails) if small else mutant.drawn
    said = mutant.errors[0] if mutant.errors else f"taken, though torch says: {mutant.reason}"
    return Fault(mutant.drawn.seed, f"mutant {mutant.verdict} by torch", said, whole(found.spec))


def _smallest(drawn: Drawn, fails: Callable[[Drawn], bool]) -> Drawn:
    return shrunk(replace(drawn), fails)
