"""Params of a file that is used from another."""

import gc
import weakref

from netwright.frontend.load import load_text
from netwright.passes.params import default_scope

_SPEC = """
netwright: 1
model: M
params: {width: 8, twice: {type: int, default: "2 * width"}}
inputs: {x: "float[B, 8]"}
graph: {fc: Linear(out_features=twice)}
"""


def test_the_defaults_of_a_file_are_one_scope():
    module = load_text(_SPEC).module
    assert module is not None
    assert default_scope(module) is default_scope(module)
    assert default_scope(module).table == {"width": 8, "twice": 16}


def test_a_file_is_forgotten_with_its_defaults():
    module = load_text(_SPEC).module
    assert module is not None
    default_scope(module)
    forgotten = weakref.ref(module)
    del module
    gc.collect()
    assert forgotten() is None
