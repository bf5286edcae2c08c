"""The corpus itself: as large as it claims, spread as it claims, and each edit where it belongs."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.corpus import FAULTS
from tests.faults.fault import Edit, Unmatched
from tests.faults.making import SPECS, applied, sound, spec_text

ARCHITECTURES = sorted(path.stem for path in SPECS.glob("*.yaml"))


def test_there_are_faults_of_every_layer_in_every_architecture() -> None:
    counts = Counter((fault.architecture, fault.layer) for fault in FAULTS)
    assert len(FAULTS) >= 240
    for architecture in ARCHITECTURES:
        for layer in ("spec", "lowering", "rule", "plugin"):
            assert counts[architecture, layer] >= 3, (architecture, layer)


def test_no_two_faults_share_a_title() -> None:
    titles = Counter((fault.layer, fault.kind, fault.title) for fault in FAULTS)
    assert [title for title, count in titles.items() if count > 1] == []


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_edit_fits_its_text(architecture: str) -> None:
    for fault in FAULTS:
        if fault.architecture == architecture:
            lowered = fault.layer == "lowering"
            text = sound(architecture).source if lowered else spec_text(architecture)
            changed, lines = applied(text, fault.edits)
            assert changed != text or fault.lie is not None, fault.title
            assert not lowered or changed.count("\n") == text.count("\n"), fault.title
            assert len(lines) == len(fault.edits)


def test_an_edit_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(Unmatched, match="0 times"):
        applied("one two", (Edit("three", "four"),))
    with pytest.raises(Unmatched, match="2 times"):
        applied("one one", (Edit("one", "two"),))


def test_an_edit_knows_the_first_line_that_it_changes() -> None:
    assert Edit("b\nc", "b\nd").line("a\nb\nc\n") == 3
