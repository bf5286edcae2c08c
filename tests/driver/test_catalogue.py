"""Names of the catalogue: what they mean, and what is said where they mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.driver import catalogue
from netwright.driver.failure import CallError, UnknownSpec


def test_every_variant_is_a_model_and_every_model_is_found():
    names = catalogue.list_models()
    assert names == sorted(names)
    assert len(names) == len(set(names))
    for name in names:
        found = catalogue.find(name)
        assert found.path.is_file()
    expected = sum(max(1, len(e.variants)) for e in catalogue.entries() if e.model)
    assert len(names) == expected


def test_names_as_users_of_timm_expect_them():
    assert {"resnet18", "resnet50", "unet_resnet18"} <= set(catalogue.list_models("*resnet*"))
    assert catalogue.list_models("RESNET5*") == ["resnet50"]
    assert catalogue.list_models("segformer_b?")[0] == "segformer_b0"
    assert catalogue.list_models("nothing*") == []
    assert not catalogue.list_models("*maps*"), "a library of blocks is no model"
    assert not catalogue.list_models("clip_tiny"), "a variant for verification is no model"


@pytest.mark.parametrize(
    ("name", "path", "variant"),
    [
        ("vision/resnet", "vision/resnet.yaml", None),
        ("resnet", "vision/resnet.yaml", None),
        ("resnet18", "vision/resnet.yaml", "resnet18"),
        ("unet_resnet18", "vision/unet.yaml", "resnet18"),
        ("roberta-base", "language/bert.yaml", "roberta-base"),
        ("vae", "generative/vae.yaml", None),
    ],
)
def test_what_a_name_means(name, path, variant):
    found = catalogue.find(name)
    assert found.path.resolve() == catalogue.root() / path
    assert found.variant == variant


def test_a_path_is_a_path(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text("netwright: 1", encoding="utf-8")
    assert catalogue.find(path).path == path
    assert catalogue.find(str(path)).path == path
    with pytest.raises(UnknownSpec, match="no file"):
        catalogue.find("absent.yaml")
    with pytest.raises(UnknownSpec, match="no file"):
        catalogue.find(Path("resnet50"))


def test_an_unknown_name_is_a_fault_of_the_call_and_gets_a_suggestion():
    with pytest.raises(CallError, match="did you mean `resnet50`"):
        catalogue.find("resnet5O")


@pytest.mark.parametrize("name", ["../secret", "vision/../../etc/passwd", "", "/"])
def test_a_name_does_not_lead_out_of_the_catalogue(name):
    with pytest.raises(UnknownSpec):
        catalogue.find(name)


def test_the_catalogue_is_found_after_a_change_of_folder(tmp_path, monkeypatch):
    """Its specs are remembered; how they are shown depends on where one is."""
    monkeypatch.chdir(catalogue.root().parent)
    assert catalogue.find("vae").path.as_posix() == "specs/generative/vae.yaml"
    monkeypatch.chdir(tmp_path)
    assert catalogue.find("vae").path.is_absolute()
