"""Checking a spec: everything that is wrong with it, in all of its variants, in one report."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netwright.diagnostics import Diagnostic, Report, TooManyErrors, render_all, to_json
from netwright.driver import placeholders
from netwright.driver.collection import collection_paused
from netwright.driver.keys import unusual_keys
from netwright.driver.model import Model, check_variant, elaborated, given_values, read
from netwright.ir.printer import to_source
from netwright.ir.program import Module
from netwright.ir.values import Value, describe
from netwright.passes.model import Elaboration
from netwright.passes.rules import check_all
from netwright.passes.work import Exhausted, metered
from netwright.source import Sources

if TYPE_CHECKING:
    from netwright.frontend.schema import Spec


_Set = frozenset[tuple[str, str]]
"""Params with what sets them, as written."""


@dataclass(frozen=True, eq=False)
class Checked:
    """What a check found.

    name      the spec as it was named
    variants  those that were elaborated; None stands for the spec's own defaults
    notes     what was assumed, where a param had no value
    """

    name: str
    report: Report
    sources: Sources
    variants: tuple[str | None, ...] = ()
    notes: tuple[str, ...] = ()
    model: str = ""

    @property
    def ok(self) -> bool:
        """Whether the spec is sound; warnings do not count."""
        return not self.report.errors

    @property
    def errors(self) -> list[Diagnostic]:
        return self.report.errors

    @property
    def warnings(self) -> list[Diagnostic]:
        return self.report.warnings

    def render(self) -> str:
        """The diagnostics as text, empty for none."""
        return render_all(self.report, self.sources)

    def to_json(self) -> dict[str, object]:
        """The result as plain data."""
        return {
            "spec": self.name,
            "model": self.model,
            "ok": self.ok,
            "variants": [v for v in self.variants if v is not None],
            "diagnostics": [to_json(d) for d in self.report],
            "notes": list(self.notes),
        }


@collection_paused()
def check(
    source: str | os.PathLike[str] | Spec | Model,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> Checked:
    """Check a spec: one variant where one is named, else all of them, with the params given.

    A param without a value is checked with placeholder sizes, which `notes` says.

    Raises:
        UnknownSpec: there is no such file, spec or model.
    """
    if isinstance(source, Model):
        variant = variant or source.variant
        name, module, sources, report = source.module.path, source.module, source.sources, Report()
        values, whole = dict(source.values), True
    else:
        name = os.fspath(source) if isinstance(source, str | os.PathLike) else "<program>"
        loaded, implied = read(source)
        report, sources, values = loaded.report, loaded.sources, {}
        found = loaded.module or loaded.partial
        if found is None:
            return Checked(name, report, sources)
        module, variant = found, variant or implied
        whole = loaded.module is not None
    given = {**(params or {}), **more}
    if module.model is None:
        if given or variant is not None:
            check_variant(module, variant, report)
        return Checked(name, report, sources)
    before = len(report.errors)
    check_variant(module, variant, report)
    values.update(given_values(module, given, report, sources))
    if len(report.errors) > before:
        return Checked(name, report, sources, model=module.model.name)
    return _elaborated(name, module, variant, values, report, sources, whole)


def _elaborated(
    name: str,
    module: Module,
    variant: str | None,
    values: Mapping[str, Value],
    report: Report,
    sources: Sources,
    whole: bool,
) -> Checked:
    """Elaborate the variants; where nodes at fault were left out, nothing is held to the rest."""
    assert module.model is not None
    variants = _variants(module, variant, values)
    notes: list[str] = []
    sound: dict[_Set, Elaboration] = {}
    whole_spec = whole and variant is None
    with metered(module):
        for each in variants:
            key = _set_by(module, each)
            if key in sound:
                continue
            open_params = tuple(
                p for p in placeholders.required(module, each) if p.name not in values
            )
            if open_params:
                found, assumed = _with_placeholders(
                    module, each, values, open_params, report, whole
                )
                notes += assumed
            else:
                found = elaborated(module, each, values, report, whole)
            if found is None:
                whole_spec = False
            else:
                sound[key] = found
        models = list(sound.values())
        if whole_spec:
            _hold_rules(models, report)
        if whole and models and not report.errors and unusual_keys(module):
            _hold_to_source(models[0], report)
    return Checked(name, report, sources, variants, tuple(notes), module.model.name)


def _hold_rules(sound: Sequence[Elaboration], report: Report) -> None:
    """Hold what stands beside the graph to all variants, as far as the budget of work goes."""
    with suppress(TooManyErrors):
        try:
            check_all(sound, report)
        except Exhausted as exhausted:
            report.add(exhausted.diagnostic)


def _hold_to_source(elaboration: Elaboration, report: Report) -> None:
    """Report what the source back end cannot write of the weights' paths (E0219)."""
    from netwright.backends.source import Unwritable, emit
    from netwright.passes.generalise import generalise

    try:
        emit(generalise(elaboration))
    except (Unwritable, Exhausted) as refused:
        report.add(refused.diagnostic)


def _variants(
    module: Module, variant: str | None, values: Mapping[str, Value]
) -> tuple[str | None, ...]:
    """What to check: the chosen variant, else all, and the defaults where they are complete."""
    if variant is not None:
        return (variant,)
    complete = all(p.name in values for p in placeholders.required(module, None))
    if not module.variants:
        return (None,)
    return (None, *module.variants) if complete else tuple(module.variants)


def _set_by(module: Module, variant: str | None) -> _Set:
    """What a variant sets: published checkpoints of one architecture often set the same."""
    values = {} if variant is None else module.variants[variant].values
    return frozenset((name, to_source(value)) for name, value in values.items())


def _with_placeholders(
    module: Module,
    variant: str | None,
    values: Mapping[str, Value],
    params: tuple[Any, ...],
    report: Report,
    whole: bool,
) -> tuple[Elaboration | None, list[str]]:
    """Elaborate with placeholder sizes: sound where one assignment is, else with the fewest
    faults."""
    faulty: list[Report] = []
    for assigned in placeholders.assignments(params):
        attempt = Report()
        found = elaborated(module, variant, {**values, **assigned}, attempt, whole)
        if not attempt.errors:
            report.extend(attempt)
            shown = ", ".join(f"{k}={_shown(v)}" for k, v in assigned.items())
            return found, [f"checked with {shown}, which the spec leaves open"]
        faulty.append(attempt)
    report.extend(min(faulty, key=lambda found: len(found.errors)))
    return None, []


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return describe(value)
