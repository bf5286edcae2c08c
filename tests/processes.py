"""Python in a process of its own, with the packages that this one sees."""

from __future__ import annotations

import os
import subprocess
import sys


def python(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the interpreter with these arguments; its output is captured as text."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
