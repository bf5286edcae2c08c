"""Checks every attack under the audit hook, in a process of its own; prints one line of JSON each.

python -m tests.attacks.replay FOLDER [KIND/NAME ...]
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netwright.backends.source import emit
from netwright.diagnostics import render_all, to_json
from netwright.driver.check import check
from netwright.driver.model import load
from netwright.passes.generalise import generalise

from tests.attacks import code, form, names, size
from tests.attacks.attack import Attack
from tests.attacks.watch import Watch

KINDS = {"code": code, "form": form, "names": names, "size": size}
SECONDS = 30
"""Of processor time, far above what any attack takes: what reaches it hangs."""

MEMORY = 1 << 30
"""Bytes above what the process has at the start."""

_WARM = """netwright: 1
model: W
doc: a
params: {n: 2, m: {type: module, default: ReLU}}
inputs: {x: "float[B, 8]"}
graph: {a: Linear(out_features=n), b: m, c: {repeat: 2, graph: {d: K}}, e: x @ x.T}
blocks: {K: {inputs: {x: "float[B, c]"}, graph: {a: Linear(out_features=c)}}}
"""
_WARMING = (
    _WARM,
    _WARM.replace("repeat: 2", "repeat: y"),
    _WARM.replace("repeat: 2", "repeat: [2]"),
    _WARM.replace("Linear", "Liner"),
)
"""Specs that make the compiler import what it imports late, before the watch begins."""


class Hangs(Exception):
    """An attack takes more time than any should."""


def attacks() -> Iterator[tuple[str, Attack]]:
    for kind, module in KINDS.items():
        for name, attack in module.ATTACKS.items():
            yield f"{kind}/{name}", attack


def prepare(folder: Path, attack: Attack) -> Path:
    """Write an attack's files; the path of its spec."""
    folder.mkdir(parents=True)
    spec = folder / "spec.yaml"
    spec.write_bytes(attack.data)
    for name, text in attack.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, target in attack.links.items():
        (folder / name).symlink_to(target)
    return spec


@contextmanager
def limited() -> Iterator[None]:
    """Stop what hangs."""

    def stop(*_: object) -> None:
        raise Hangs

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def run(spec: Path) -> dict[str, Any]:
    """What becomes of a spec: its diagnostics as data and text, and its source if it is sound."""
    found = check(spec)
    result: dict[str, Any] = {
        "errors": [to_json(d) for d in found.errors],
        "text": render_all(found.report, found.sources),
    }
    if found.ok and found.model:
        model = load(spec, found.variants[0])
        elaboration = model.elaborate()
        result["source"] = emit(generalise(elaboration)).text
    return result


def replay(watch: Watch, folder: Path, name: str, attack: Attack) -> dict[str, Any]:
    spec = prepare(folder, attack)
    start = time.process_time()
    result: dict[str, Any] = {}
    with watch.watching(folder) as seen:
        try:
            watch.on = False
            with limited():
                watch.on = True
                result = run(spec)
                watch.on = False
        except BaseException as error:
            watch.on = False
            result = {"raised": f"{type(error).__name__}: {str(error)[:300]}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds = round(time.process_time() - start, 2)
    return {"name": name, "seen": seen, "seconds": seconds, "peak": peak, **result}


def main(folder: Path, only: list[str]) -> None:
    watch = Watch()
    for number, text in enumerate(_WARMING):
        run(prepare(folder / f"warm{number}", Attack(text)))
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (base + MEMORY, base + MEMORY))
    for number, (name, attack) in enumerate(attacks()):
        if not only or name in only:
            print(json.dumps(replay(watch, folder / str(number), name, attack)), flush=True)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.umask(0o077)
    main(Path(sys.argv[1]), sys.argv[2:])
