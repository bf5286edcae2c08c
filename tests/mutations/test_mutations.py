"""A sound spec with one seeded fault has exactly one error, and it stands at the fault.

`NETWRIGHT_MUTATIONS=all pytest tests/mutations` seeds each kind of fault at every place where it is
one, which takes minutes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from netwright.diagnostics import Diagnostic
from netwright.driver.check import check

from tests.mutations.faults import FAULTS, SEEN_LATER
from tests.mutations.source import Mutant, Source

SPECS = Path(__file__).parents[2] / "specs"
OURS = Path(__file__).parent / "specs"
CHOSEN = (
    "audio/whisper", "blocks/maps", "generative/vae", "graph/gcn", "language/bert", "language/gpt2",
    "language/mixtral", "language/tiny_gpt", "multimodal/clip", "recurrent/lstm_classifier",
    "tabular/ft_transformer", "timeseries/patchtst", "timeseries/tsmixer", "vision/efficientnet",
    "vision/mixer", "vision/resnet", "vision/segformer", "vision/unet", "vision/vit",
)  # fmt: skip
"""Of the catalogue, some of each field: a seeded fault costs a check of all variants."""
FOUND = [
    *(f"{name}.yaml" for name in CHOSEN),
    *sorted(f"mutations/{path.name}" for path in OURS.glob("*.yaml")),
]
"""Those, and specs with what the catalogue has no use for."""
PLACES = 5
"""Places of each kind of fault in a spec, spread over the file."""


def chosen(mutants: list[Mutant]) -> list[Mutant]:
    if len(mutants) <= PLACES or os.environ.get("NETWRIGHT_MUTATIONS") == "all":
        return mutants
    return [mutants[k * len(mutants) // PLACES] for k in range(PLACES)]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the specs, in which they are made faulty one at a time."""
    copy = tmp_path_factory.mktemp("mutations") / "specs"
    shutil.copytree(SPECS, copy)
    shutil.copytree(OURS, copy / "mutations")
    return copy


@pytest.mark.parametrize("name", FOUND)
def test_every_seeded_fault_is_one_error_at_its_line(name: str, catalogue: Path) -> None:
    spec = catalogue / name
    sound = spec.read_text(encoding="utf-8")
    assert not check(spec).errors
    missed = []
    for kind, seed in FAULTS.items():
        for text, line in chosen(list(seed(Source(sound)))):
            spec.write_text(text, encoding="utf-8")
            errors = check(spec).errors
            if not (seen_later if kind in SEEN_LATER else seen)(errors, str(spec), line):
                found = [(d.code, d.span.line, d.message) for d in errors]
                missed.append((kind, text.split("\n")[line - 1].strip(), line, found))
    spec.write_text(sound, encoding="utf-8")
    assert missed == []


def seen(errors: Sequence[Diagnostic], file: str, line: int) -> bool:
    """Whether one error stands at the fault."""
    return [(d.span.file, d.span.line) for d in errors] == [(file, line)]


def seen_later(errors: Sequence[Diagnostic], file: str, line: int) -> bool:
    """Whether one error stands below the fault, and names a place between, or the fault itself."""
    if len(errors) != 1 or errors[0].span.file != file or errors[0].span.line <= line:
        return False
    return any(line <= note.span.line < errors[0].span.line for note in errors[0].notes)


def test_every_kind_of_fault_is_seeded_somewhere() -> None:
    paths = [*SPECS.rglob("*.yaml"), *OURS.glob("*.yaml")]
    sources = [Source(path.read_text(encoding="utf-8")) for path in paths]
    unused = [kind for kind, seed in FAULTS.items() if not any(any(seed(s)) for s in sources)]
    assert unused == []
