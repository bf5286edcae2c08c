"""Fresh processes, as a user starts them: with the bytecode of all modules at hand."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

Run = Callable[..., None]


@contextmanager
def fresh_environment() -> Iterator[dict[str, str]]:
    """The environment of processes that see this checkout.

    Bytecode is written to a folder of its own: to keep it nowhere, as some environments ask for,
    would have every process compile every module.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        roots = (str(ROOT / "compiler"), str(ROOT / "runtime"), environment.get("PYTHONPATH", ""))
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, roots))
        environment["PYTHONPYCACHEPREFIX"] = folder
        yield environment


@contextmanager
def fresh() -> Iterator[Run]:
    """Runs Python with the given arguments and waits; raises CalledProcessError where it fails."""
    with fresh_environment() as environment:

        def run(*arguments: str) -> None:
            command = [sys.executable, *arguments]
            subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)

        yield run
