"""Which files a spec may read: those under its catalogue root, and nothing else."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from netwright.frontend.budgets import Budgets


class Unreadable(Exception):
    """A file cannot be read; `code` and the text are those of the diagnostic."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help


def root_of(path: Path) -> Path:
    """The nearest ancestor folder that holds `blocks/`, else the spec's own folder."""
    folder = path.resolve().parent
    for candidate in (folder, *folder.parents):
        if (candidate / "blocks").is_dir():
            return candidate
    return folder


@dataclass(frozen=True, slots=True)
class Catalogue:
    root: Path
    budgets: Budgets

    def resolve(self, path: Path) -> Path:
        """The file that `path` leads to, symlinks followed; it must lie under the root."""
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self.root):
            message = "the file lies outside the catalogue"
            raise Unreadable("E0216", message, "a spec reads files under its catalogue's root only")
        return real

    def read(self, path: Path) -> str:
        """The text of the file at `path`, which has been resolved."""
        try:
            return decode(self._bytes(path))
        except OSError as fault:
            code = "E0217" if isinstance(fault, FileNotFoundError) else "E0107"
            raise Unreadable(code, f"the file cannot be read: {_reason(fault)}") from None

    def _bytes(self, path: Path) -> bytes:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Unreadable("E0107", "this is not a file")
            data = file.read(4 * self.budgets.text + 1)
        if len(data) > 4 * self.budgets.text:
            limit = self.budgets.text
            raise Unreadable("E0501", f"the file has more than {limit} characters, the limit")
        return data

    def relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def decode(data: bytes) -> str:
    """UTF-8, line ends left as they are."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        message = f"the file is not UTF-8: byte {data[fault.start]:#04x} in line {line}"
        raise Unreadable("E0107", message) from None


def _reason(fault: OSError) -> str:
    return (fault.strerror or type(fault).__name__).lower()
