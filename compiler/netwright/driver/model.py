"""A model at hand: a spec, a variant of it and params over that."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netwright.diagnostics import Diagnostic, Report, SpecError, TooManyErrors
from netwright.driver.catalogue import find
from netwright.driver.register import load_entry_points
from netwright.frontend.identifiers import did_you_mean
from netwright.frontend.load import Loaded, load_file, load_spec
from netwright.frontend.overrides import overrides
from netwright.ir.program import Module
from netwright.ir.values import Value
from netwright.passes.faults import Fault, Silent
from netwright.passes.model import Elaboration, elaborate
from netwright.passes.params import check_param, default_scope, evaluate_in
from netwright.passes.rules import check_one
from netwright.passes.starts import check_values
from netwright.passes.work import Exhausted, metered
from netwright.source import Sources, Span

if TYPE_CHECKING:
    from netwright.frontend.schema import Spec


@dataclass(frozen=True, eq=False)
class Model:
    """A sound spec with chosen params, ready to check, emit or build.

    variant  the chosen variant, None for the spec's own defaults
    values   params given over the variant's
    """

    module: Module
    sources: Sources
    variant: str | None
    values: Mapping[str, Value]

    @property
    def name(self) -> str:
        """The model's class name."""
        return "" if self.module.model is None else self.module.model.name

    def elaborate(self) -> Elaboration:
        """The typed instances of the model; raises SpecError where the spec is at fault."""
        report = Report()
        found = elaborated(self.module, self.variant, self.values, report)
        if found is None or report.errors:
            raise SpecError(report.errors, self.sources)
        return found


def elaborated(
    module: Module,
    variant: str | None,
    values: Mapping[str, Value],
    report: Report,
    whole: bool = True,
) -> Elaboration | None:
    """The elaboration, with what ties, state and methods name held against it; None for a fault."""
    own = Report()
    found = elaborate(module, variant, values, own)
    if whole and found is not None and not own.errors:
        try:
            check_one(found, own)
            check_values(found, own)
        except Exhausted as exhausted:
            own.add(exhausted.diagnostic)
        except TooManyErrors:
            pass
    report.extend(own)
    return None if own.errors else found


def read(source: str | os.PathLike[str] | Spec) -> tuple[Loaded, str | None]:
    """The program of a spec, and the variant that its name implies; UnknownSpec for no such file.

    Installed plugins are looked for only when the spec names an op that is unknown without them.
    """
    if not isinstance(source, str | os.PathLike):
        return load_spec(source), None
    found = find(source)
    loaded = load_file(found.path)
    if any(d.code == "E0201" for d in loaded.report) and load_entry_points():
        loaded = load_file(found.path)
    return loaded, found.variant


def load(
    source: str | os.PathLike[str] | Spec | Model,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> Model:
    """The model that `source` names, with params from a variant, from `params` and from keywords.

    Args:
        source: a path, a name of the catalogue (`vision/resnet`, `resnet50`), a spec built in a
            program, or a model to change.
        variant: a variant of the spec; the model's own name may imply one.
        params: params by name, where a name is a keyword of Python or an argument here.

    Raises:
        UnknownSpec: there is no such file, spec or model.
        SpecError: the spec, the variant or a param is at fault.
    """
    given = {**(params or {}), **more}
    if isinstance(source, Model):
        base = source.values if variant is None else {}
        chosen = source.variant if variant is None else variant
        return _configured(source.module, source.sources, chosen, given, base)
    loaded, implied = read(source)
    if loaded.module is None:
        raise SpecError(loaded.report.errors, loaded.sources)
    return _configured(loaded.module, loaded.sources, variant or implied, given, {})


def _configured(
    module: Module,
    sources: Sources,
    variant: str | None,
    given: Mapping[str, Any],
    base: Mapping[str, Value],
) -> Model:
    report = Report()
    check_variant(module, variant, report)
    values = given_values(module, given, report, sources)
    if report.errors:
        raise SpecError(report.errors, sources)
    return Model(module, sources, variant, {**base, **values})


def check_variant(module: Module, variant: str | None, report: Report) -> None:
    """Report a variant that the spec does not have, and a spec that holds no model."""
    if module.model is None:
        message = "the file holds blocks, but no model"
        report.add(Diagnostic("E0104", message, Span.point(module.file)))
    elif variant is not None and variant not in module.variants:
        known = list(module.variants)
        help = did_you_mean(variant, known) or (f"there are {', '.join(known)}" if known else "")
        message = f"`{module.model.name}` has no variant `{variant}`"
        report.add(Diagnostic("E0206", message, Span.point(module.file), help=help))


def given_values(
    module: Module, given: Mapping[str, Any], report: Report, sources: Sources
) -> dict[str, Value]:
    """The values of params given beside the spec, each checked against its declaration."""
    if module.model is None or not given:
        return {}
    written = overrides(module, given, report, sources)
    declared = {param.name: param for param in module.params}
    values: dict[str, Value] = {}
    for name, expr in written.values.items():
        try:
            with metered(module):
                value = evaluate_in(default_scope(module), module.model, {}, expr)
            values[name] = check_param(declared[name], value, written.spans[name])
        except (Fault, Exhausted) as fault:
            report.add(fault.diagnostic)
        except Silent:
            continue
    return values
