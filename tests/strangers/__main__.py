"""`python -m tests.strangers --count 10000 --seed 0`: random specs, held to torch."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from netwright.ops.table import FUNCTIONS, MODULES
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.strangers.examine import Examined, Fault, examine, prepare
from tests.strangers.grammar import draw
from tests.strangers.printed import whole

ALL_OPS = frozenset(FUNCTIONS) | frozenset(MODULES)


def main() -> int:
    """Examine `--count` numbers from `--seed` on; 1 where anything disagrees."""
    asked = _arguments()
    console = Console()
    start = time.monotonic()
    numbers = range(asked.seed, asked.seed + asked.count)
    done: list[Examined] = []
    shown = 0
    for examined in track(_examined(numbers, asked), total=asked.count, console=console):
        done.append(examined)
        for fault in examined.faults[: max(0, asked.show - shown)]:
            shown += 1
            console.rule(f"seed {fault.seed}: {fault.stage}")
            console.print(fault.found, fault.text, sep="\n\n", markup=False, highlight=False)
    summary = summed(done, time.monotonic() - start)
    console.print(_table(summary))
    if asked.json:
        Path(asked.json).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return 1 if summary["disagreements"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="strangers", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first number; one is one spec")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", type=int, default=10, help="failures shown with their spec")
    parser.add_argument("--json", default="", help="a file for the summary")
    parser.add_argument("--whole", action="store_true", help="do not make failing specs small")
    return parser.parse_args()


def _examined(numbers: range, asked: argparse.Namespace) -> Iterator[Examined]:
    work = partial(examine, small=not asked.whole)
    if asked.processes == 1:
        prepare()
        yield from map(work, numbers)
        return
    left = dict.fromkeys(numbers)
    while left:
        try:
            for examined in _pooled(work, list(left), asked.processes):
                del left[examined.seed]
                yield examined
        except BrokenProcessPool:
            for number in list(left)[: 2 * asked.processes + 1]:
                del left[number]
                yield _apart(work, number)


def _pooled(
    work: Callable[[int], Examined], numbers: list[int], processes: int
) -> Iterator[Examined]:
    with ProcessPoolExecutor(processes, get_context("spawn"), prepare) as pool:
        for done in as_completed([pool.submit(work, number) for number in numbers]):
            yield done.result()


def _apart(work: Callable[[int], Examined], number: int) -> Examined:
    """One number in a process of its own: one of those at hand when a process died."""
    try:
        return next(_pooled(work, [number], 1))
    except BrokenProcessPool:
        fault = Fault(number, "the process dies", "torch brings it down", whole(draw(number).spec))
        return Examined(number, frozenset(), 0, 0, 0, 0, False, (fault,), 0.0)


def summed(done: list[Examined], seconds: float) -> dict[str, object]:
    """The counts of a run."""
    ops = Counter(op for examined in done for op in examined.ops)
    faults = [fault for examined in done for fault in examined.faults]
    return {
        "specs": len(done),
        "nodes": sum(examined.nodes for examined in done),
        "seconds": round(seconds, 1),
        "seconds of CPU": round(sum(examined.seconds for examined in done), 1),
        "ops written": len(ops),
        "ops of the table": len(ALL_OPS),
        "ops never written": sorted(ALL_OPS - set(ops)),
        "specs with an invalid mutant": sum(examined.refused > 0 for examined in done),
        "mutants that torch takes": sum(examined.taken for examined in done),
        "mutants that torch refuses": sum(examined.refused for examined in done),
        "mutants that depend on sizes": sum(examined.depends for examined in done),
        "gradients in another order": sum(examined.reordered for examined in done),
        "disagreements": len(faults),
        "by stage": dict(Counter(fault.stage for fault in faults).most_common()),
        "failing seeds": sorted({fault.seed for fault in faults}),
    }


def _table(summary: dict[str, object]) -> Table:
    table = Table("strangers", "")
    for name, value in summary.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        table.add_row(name, text or "none")
    return table


if __name__ == "__main__":
    sys.exit(main())
