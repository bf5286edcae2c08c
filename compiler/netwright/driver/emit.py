"""A model as the source of one Python file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netwright.backends import source as back_end
from netwright.backends.source import Emitted, Unwritable
from netwright.diagnostics import SpecError
from netwright.driver.model import Model, load
from netwright.ir.classes import ModelFacts
from netwright.passes.generalise import generalise
from netwright.passes.model import Elaboration
from netwright.passes.work import Exhausted
from netwright.source import Sources

if TYPE_CHECKING:
    from netwright.frontend.schema import Spec


def emitted(model: Model) -> Emitted:
    """The file of `model` with the place in the spec of every line; SpecError for a faulty spec."""
    return written(generalised(model.elaborate(), model.sources), model.sources)


def generalised(elaboration: Elaboration, sources: Sources) -> ModelFacts:
    """The classes of a model; SpecError where they cost too much to find."""
    try:
        return generalise(elaboration)
    except Exhausted as exhausted:
        raise SpecError([exhausted.diagnostic], sources) from None


def written(facts: ModelFacts, sources: Sources) -> Emitted:
    """The file of a model's facts; SpecError for what the source back end cannot write."""
    try:
        return back_end.emit(facts)
    except Unwritable as error:
        raise SpecError([error.diagnostic], sources) from None


def emit(
    source: str | os.PathLike[str] | Spec | Model,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> str:
    """The source of a model: a Python file that stands on torch alone. Needs no torch itself.

    The arguments and errors are those of `load`; equal specs and params give equal bytes.
    """
    return emitted(load(source, variant, params=params, **more)).text
