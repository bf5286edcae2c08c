"""Verification: property-based proof that a model is sound before it is trained.

report = netwright_runtime.verify("vision/resnet", variant="resnet18")
assert report.ok
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from netwright_runtime.model import Compiled, compiled
from netwright_runtime.model.domains import smallest
from netwright_runtime.verify.properties import PROPERTIES
from netwright_runtime.verify.property import Finding, Level, Outcome, Property, Report, Trial
from netwright_runtime.verify.run import Plan, Progress, silent, verify_subject
from netwright_runtime.verify.smaller import smaller
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.trials import Fixed

__all__ = [
    "PROPERTIES",
    "Finding",
    "Fixed",
    "Level",
    "Outcome",
    "Plan",
    "Property",
    "Report",
    "Subject",
    "Trial",
    "UnknownProperty",
    "chosen",
    "verify",
    "verify_subject",
]


class UnknownProperty(ValueError):
    """A name is that of no property; the text lists those that there are."""


def verify(
    source: str | os.PathLike[str] | Compiled,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    level: Level = Level.DEFAULT,
    only: Collection[str] = (),
    skip: Collection[str] = (),
    trials: int | None = None,
    fixed: Fixed | None = None,
    draw_params: int = 0,
    whole: bool = False,
    progress: Progress = silent,
    **more: Any,
) -> Report:
    """Hold a model to every property that applies to it.

    Args:
        source: a path, a name of the catalogue, or a compiled model.
        level: how thorough to be; what it adds is said by each property.
        only, skip: properties by name.
        trials: how many to draw for each property that varies; else it says itself.
        fixed: sizes, optional inputs and a seed to hold fast, as a failure's command gives them.
        draw_params: how many models with other params to hold to the properties of `VARIED`.
        whole: verify a large model as it is, and not a smaller one that stands for it.
        progress: told of each property before it runs.
        variant, params, more: as in `netwright.load`.

    Raises:
        SpecError: the spec or a param is at fault.
        UnknownProperty: `only` or `skip` names no property.
    """
    found = source
    if not isinstance(found, Compiled):
        found = compiled(found, variant, params=params, **more)
    held = fixed or Fixed({})
    plan = Plan(chosen(level, only, skip), level, trials, fixed=held, draw_params=draw_params)
    return verify_subject(subject_of(found, whole), plan, progress)


def subject_of(found: Compiled, whole: bool = False) -> Subject:
    """What is verified of a model: itself, or a smaller one where it is large."""
    if whole:
        return Subject(found)
    return Subject(*smaller(found, smallest(found.manifest)), asked=found)


def chosen(
    level: Level = Level.DEFAULT, only: Collection[str] = (), skip: Collection[str] = ()
) -> tuple[Property, ...]:
    """The properties of a level, or those of `only`, without those of `skip`."""
    known = {prop.name for prop in PROPERTIES}
    for name in (*only, *skip):
        if name not in known:
            listed = ", ".join(sorted(known))
            raise UnknownProperty(f"there is no property `{name}`; there are {listed}")
    wanted = [p for p in PROPERTIES if (p.name in only if only else p.level <= level)]
    return tuple(prop for prop in wanted if prop.name not in skip)
