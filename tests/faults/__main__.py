"""Runs the corpus, or part of it: `python -m tests.faults --help`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.faults.alarms import alarms, catalogue
from tests.faults.corpus import FAULTS
from tests.faults.fault import Fault
from tests.faults.pool import verdicts
from tests.faults.table import reached, survivors, table, totals


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where enough is caught, and without `--alarms` nothing else is asked."""
    options = _options().parse_args(arguments)
    if options.alarms is not None:
        return _print_alarms(options.alarms, options.jobs, options.json)
    chosen = [f for f in FAULTS if _wanted(f, options)]
    if not chosen:
        print("no fault is called that", file=sys.stderr)
        return 2
    found = []
    for verdict in verdicts(chosen, options.jobs):
        found.append(verdict)
        _progress(len(found), len(chosen))
    print(*table(found), "", *totals(found), "", *survivors(found), sep="\n")
    if options.json is not None:
        lines = ",\n".join(json.dumps(verdict.to_json()) for verdict in found)
        options.json.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return 0 if reached(found) else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--only", default="", help="faults whose title holds this text")
    parser.add_argument("--layer", choices=["spec", "lowering", "rule", "plugin"])
    parser.add_argument("--kind", default="", help="faults of this kind")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--json", type=Path, help="write what was found into this file")
    parser.add_argument(
        "--alarms", type=int, metavar="N", help="instead: N generated good specs and the catalogue"
    )
    return parser


def _wanted(fault: Fault, options: argparse.Namespace) -> bool:
    return (
        options.only in fault.title
        and options.layer in (None, fault.layer)
        and options.kind in ("", fault.kind)
    )


def _progress(done: int, count: int) -> None:
    """A line that counts on where someone looks, and now and then a line in a log."""
    if sys.stderr.isatty():
        print(f"\r{done} of {count}", end="" if done < count else "\n", file=sys.stderr)
    elif done % 50 == 0 or done == count:
        print(f"{done} of {count}", file=sys.stderr, flush=True)


def _print_alarms(count: int, jobs: int, file: Path | None) -> int:
    found, held = [], 0
    for name, told in alarms(count, jobs):
        held += 1
        found += [f"{name}: {line}" for line in told]
        _progress(held, count + len(catalogue()))
    print(*found, f"{len(found)} false alarms in {held} sound models", sep="\n")
    if file is not None:
        counts = {"generated": count, "catalogue": held - count, "alarms": found}
        file.write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
