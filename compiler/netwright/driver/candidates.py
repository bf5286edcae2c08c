"""Candidates of a sweep: a recipe with other values, held against checks and bounds by counting
alone, before anything is built."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netwright.diagnostics import Diagnostic, Report, SpecError
from netwright.driver.count import count, total_bytes, total_parameters
from netwright.driver.failure import CallError
from netwright.driver.model import Model
from netwright.driver.peak import peak_bytes
from netwright.driver.recipe import Loaded, load_recipe
from netwright.driver.recipe_faults import listing
from netwright.driver.rows import sizes
from netwright.frontend import document
from netwright.frontend.validate import plain
from netwright.ir.dims import evaluate
from netwright.recipe import Recipe
from netwright.recipe.metrics import label
from netwright.recipe.sweep import COUNTED, Range, Sweep
from netwright.source import Sources


class Rejected(Exception):
    """A candidate is none; the text says why."""


@dataclass(frozen=True)
class Candidate:
    """A recipe to train.

    counts  `parameters`, `flops` of one forward pass and `memory` in bytes, as `Sweep` has them
    folder  what the paths in the recipe are relative to
    """

    recipe: Recipe
    counts: Mapping[str, int]
    folder: Path


def candidate(
    path: Path, assignments: Sequence[str], values: Mapping[str, Any], sweep: Sweep
) -> Candidate:
    """The recipe at `path` with `values` by key, over those of `assignments`.

    Raises:
        Rejected: it does not check, or exceeds a bound of the sweep.
    """
    loaded = load_recipe(path, [*assignments, *written(values)])
    try:
        recipe, model = loaded.sound()
        counts = counted(model, sweep)
    except SpecError as fault:
        first = fault.diagnostics[0]
        raise Rejected(f"{first.code}: {first.message}") from fault
    limits = {name: getattr(sweep, f"max_{name}") for name in counts}
    for name, limit in limits.items():
        if limit is not None and counts[name] > limit:
            raise Rejected(f"{name}: {counts[name]:,}, and at most {limit:,.0f} are allowed")
    return Candidate(recipe, counts, loaded.folder)


def counted(model: Model, sweep: Sweep) -> dict[str, int]:
    """What a model takes, as its spec tells."""
    elaboration = model.elaborate()
    at = sizes(elaboration, elaboration.primary, sweep.sizes)
    return {
        "parameters": total_parameters(elaboration),
        "flops": evaluate(count(elaboration).flops, at),
        "memory": total_bytes(elaboration) + peak_bytes(elaboration.primary, at),
    }


def written(values: Mapping[str, Any]) -> list[str]:
    """Values as assignments; what is JSON is YAML too."""
    return [f"{key}={json.dumps(value)}" for key, value in values.items()]


def check_space(path: Path, assignments: Sequence[str], loaded: Loaded, sweep: Sweep) -> None:
    """Refuse a key that the recipe or the model does not have, a value that it cannot take, and an
    objective that nobody measures.

    What breaks a constraint only together with other values is rejected when it is drawn.

    Raises:
        SpecError: with a diagnostic for each, at the recipe's `sweep`.
    """
    recipe, _ = loaded.sound()
    known = ["loss", *map(label, recipe.metrics), *COUNTED]
    faults = [
        (("sweep", "objectives", name), f"nothing measures `{name}`", f"there are {listing(known)}")
        for name in sweep.objectives
        if name not in known
    ]
    for key, space in sweep.over.items():
        fault = _first_fault(path, assignments, key, space)
        if fault is not None:
            faults.append((("sweep", "over", key), *fault))
    if faults:
        raise loaded.fault(faults)


def _first_fault(
    path: Path, assignments: Sequence[str], key: str, space: list[Any] | Range
) -> tuple[str, str] | None:
    """What is wrong with a key or one of its values, and the remedy."""
    for value in (space.low, space.high) if isinstance(space, Range) else space:
        report = load_recipe(path, [*assignments, *written({key: value})]).report
        fault = next((d for d in report.errors if _of_form(d)), None)
        if fault is not None:
            return f"`{key}` cannot be {json.dumps(value)}: {fault.message}", fault.help
    return None


def _of_form(diagnostic: Diagnostic) -> bool:
    """Whether a fault lies in the key or the kind of a value, and no other value can mend it."""
    return diagnostic.code.startswith(("E01", "E02", "E07")) or diagnostic.code == "E0403"


def space(text: str) -> tuple[str, Any]:
    """A key and its space, from `KEY=[1, 2]` or `KEY={low: 1, high: 9}`."""
    key, _, written = text.partition("=")
    report, sources = Report(), Sources()
    file = f"<--over {key.strip()}>"
    sources.add(file, written)
    root = document.read(written, file, report).root if written.strip() else None
    if report.errors:
        raise SpecError(report.errors, sources)
    if root is None or isinstance(root, document.Scalar):
        raise CallError(f"`--over {text}` is not of the form KEY=[A, B] or KEY={{low: A, high: B}}")
    return key.strip(), plain(root)
