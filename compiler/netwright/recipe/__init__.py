"""Recipes: the form of a training run, without torch. The driver reads them, the runtime runs
them."""

from netwright.recipe.named import Named, Section
from netwright.recipe.schema import Recipe

__all__ = ["Named", "Recipe", "Section"]
