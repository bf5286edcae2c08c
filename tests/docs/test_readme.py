"""The README's spec, source and diagnostics are what the commands give."""

from __future__ import annotations

import re
from pathlib import Path

import netwright
from netwright.diagnostics import render_all

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The README's first fenced block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_spec_is_the_example() -> None:
    assert block("yaml") == (ROOT / "examples" / "rescnn.yaml").read_text(encoding="utf-8")


def test_the_source_is_what_is_emitted() -> None:
    assert block("python") == netwright.emit(ROOT / "examples" / "rescnn.yaml")


def test_the_diagnostics_are_those_of_the_two_faults(tmp_path: Path) -> None:
    faulty = block("yaml").replace("norm2: BatchNorm2d", "norm2: BatchNorm2d(num_features=64)")
    faulty = faulty.replace("out_features=num_classes", "out_feature=num_classes")
    file = tmp_path / "rescnn.yaml"
    file.write_text(faulty, encoding="utf-8")
    found = netwright.check(file)
    text = render_all(found.report, found.sources).replace(str(file), "rescnn.yaml")
    assert block("text").startswith(text)
