"""From a spec to a compiled model: the one place where the runtime calls the compiler."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from netwright.driver.count import count
from netwright.driver.graph import graph
from netwright.driver.model import Model, load
from netwright.driver.write import artifact_of
from netwright.passes.model import Case
from torch.fx import GraphModule

from netwright_runtime.model.compiled import Compiled, size_text


def compiled(
    source: str | os.PathLike[str] | Model,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    **more: Any,
) -> Compiled:
    """Compile the model that `source` names.

    Args:
        source: a path, a name of the catalogue, or a loaded model.
        variant, params, more: as in `netwright.load`.

    Raises:
        SpecError: the spec, the variant or a param is at fault.
    """
    given = {**(params or {}), **more}
    model = load(source, variant, params=given)
    elaboration = model.elaborate()
    artifact = artifact_of(model)

    def lower(inputs: frozenset[str], training: bool) -> GraphModule:
        return graph(model, inputs=inputs, training=training)

    def flops(inputs: frozenset[str]) -> int | str:
        return size_text(count(elaboration, elaboration.cases[Case(inputs)]).flops)

    return Compiled(
        artifact.manifest,
        artifact.source,
        tuple(case.given for case in elaboration.cases if not case.training),
        lower,
        flops,
        model.module.path if isinstance(source, Model) else os.fspath(source),
        model.variant,
        given,
    )
