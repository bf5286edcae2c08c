"""Users' modules as ops: by a call, by a plugin file, by an entry point."""

from __future__ import annotations

import sys
from importlib import metadata

import pytest
import torch
from netwright import BadPlugin, build, check, emit, load_plugin, register
from netwright.driver import register as registering
from netwright.ops.table import MODULES
from torch import Tensor, nn

from .specs import written

PLUGIN = '''\
from torch import Tensor, nn


class Doubling(nn.Module):
    """Twice its input, times a learned factor for each channel."""

    def __init__(self, channels: int, factor: float = 2.0) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, channels)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * self.linear(x)
'''
SPEC = """\
netwright: 1
model: Plugged
inputs: {x: "float[B, 6]"}
graph:
  twice: Doubling(channels=6)
  fc: Linear(out_features=2)
"""


@pytest.fixture
def table():
    """The table of ops, as it was, after the test."""
    before, modules = dict(MODULES), set(sys.modules)
    yield MODULES
    MODULES.clear()
    MODULES.update(before)
    for name in set(sys.modules) - modules:
        if name.startswith("plugged"):
            del sys.modules[name]
    registering.load_entry_points.cache_clear()


def test_a_plugin_file_is_checked_emitted_and_built(tmp_path, table):
    spec = written(tmp_path, SPEC)
    assert [d.code for d in check(spec).errors] == ["E0201"]
    assert load_plugin(written(tmp_path, PLUGIN, "plugged_one.py")) == ("Doubling",)
    assert check(spec).ok
    assert "from plugged_one import Doubling" in emit(spec)
    assert build(spec)(torch.rand(3, 6)).shape == (3, 2)
    load_plugin(tmp_path / "plugged_one.py")  # again changes nothing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "defines no subclass"),
        ("raise ValueError('broken')", "fails: ValueError: broken"),
        (PLUGIN.replace("Doubling", "Linear"), "exists already"),
        (PLUGIN.replace("channels: int", "*channels"), "which has no names"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused(tmp_path, table, text, message):
    with pytest.raises(BadPlugin, match=message):
        load_plugin(written(tmp_path, text, "plugged_bad.py"))


def test_a_plugin_file_has_to_be_there_and_have_a_name_of_its_own(tmp_path, table):
    with pytest.raises(BadPlugin, match="no plugin file"):
        load_plugin(tmp_path / "absent.py")
    with pytest.raises(BadPlugin, match="cannot be the name"):
        load_plugin(written(tmp_path, PLUGIN, "json.py"))


class Halving(nn.Module):
    """Half of its input."""

    def forward(self, x: Tensor) -> Tensor:
        return x / 2


def test_a_class_is_registered_once(tmp_path, table):
    assert register(Halving) is Halving
    register(Halving)
    spec = SPEC.replace("Doubling(channels=6)", "Halving")
    assert build(written(tmp_path, spec))(torch.rand(3, 6)).shape == (3, 2)
    with pytest.raises(TypeError):
        register(int)


def test_entry_points_are_loaded_when_an_op_is_unknown(tmp_path, table, monkeypatch):
    asked = []

    class Entry:
        name, value = "halving", "tests.driver"

        def load(self):
            return Halving

    def entry_points(group):
        asked.append(group)
        return [Entry()]

    monkeypatch.setattr(metadata, "entry_points", entry_points)
    assert check("vision/resnet").ok
    assert asked == [], "a spec that names known ops does not look for plugins"
    spec = written(tmp_path, SPEC.replace("Doubling(channels=6)", "Halving"))
    assert check(spec).ok
    assert asked == ["netwright.ops"]
