"""Whatever the text: an answer within a second and 200 MiB.

The attacks of the tests and sound specs of up to 1 MiB, each as a fresh `netwright check`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from netwright_runtime.measure.timing import Time

from benchmarks.large import specs
from benchmarks.processes import ROOT, fresh_environment
from benchmarks.result import Goal, Result, Row
from tests.attacks.attack import Attack
from tests.attacks.replay import attacks, prepare

_SHOWN = 12
_SECONDS, _MEBIBYTES = 1.0, 200.0
_CHECK = """
import sys
from netwright.cli import main
code = main()
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024, file=sys.stderr)
sys.exit(code)
"""
"""A check that says at its end how many MiB the process held at most."""


@dataclass(frozen=True)
class _Answer:
    name: str
    seconds: float
    mebibytes: float


def run() -> Result:
    """The slowest answers, and the largest."""
    with tempfile.TemporaryDirectory() as folder, fresh_environment() as environment:
        _answer("a first one writes the bytecode", ROOT / "specs/generative/vae.yaml", environment)
        found = [_answer(name, path, environment) for name, path in _inputs(Path(folder))]
    slowest = sorted(found, key=lambda a: -a.seconds)
    largest = max(found, key=lambda a: a.mebibytes)
    rows = tuple(
        Row(f"{a.name} ({a.mebibytes:.0f} MiB)", Time.of([a.seconds])) for a in slowest[:_SHOWN]
    )
    late = sum(a.seconds > _SECONDS for a in found)
    goals = (
        Goal(f"the slowest of {len(found)} ({slowest[0].name})", slowest[0].seconds, _SECONDS, "s"),
        Goal(f"the largest ({largest.name})", largest.mebibytes, _MEBIBYTES, "MiB"),
    )
    notes = (f"{len(found) - late} of {len(found)} answers come within a second.",)
    return Result("hostile", "Hostile and large specs", rows, goals, notes)


def _inputs(folder: Path) -> Iterator[tuple[str, Path]]:
    for number, (name, attack) in enumerate(attacks()):
        yield name, prepare(folder / f"attack{number}", attack)
    for number, (name, text) in enumerate(specs().items()):
        yield f"sound: {name}", prepare(folder / f"sound{number}", Attack(text))


def _answer(name: str, spec: Path, environment: Mapping[str, str]) -> _Answer:
    """Check one spec; it is an error of the compiler if the process does not end by 0 or 1."""
    command = [sys.executable, "-c", _CHECK, "check", str(spec)]
    start = time.perf_counter()
    done = subprocess.run(
        command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        raise RuntimeError(f"{name}: {done.stderr}")
    return _Answer(name, seconds, float(done.stderr.split()[-1]))
