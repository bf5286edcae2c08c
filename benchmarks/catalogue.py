"""The models of the catalogue, by the names of their files."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.frontend.load import load_file

from benchmarks.processes import ROOT

SPECS = ROOT / "specs"


def models() -> list[str]:
    """Every spec that holds a model, as in `vision/resnet`."""
    return sorted(_models())


def _models() -> Iterator[str]:
    for path in SPECS.rglob("*.yaml"):
        module = load_file(path).module
        if module is not None and module.model is not None:
            yield path.relative_to(SPECS).with_suffix("").as_posix()
