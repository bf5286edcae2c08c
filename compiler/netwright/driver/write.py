"""Writing a model as an artifact: what `netwright build` does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwright.artifact import Artifact
from netwright.driver.emit import generalised, written
from netwright.driver.manifest import manifest
from netwright.driver.model import Model, load

if TYPE_CHECKING:
    from netwright.frontend.schema import Spec


def write(
    source: str | os.PathLike[str] | Spec | Model,
    folder: str | os.PathLike[str],
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    weights: bool = False,
    seed: int = 0,
    **more: Any,
) -> Artifact:
    """Write the artifact of a model into `folder`: source, manifest and, when asked, weights.

    Only `weights` needs torch; they are drawn from `seed`. The errors are those of `build`.
    """
    model = load(source, variant, params=params, **more)
    artifact = artifact_of(model).write(folder)
    if weights:
        from netwright.driver.build import save_weights

        save_weights(model, Path(folder), seed)
    return artifact


def artifact_of(model: Model) -> Artifact:
    """The artifact of a model, not yet written anywhere."""
    elaboration = model.elaborate()
    facts = generalised(elaboration, model.sources)
    emitted = written(facts, model.sources)
    return Artifact(manifest(elaboration, facts, emitted), emitted.text)
