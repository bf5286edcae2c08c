"""Emitted source, executed: what the tests of the source back end start from."""

from __future__ import annotations

import linecache
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from netwright.backends.source import Emitted, emit
from netwright.driver.model import load
from netwright.frontend.load import load_file
from netwright.ir.expr import Expr
from netwright.ir.printer import to_source
from netwright.passes.generalise import generalise
from netwright.passes.model import Elaboration
from torch import nn

SPECS = Path(__file__).parents[2] / "specs"
FEATURES = Path(__file__).parent / "features"

REQUIRED: dict[str, dict[str, Any]] = {
    "graph/gat": {"in_channels": 5, "out_channels": 3},
    "graph/gcn": {"in_channels": 5, "out_channels": 3},
    "graph/gin": {"in_channels": 5, "out_channels": 3},
    "graph/graphsage": {"in_channels": 5, "out_channels": 3},
    "recommendation/deepfm": {"cardinalities": (5, 7, 3)},
    "recommendation/dlrm": {"cardinalities": (5, 7, 3)},
    "recommendation/neumf": {"users": 30, "items": 20},
    "recommendation/two_tower": {"user_sizes": (7, 3), "item_sizes": (5,)},
    "recurrent/gru_classifier": {"vocab_size": 50},
    "recurrent/lstm_classifier": {"vocab_size": 50},
    "tabular/ft_transformer": {"n_cont_features": 6, "cat_cardinalities": (3, 7)},
    "tabular/mlp": {"d_in": 8},
    "tabular/tab_transformer": {"cardinalities": (5, 3, 4), "numbers": 4},
    "tabular/tabnet": {"numbers": 4, "cardinalities": (5, 3)},
    "tabular/tabular_resnet": {"d_in": 8},
}
"""Values for the params that a spec of the catalogue leaves open."""


@cache
def models() -> tuple[tuple[str, str | None], ...]:
    """Every spec of the catalogue that holds a model, plain and in all its variants."""
    found: list[tuple[str, str | None]] = []
    for path in sorted(SPECS.rglob("*.yaml")):
        module = load_file(path).module
        if module is not None and module.model is not None:
            name = path.relative_to(SPECS).with_suffix("").as_posix()
            found += [(name, variant) for variant in [None, *module.variants]]
    return tuple(found)


@cache
def distinct() -> tuple[tuple[str, str | None], ...]:
    """Of `models()`, one of each structure: variants alike in all but sizes are left out.

    A size of 0 or 1 may switch something off, and counts as other than a larger one.
    """
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for spec, variant in models():
        module = load_file(SPECS / f"{spec}.yaml").module
        assert module is not None
        usual = {param.name: _structure(param.default) for param in module.params}
        given = {} if variant is None else module.variants[variant].values
        other = {name: _structure(value) for name, value in given.items()}
        changed = sorted(item for item in other.items() if item[1] != usual.get(item[0]))
        found.setdefault((spec, repr(changed)), (spec, variant))
    return tuple(found.values())


def _structure(value: Expr | None) -> str:
    """A value as text, with 2 for every larger number."""
    text = "" if value is None else to_source(value)
    return re.sub(r"(?:[2-9]|\d\d)[\d.e_]*|1[\d.e_]+", "2", text)


def elaborated(spec: str, variant: str | None = None, **params: Any) -> Elaboration:
    """A spec of the catalogue with these params, and those that it cannot do without."""
    given = {**REQUIRED.get(spec, {}), **params}
    return load(SPECS / f"{spec}.yaml", variant, params=given).elaborate()


@lru_cache(maxsize=150)
def emitted(elaboration: Elaboration) -> Emitted:
    """The file of an elaborated model; an elaboration is itself alone, and never changes."""
    return emit(generalise(elaboration))


@cache
def of_catalogue(spec: str, variant: str | None = None) -> Emitted:
    """The file of a spec of the catalogue at the sizes it is published with."""
    return emitted(elaborated(spec, variant))


def executed(text: str, name: str = "<emitted>") -> dict[str, Any]:
    """The names that an emitted file defines; tracebacks show its lines."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, name, "exec"), namespace)
    return namespace


def class_of(file: Emitted) -> Any:
    """The model's class."""
    return executed(file.text, f"<{file.class_name}>")[file.class_name]


def built(elaboration: Elaboration) -> nn.Module:
    """The model that an elaboration describes, in eval mode."""
    module: nn.Module = class_of(emitted(elaboration))()
    return module.eval()
