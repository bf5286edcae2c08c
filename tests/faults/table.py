"""What a run found, as text: a table by kind, the totals, and everything that survives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tests.faults.judging import Verdict
from tests.faults.usual import CHECKS

CAUGHT, NAMED = 0.97, 0.90
"""What has to be reached: the part of the faults that are caught, and named at the right node."""


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """One row for each kind of fault, and one for each of the usual checks beside it."""
    head = f"{'where':9} {'kind':15} {'faults':>6} {'caught':>6} {'node':>5}  {'usual':>5}  by"
    yield head
    ordered = sorted(verdicts, key=lambda v: (v.layer, v.kind))
    for (layer, kind), group in groupby(ordered, key=lambda v: (v.layer, v.kind)):
        yield _row(layer, kind, list(group))
    yield _row("all", "", ordered)


def _row(layer: str, kind: str, found: list[Verdict]) -> str:
    caught = sum(bool(v.caught) for v in found)
    named = sum(v.named for v in found)
    usual = sum(bool(v.usual) for v in found)
    by = Counter(v.caught[0] for v in found if v.caught)
    most = ", ".join(f"{name} {count}" for name, count in by.most_common(4))
    return f"{layer:9} {kind:15} {len(found):6} {caught:6} {named:5}  {usual:5}  {most}"


def totals(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What verification and each usual check catches of all faults."""
    yield f"{'verification':14} {_part(v.caught for v in verdicts)} caught"
    yield f"{'':14} {_part(v.named for v in verdicts)} at the right node"
    yield f"{'':14} {_part(v.anywhere for v in verdicts)} with the right node among those named"
    for check in CHECKS:
        yield f"{check:14} {_part(check in v.usual for v in verdicts)} caught"
    yield f"{'all of these':14} {_part(v.usual for v in verdicts)} caught"


def _part(found: Iterable[object]) -> str:
    held = [bool(one) for one in found]
    return f"{sum(held):4} of {len(held)} ({sum(held) / len(held):6.1%})"


def survivors(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Faults that nothing caught, those caught at another node, and those that are none."""
    for verdict in verdicts:
        told = "; ".join(f"{n or '-'} {p}: {m[:90]}" for n, p, m in verdict.findings[:2])
        what = f"{verdict.layer}, {verdict.kind}, {verdict.title}"
        if not verdict.differs:
            yield f"no fault: {what}: the model does what the sound one does"
        elif not verdict.caught:
            yield f"survives: {what} (differs in {', '.join(verdict.differs)})"
        elif not verdict.named:
            yield f"elsewhere: {what}: {', '.join(verdict.caught)}: {told}"


def reached(verdicts: Sequence[Verdict]) -> bool:
    """Whether every fault is one, and enough of them are caught and named."""
    count = len(verdicts)
    return (
        all(v.differs for v in verdicts)
        and sum(bool(v.caught) for v in verdicts) >= CAUGHT * count
        and sum(v.named for v in verdicts) >= NAMED * count
    )
