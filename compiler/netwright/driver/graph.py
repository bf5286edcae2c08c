"""A model as one `torch.fx.GraphModule`, by the back end that does not go through source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from netwright.diagnostics import Report
from netwright.driver.failure import CallError
from netwright.driver.model import Model, load
from netwright.passes.model import Case
from netwright.passes.starts import starts
from netwright.passes.ties import ties

if TYPE_CHECKING:
    from torch.fx import GraphModule

    from netwright.frontend.schema import Spec


def graph(
    source: str | os.PathLike[str] | Spec | Model,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    inputs: Iterable[str] = (),
    training: bool = False,
    **more: Any,
) -> GraphModule:
    """The model as an fx graph, with the weights' names of the emitted source.

    Args:
        inputs: the optional inputs that the graph takes; a graph has no branches, so that it is
            made for one choice of them.
        training: whether functions such as `dropout` act as in training.
        source, variant, params, more: as in `load`.

    Raises:
        SpecError: the spec or a param is at fault.
        CallError: there is no such choice of optional inputs.
    """
    from netwright.backends import fx

    elaboration = load(source, variant, params=params, **more).elaborate()
    given = frozenset(inputs)
    chosen = elaboration.cases.get(Case(given, training)) or elaboration.cases.get(Case(given))
    if chosen is None:
        raise CallError(f"the model is not made for the optional inputs {', '.join(sorted(given))}")
    others = [i for i in elaboration.cases.values() if i is not chosen]
    lowered = fx.lower(chosen, among=others, training=training)
    fx.tie(lowered, ties(elaboration, Report()))
    fx.begin(lowered, starts(elaboration))
    return lowered
