"""What is chosen before a model runs: its mode, and the values of its params."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.strangers.evaluate import Names, evaluate
from tests.strangers.syntax import Spec, texts


def modes(spec: Spec) -> tuple[bool, ...]:
    """Evaluation, and training where a condition reads it."""
    reads = any("training" in text for graph in spec.graphs() for text in texts(graph))
    return (False, True) if reads else (False,)


def params_of(spec: Spec, variant: str | None) -> dict[str, Any]:
    """The values of a model's params."""
    given = spec.variants[variant] if variant is not None else {}
    found: dict[str, Any] = {}
    for name, default in spec.model.params.items():
        found[name] = literal(given.get(name, default), found)
    return found


def literal(text: str, params: Mapping[str, Any]) -> Any:
    """A param's value: a module stays a text."""
    if re.match(r"[A-Z]\w*(\(|$)", text):
        return text
    return evaluate(text, Names(params, {}, lambda node, name: None))
