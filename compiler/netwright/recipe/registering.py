"""Users' own datasets as sources: a factory's parameters become a source's arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import create_model

from netwright.recipe.named import Section
from netwright.recipe.sources import SOURCES

ROOT = "root"
"""A parameter of this name is given the recipe's folder, and is no argument of the source."""


class UserSource(Section):
    """Base of the arguments of users' sources.

    factory     what the arguments are for
    takes_root  whether it has a parameter for the recipe's folder
    """

    factory: ClassVar[Callable[..., Any]]
    takes_root: ClassVar[bool]


def register_source(name: str, factory: Callable[..., Any]) -> None:
    """Make a dataset a source that recipes can name.

    Args:
        factory: a class or function that gives a map-style dataset. Its parameters are the
            source's arguments, with their annotations and defaults; `root`, if it is there, gets
            the recipe's folder as a path. A sample is a mapping from column to tensor, array or
            number. If the dataset has them, `columns`, `target`, `task`, `splits`, `gap`,
            `batched` and `fingerprint()` say more of it.

    Raises:
        ValueError: there is a source of this name.
        TypeError: a parameter of the factory cannot be named in a recipe.
    """
    if name in SOURCES:
        raise ValueError(f"there is a source `{name}` already")
    parameters = inspect.signature(factory, eval_str=True).parameters
    fields = {key: _field(name, given) for key, given in parameters.items() if key != ROOT}
    arguments = create_model(name, __base__=UserSource, __doc__=inspect.getdoc(factory), **fields)
    arguments.factory = factory
    arguments.takes_root = ROOT in parameters
    SOURCES[name] = arguments


def _field(source: str, parameter: inspect.Parameter) -> Any:
    """The type and the default of an argument."""
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise TypeError(f"the source `{source}`: `{parameter}` cannot be named in a recipe")
    kind = Any if parameter.annotation is parameter.empty else parameter.annotation
    return kind, (... if parameter.default is parameter.empty else parameter.default)
