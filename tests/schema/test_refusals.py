"""Lowering refuses whatever the models refuse: `load` asks the models only where lowering did.

A spec with every key of the language is changed in one place at a time, each value into one of
every kind, each key left out or joined by an unknown one. What the models say to the outcome is
held against what lowering says.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from netwright.diagnostics import Report
from netwright.frontend import keys, load
from netwright.frontend.document import read
from netwright.frontend.form import Form
from netwright.frontend.schema import SpecFile
from netwright.frontend.validate import plain
from netwright.frontend.write import to_yaml
from pydantic import ValidationError

_CONTROL = {
    "from": "x",
    "shared": False,
    "when": "n > 1",
    "else": "x",
    "take": ["a"],
    "key": "h.{i}",
    "frozen": True,
    "checkpoint": "n > 2",
    "doc": "A node.",
}
SPEC: dict[str, Any] = {
    "netwright": 1,
    "model": "M",
    "doc": "A model.",
    "use": {"lib": "lib.yaml"},
    "params": {
        "n": 4,
        "m": {
            "type": "int", "default": 2, "min": 1, "max": 8, "choices": [1, 2], "doc": "A size."
        },
    },
    "variants": {"small": {"n": 2}},
    "inputs": {
        "x": "float[B, 8]",
        "y": {"type": "float[B, 8]", "optional": True, "doc": "Another."},
    },
    "where": ["n > 1"],
    "graph": {
        "a": "ReLU",
        "b": {"op": "Linear", "out_features": 8, "repeat": 2, "collect": True, **_CONTROL},
        "c": {
            "graph": {"d": "ReLU", "e": "ReLU"}, "outputs": {"o": "d", "p": {"value": "e"}},
            "each": "k in [1, 2]", "flat": False, **_CONTROL,
        },
        "f": {
            "op": "LSTMCell", "hidden_size": 8, "scan": "x_t in x over B", "from": {"input": "x"}
        },
        "g": {
            "parameter": ["n", 8], "init": "zeros", "key": "g", "when": True,
            "frozen": True, "doc": "A tensor.",
        },
        "h": {
            "buffer": "arange(n)", "persistent": False, "key": "h", "when": True,
            "doc": "A tensor.",
        },
    },
    "outputs": {"o": "a", "p": {"value": "b", "type": "float[B, 8]"}},
    "methods": {"q": {"inputs": {"z": "a"}, "outputs": {"r": "b"}, "doc": "A method."}},
    "state": {"y": "o"},
    "init": [{"match": "Linear.weight", "with": "zeros"}],
    "tie": {"b.weight": "g"},
    "weights": {
        "hub": [
            {"match": "old", "to": "new"},
            {"match": "qkv", "split": ["q", "k"], "dim": 0},
            {"match": "q", "join": ["q", "k"], "to": "qkv", "transpose": True},
            {"match": r"e\.(\d)", "stack": r"\1", "to": "e"},
            {"match": "f", "unstack": "f.#"},
        ]
    },
    "properties": {"max_parameters": "12M"},
    "blocks": {
        "K": {
            "doc": "A block.",
            "params": {"n": 4},
            "inputs": {"x": "float[B, 8]"},
            "where": ["n > 1"],
            "graph": {"a": "ReLU"},
            "outputs": {"o": "a"},
        }
    },
}  # fmt: skip
LIBRARY = 'netwright: 1\nblocks: {B: {inputs: {x: "float[T]"}, graph: {a: ReLU}}}\n'
KINDS: tuple[Any, ...] = (
    None, True, 7, 1.5, "word", [], ["word"], [True], [{"a": 1}], {}, {"word": "word"},
    {"word": {"a": 1}}, {"op": 3},
)  # fmt: skip
FREE = {"choices", "properties"}
"""Keys that may hold anything, as far as the models go."""
Place = tuple[str | int, ...]


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """The way to every value of the spec."""
    yield path
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, held in pairs:
        yield from places(held, (*path, key))


PLACES = tuple(places(SPEC))


def changed(path: Place) -> Iterator[Any]:
    """The spec with the value at `path` replaced, left out, or joined by an unknown key."""
    if not path:
        yield from KINDS
        return
    for kind in KINDS:
        spec, holder = _copied(path)
        holder[path[-1]] = kind
        yield spec
    spec, holder = _copied(path)
    del holder[path[-1]]
    yield spec
    spec, holder = _copied(path)
    if isinstance(holder, dict):
        holder["unheard_of"] = 1
        yield spec


def _copied(path: Place) -> tuple[Any, Any]:
    spec = holder = copy.deepcopy(SPEC)
    for part in path[:-1]:
        holder = holder[part]  # type: ignore[index]
    return spec, holder


class Models:
    """What the models say to a text, and whether `load` asks for it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "lib.yaml").write_text(LIBRARY, encoding="utf-8")
        self.path = folder / "f.yaml"
        self.asked = False
        monkeypatch.setattr(load, "explain", self._note)

    def _note(self, form: Form) -> None:
        self.asked = True

    def verdicts(self, spec: Any) -> tuple[bool, bool]:
        """Whether the models refuse a spec, and whether `load` asks them."""
        self.asked = False
        text = to_yaml(spec) if isinstance(spec, dict) and spec else json.dumps(spec)
        load.load_text(text, path=self.path)
        root = read(text, "f.yaml", Report()).root
        assert root is not None
        try:
            SpecFile.model_validate(plain(root), by_alias=True, by_name=False)
        except ValidationError:
            return True, self.asked
        return False, self.asked


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    return Models(tmp_path, monkeypatch)


def test_the_spec_has_every_key() -> None:
    found = {part for path in places(SPEC) for part in path}
    groups = (
        keys.SPEC, keys.BLOCK, keys.PARAM, keys.INPUT, keys.OUTPUT, keys.METHOD, keys.INIT_RULE,
        keys.KEY_RULE, keys.INLINE, keys.PARAMETER, keys.BUFFER, keys.RESERVED,
    )  # fmt: skip
    assert not frozenset().union(*groups) - found


def test_a_sound_spec_asks_no_model(models: Models) -> None:
    assert models.verdicts(SPEC) == (False, False)


@pytest.mark.parametrize("place", PLACES, ids=lambda p: ".".join(map(str, p)) or "file")
def test_the_models_refuse_nothing_unasked(place: Place, models: Models) -> None:
    found = [(spec, *models.verdicts(spec)) for spec in changed(place)]
    assert [spec for spec, refused, asked in found if refused and not asked] == []
    assert FREE & set(place[:-1]) or any(refused for _, refused, _ in found)
