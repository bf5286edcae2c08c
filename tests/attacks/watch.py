"""An audit hook that notes what a check must never do.

A hook cannot be removed, hence the switch.
"""

from __future__ import annotations

import ast
import builtins
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORBIDDEN = (
    "import", "exec", "compile", "open", "os.", "socket.", "subprocess.", "ctypes.", "pickle.",
    "marshal.", "shutil.", "glob.", "pathlib.", "tempfile.", "urllib.", "http.", "ftplib.",
    "code.__new__", "function.__new__", "builtins.input", "builtins.breakpoint", "cpython.run",
    "sys.addaudithook", "sys.settrace", "sys.setprofile", "webbrowser.", "mmap.", "signal.",
)  # fmt: skip
_PURE = {"os.fspath"}


class Watch:
    """Notes forbidden events while it is on; files below `root` may be read."""

    def __init__(self) -> None:
        self.on = False
        self.root = ""
        self.seen: list[str] = []
        self._compile = builtins.compile
        sys.addaudithook(self._hook)
        builtins.compile = self._parse_only

    @contextmanager
    def watching(self, folder: Path) -> Iterator[list[str]]:
        """What happens inside that must not; files in `folder` may be read."""
        self.root = os.path.realpath(folder)
        self.seen = []
        self.on = True
        try:
            yield self.seen
        finally:
            self.on = False

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on or not event.startswith(FORBIDDEN) or event in _PURE:
            return
        if event == "compile":
            return  # its flags are not in the event: `_parse_only` sees them
        if event == "open" and self._may_open(args):
            return
        self.on = False
        self.seen.append(f"{event} {str(args[0])[:200] if args else ''}")
        self.on = True

    def _may_open(self, args: tuple[Any, ...]) -> bool:
        """Whether a file is opened for reading that lies in the spec's folder, links followed.

        The second event of one `os.open`, for its descriptor, says nothing new.
        """
        path, mode, flags = args
        if isinstance(path, int):
            return True
        reads = mode in ("r", "rb") or (mode is None and not flags & 0o3)
        real = os.path.realpath(path)
        return reads and (real == self.root or real.startswith(self.root + os.sep))

    def _parse_only(self, source: Any, *args: Any, **named: Any) -> Any:
        """`compile` as `ast.parse` uses it; anything more is noted."""
        flags = args[2] if len(args) > 2 else named.get("flags", 0)
        if self.on and not flags & ast.PyCF_ONLY_AST:
            self.seen.append(f"compile {str(source)[:200]}")
        return self._compile(source, *args, **named)
