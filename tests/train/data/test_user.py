"""Users' own datasets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from netwright.driver.failure import BadPlugin
from netwright.driver.register import SOURCE_GROUP, load_plugin, load_sources
from netwright.recipe.data import DataSection
from netwright.recipe.sources import SOURCES
from netwright_runtime.train.data import Column, register_source
from pydantic import ValidationError

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, source


class Squares:
    """Numbers and their squares."""

    target = "square"

    def __init__(self, count: int, scale: float = 1.0) -> None:
        self.count = count
        self.scale = scale

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"x": np.array([index * self.scale]), "square": index * index}


@pytest.fixture(autouse=True)
def no_other_sources() -> Iterator[None]:
    """What a test registers is gone after it."""
    before = set(SOURCES)
    yield
    for name in SOURCES.keys() - before:
        del SOURCES[name]
    load_sources.cache_clear()


def test_a_dataset_becomes_a_source() -> None:
    register_source("squares", Squares)
    found = source({"squares": {"count": 4, "scale": 0.5}})
    holds_what_it_says(found)
    assert len(found) == 4
    assert found[3]["x"].tolist() == [1.5] and found[3]["square"] == 9
    assert found[3]["x"].dtype == torch.float32
    assert found.target == ("square",)


def test_its_parameters_are_checked_like_other_arguments() -> None:
    register_source("squares", Squares)
    with pytest.raises(ValidationError) as found:
        DataSection.model_validate({"source": {"squares": {"count": "four", "scal": 1.0}}})
    places = [error["loc"] for error in found.value.errors()]
    assert places == [("source", "squares", "count"), ("source", "squares", "scal")]


def test_the_recipes_folder_goes_to_root(tmp_path: Path) -> None:
    seen = []

    def opened(file: str, root: Path) -> Squares:
        seen.append(root / file)
        return Squares(1)

    register_source("mine", opened)
    source({"mine": {"file": "a"}}, tmp_path)
    assert seen == [tmp_path / "a"]


def test_what_the_dataset_says_is_kept() -> None:
    class Described(Squares):
        columns: ClassVar = {"x": Column("float", (1,), features=0), "square": Column("int", ())}
        splits: ClassVar = {"train": range(2), "test": range(2, 3)}
        task = "regression"

        def fingerprint(self) -> str:
            return "abc"

    register_source("described", Described)
    found = source({"described": {"count": 3}})
    assert found.columns["x"].features == 0
    assert found.splits == {"train": range(2), "test": range(2, 3)}
    assert (found.task, found.fingerprint()) == ("regression", "abc")


def test_the_fingerprint_is_of_all_samples() -> None:
    register_source("squares", Squares)
    first, same, other = (source({"squares": {"count": 3, "scale": s}}) for s in (1.0, 1.0, 2.0))
    assert first.fingerprint() == same.fingerprint() != other.fingerprint()


def test_samples_have_to_be_alike() -> None:
    class Growing(Squares):
        def __getitem__(self, index: int) -> dict[str, Any]:
            return {"x": torch.zeros(index + 1)}

    register_source("growing", lambda: Growing(3))
    found = source("growing")
    assert found[0]["x"].shape == (1,)
    with pytest.raises(Exception, match=r"sample 1: `x` is float\[1\], found torch.Size\(\[2\]\)"):
        found[1]


def test_samples_have_to_be_mappings() -> None:
    class Pairs(Squares):
        def __getitem__(self, index: int) -> Any:
            return index, index

    register_source("pairs", lambda: Pairs(3))
    fault = refused("pairs")
    assert fault.where == (*SOURCE, "pairs")
    assert fault.message == "sample 0 is a tuple"


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="there is a source `digits` already"):
        register_source("digits", Squares)


def test_parameters_without_names_are_refused() -> None:
    with pytest.raises(TypeError, match="cannot be named in a recipe"):
        register_source("many", lambda *many: Squares(1))


def test_entry_points_are_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = metadata.EntryPoint("squares", "package:Squares", SOURCE_GROUP)
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda self: Squares)
    monkeypatch.setattr(metadata, "entry_points", lambda group: [entry])
    assert load_sources() == ("squares",)
    assert len(source({"squares": {"count": 7}})) == 7


def test_an_entry_point_that_fails_is_named() -> None:
    with pytest.MonkeyPatch.context() as patch:
        entry = metadata.EntryPoint("squares", "no_such_package:Squares", SOURCE_GROUP)
        patch.setattr(metadata, "entry_points", lambda group: [entry])
        with pytest.raises(BadPlugin, match="the entry point `squares` fails"):
            load_sources()


def test_a_plugin_file_may_register_sources(tmp_path: Path) -> None:
    file = tmp_path / "plugin_with_a_source.py"
    file.write_text(
        "from netwright_runtime.train import register_source\n"
        "register_source('counts', lambda count=3: [{'x': i} for i in range(count)])\n"
    )
    for _ in range(2):
        assert load_plugin(file) == ()
    assert [int(source("counts")[i]["x"]) for i in range(3)] == [0, 1, 2]
    del sys.modules["plugin_with_a_source"]


def test_a_plugin_file_without_either_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "plugin_without_anything.py"
    file.write_text("x = 1\n")
    for _ in range(2):
        with pytest.raises(BadPlugin, match="no source of data"):
            load_plugin(file)
