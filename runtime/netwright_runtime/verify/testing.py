"""Verification in a user's own test suite, in one line.

from netwright_runtime.verify.testing import verified

test_architectures = verified("specs")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from netwright_runtime.model import variants
from netwright_runtime.verify import Level, verify
from netwright_runtime.verify.markdown import markdown

Place = str | os.PathLike[str]


def verified(
    *places: Place,
    level: Level = Level.QUICK,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    skip: Collection[str] = (),
) -> Callable[..., None]:
    """A test that verifies every model in `places`, plain and in all of its variants.

    Args:
        places: spec files, and folders of them.
        level: how thorough to be.
        params: for specs with open params, what to give them, by the file's name (`gcn.yaml`).
        skip: properties by name.

    Returns:
        A test function for pytest; bind it to a name that begins with `test`.

    Raises:
        FileNotFoundError: a place does not exist, or holds no spec.
    """
    found = [path for place in places for path in _files(Path(place))]
    open_params = params or {}
    cases = [(path, v) for path in found for v in variants(path, open_params.get(path.name, {}))]

    @pytest.mark.parametrize(("path", "variant"), cases, ids=[_named(*case) for case in cases])
    def test(path: Path, variant: str | None) -> None:
        given = open_params.get(path.name, {})
        report = verify(path, variant, params=given, level=level, skip=skip)
        assert report.ok, markdown([report])

    return test


def _files(place: Path) -> list[Path]:
    files = sorted(place.rglob("*.yaml")) if place.is_dir() else [place]
    if not files or not all(file.is_file() for file in files):
        raise FileNotFoundError(f"`{place}` is no spec, and no folder with specs")
    return files


def _named(path: Path, variant: str | None) -> str:
    return path.stem if variant is None else f"{path.stem}-{variant}"
