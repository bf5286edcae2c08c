"""Checking: all variants, placeholder sizes, and params given beside the spec."""

from __future__ import annotations

import netwright
import pytest
from netwright.driver.check import check
from netwright.frontend.overrides import Text

from .specs import OPEN, SMALL, written


def codes(checked):
    return [(d.code, d.span.file, d.span.column) for d in checked.report]


@pytest.mark.parametrize(
    "name", [e.name for e in netwright.driver.catalogue.entries()], ids=lambda n: n
)
def test_the_catalogue_is_sound(name):
    found = check(name)
    assert found.ok, found.render()


def test_all_variants_are_checked(tmp_path):
    text = SMALL.replace("small_wide: {width: 32}", "small_wide: {act: Softmax2d}")
    found = check(written(tmp_path, text))
    assert found.variants == (None, "small", "small_wide")
    assert not found.ok
    assert check(written(tmp_path, text), variant="small").ok


def test_variants_that_set_the_same_are_elaborated_once(tmp_path):
    """The work of one check is enough for one, and all of them are told."""
    names = [f"copy{number}" for number in range(200)]
    copies = "".join(f"  {name}: {{depth: 20 + 100}}\n" for name in names)
    found = check(written(tmp_path, SMALL.replace("inputs:\n  x", f"{copies}inputs:\n  x")))
    assert found.ok, found.render()
    assert found.variants == (None, "small", "small_wide", *names)


def test_a_model_without_required_params_is_checked_with_sizes_that_suit_it(tmp_path):
    found = check(written(tmp_path, OPEN))
    assert found.ok, found.render()
    (note,) = found.notes
    assert "features=96" in note, "primes break the constraint, the next sizes do not"


def test_placeholders_do_not_hide_a_fault(tmp_path):
    found = check(
        written(tmp_path, OPEN.replace("out_features=features", "in_features=3, out_features=1"))
    )
    assert [d.code for d in found.errors] == ["E0301"]
    assert found.notes == ()


def test_faults_of_given_params_point_into_what_was_given(tmp_path):
    given = {"width": Text("0"), "depth": Text("[1, 2]"), "act": Text("Nope"), "wdith": Text("3")}
    found = check(written(tmp_path, SMALL), params=given)
    assert codes(found) == [
        ("E0201", "<act>", 1),
        ("E0403", "<depth>", 1),
        ("E0205", "<wdith>", 1),
        ("E0402", "<width>", 1),
    ]
    assert "did you mean `width`" in found.render()


def test_an_unknown_variant_names_those_there_are(tmp_path):
    found = check(written(tmp_path, SMALL), variant="smal")
    assert [d.code for d in found.errors] == ["E0206"]
    assert "small" in found.errors[0].help


def test_a_faulty_file_gives_its_diagnostics(tmp_path):
    found = check(written(tmp_path, "netwright: 1\nmodel: [\n"))
    assert not found.ok
    assert found.to_json()["ok"] is False
    assert found.render().startswith("error[E0101]")


def test_a_loaded_model_is_checked_as_it_was_configured(tmp_path):
    model = netwright.load(written(tmp_path, SMALL), variant="small_wide", depth=1)
    found = check(model)
    assert found.ok
    assert found.variants == ("small_wide",)
