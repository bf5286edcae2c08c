"""`python -m benchmarks [name ...]`."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks import report

NAMES = (
    "check",
    "spans",
    "layers",
    "nodes",
    "hostile",
    "lines",
    "emitted",
    "optimise",
    "depth",
    "saving",
    "training",
)


def main() -> None:
    """Run the benchmarks that are named, or all; print, keep and document what they find."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    names = parser.parse_args().names
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark `{unknown[0]}`, only {', '.join(NAMES)}")
    for name in names or NAMES:
        result = import_module(f"benchmarks.{name}").run()
        report.save(result)
        report.show(result)
    report.write_page(NAMES)


if __name__ == "__main__":
    main()
