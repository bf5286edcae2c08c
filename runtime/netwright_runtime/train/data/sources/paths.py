"""Paths that a recipe names, relative to its own folder."""

from __future__ import annotations

from pathlib import Path

from netwright_runtime.data.errors import DataError


def file(root: Path, name: str, *where: str | int) -> Path:
    """The file `name`; DataError at the key `where` if there is none."""
    path = root / name
    if not path.is_file():
        raise DataError(where, f"there is no file `{path}`", _remedy(root))
    return path


def folder(root: Path, name: str, *where: str | int) -> Path:
    """The folder `name`; DataError at the key `where` if there is none."""
    path = root / name
    if not path.is_dir():
        raise DataError(where, f"there is no folder `{path}`", _remedy(root))
    return path


def _remedy(root: Path) -> str:
    return f"paths are relative to the recipe's folder, `{root}`"
