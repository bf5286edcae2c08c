"""Files that are either whole or not there, whatever ends the process."""

from __future__ import annotations

import os
from pathlib import Path

TEMPORARY = ".writing"
"""How the name of a file ends while it is written."""

_CHUNK = 1 << 24
"""Bytes of one write, so that a thread that writes lets others run."""


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`, durably: it survives the loss of power, and a reader never sees a part.

    Raises:
        OSError: the file could not be written; what was at `path` before is still there.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        _write(temporary, data)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _write(path: Path, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view[:_CHUNK]) :]
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_temporary(folder: Path) -> None:
    """Delete what interrupted writes have left."""
    for path in folder.glob(f"*{TEMPORARY}"):
        path.unlink(missing_ok=True)
