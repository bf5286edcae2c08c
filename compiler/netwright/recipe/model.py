"""`model:` which architecture is trained."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from netwright.recipe.named import Section


class ModelSection(Section):
    spec: str
    """A name of the catalogue, or the path of a spec relative to the recipe."""
    variant: str | None = None
    """A variant of the spec."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Params over those of the variant."""
    weights: str | None = None
    """A safetensors file to begin with, relative to the recipe; without one, fresh weights."""
