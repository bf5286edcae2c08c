"""A sound spec with one seeded fault has exactly one error, and it stands at the fault."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from netwright.driver.check import check

from tests.mutations.faults import FAULTS, Mutant, Source

SPECS = Path(__file__).parents[2] / "specs"
FOUND = sorted(path.relative_to(SPECS).as_posix() for path in SPECS.rglob("*.yaml"))
PLACES = 2
"""Places of each kind of fault in a spec, spread over the file."""


def chosen(mutants: list[Mutant]) -> list[Mutant]:
    if len(mutants) <= PLACES:
        return mutants
    return [mutants[k * len(mutants) // PLACES] for k in range(PLACES)]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the catalogue, in which specs are made faulty one at a time."""
    copy = tmp_path_factory.mktemp("mutations") / "specs"
    shutil.copytree(SPECS, copy)
    return copy


@pytest.mark.parametrize("name", FOUND)
def test_every_seeded_fault_is_one_error_at_its_line(name: str, catalogue: Path) -> None:
    spec = catalogue / name
    sound = spec.read_text(encoding="utf-8")
    missed = []
    for kind, seed in FAULTS.items():
        for text, line in chosen(list(seed(Source(sound)))):
            spec.write_text(text, encoding="utf-8")
            errors = [(d.code, d.span.line, d.message) for d in check(spec).errors]
            if [at for _, at, _ in errors] != [line]:
                missed.append((kind, text.split("\n")[line - 1].strip(), line, errors))
    spec.write_text(sound, encoding="utf-8")
    assert missed == []


def test_every_kind_of_fault_is_seeded_somewhere() -> None:
    texts = [(SPECS / name).read_text(encoding="utf-8") for name in FOUND]
    sources = [Source(text) for text in texts]
    unused = [kind for kind, seed in FAULTS.items() if not any(any(seed(s)) for s in sources)]
    assert unused == []
