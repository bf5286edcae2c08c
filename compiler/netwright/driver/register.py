"""Users' own modules as ops: by a call, a plugin file, or an entry point of a package."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from netwright.driver.failure import BadPlugin
from netwright.ops import plugin
from netwright.ops.plugin import Rule
from netwright.ops.table import MODULES, add_module

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T", bound=type)

GROUP = "netwright.ops"
"""The entry point group: each entry is a module class, or a Python module that holds some."""

SOURCE_GROUP = "netwright.sources"
"""The group of sources of data: each entry is a factory of datasets, and gives them its name."""


def register(cls: T, *, rule: Rule | None = None) -> T:
    """Make a module class an op that specs can name; usable as a decorator.

    Args:
        cls: a subclass of `torch.nn.Module` that can be imported. The names, annotations and
            defaults of its `__init__` become the op's arguments, those of `forward` its inputs.
        rule: the types of its results from bound arguments and input types; without one, torch runs
            the class on fake tensors when a spec is checked.

    Raises:
        TypeError: the class is no module class, or its signature has no names.
        ValueError: an op has this name already, or the class is local to a function.
    """
    known = MODULES.get(cls.__name__)
    if known is None or plugin.CLASSES.get(known.path) is not cls:
        add_module(plugin.describe(cls, rule))
    return cls


def load_plugin(path: str | Path) -> tuple[str, ...]:
    """Run a Python file of the user's and register the module classes that it defines.

    It may register sources of data itself.

    The file runs with all rights: a plugin is code, and comes from the user, never from a spec.
    Returns the ops' names. Raises BadPlugin where the file is missing, fails or defines none.
    """
    file = Path(path)
    if not file.is_file():
        raise BadPlugin(f"there is no plugin file `{path}`")
    from netwright.recipe.sources import SOURCES  # brings pydantic, which few commands need

    name = file.stem
    if not name.isidentifier() or (name in sys.modules and not _same_file(sys.modules[name], file)):
        raise BadPlugin(
            f"`{name}` cannot be the name of a plugin: emitted source imports it by that"
        )
    fresh, sources = name not in sys.modules, len(SOURCES)
    if fresh:
        _execute(name, file)
    found = tuple(_classes(sys.modules[name]))
    if fresh and not found and len(SOURCES) == sources:
        del sys.modules[name]
        raise BadPlugin(f"`{path}` defines no subclass of torch.nn.Module, and no source of data")
    return _registered(str(path), found)


def _same_file(module: ModuleType, file: Path) -> bool:
    known = getattr(module, "__file__", None)
    return known is not None and Path(known).resolve() == file.resolve()


def _execute(name: str, file: Path) -> None:
    spec = util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BadPlugin(f"`{file}` is no Python file")
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as fault:
        del sys.modules[name]
        raise BadPlugin(f"the plugin `{file}` fails: {type(fault).__name__}: {fault}") from fault


def _classes(module: ModuleType) -> Iterator[type]:
    """The module classes that a plugin defines, not those that it imports."""
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and _is_module(value):
            yield value


def _is_module(cls: type) -> bool:
    return any(
        (b.__module__, b.__name__) == ("torch.nn.modules.module", "Module") for b in cls.__mro__
    )


def _registered(owner: str, classes: tuple[type, ...]) -> tuple[str, ...]:
    for cls in classes:
        try:
            register(cls)
        except (NameError, TypeError, ValueError) as fault:
            raise BadPlugin(f"`{cls.__name__}` of `{owner}` cannot be an op: {fault}") from fault
    return tuple(cls.__name__ for cls in classes)


@cache
def load_entry_points() -> tuple[str, ...]:
    """Register what installed packages offer in the group `netwright.ops`; the ops' names.

    Raises BadPlugin where one of them cannot be loaded.
    """
    names: list[str] = []
    for entry, offered in _offered(GROUP):
        classes = tuple(_classes(offered)) if isinstance(offered, ModuleType) else (offered,)
        names += _registered(entry.value, classes)
    return tuple(names)


@cache
def load_sources() -> tuple[str, ...]:
    """Register what installed packages offer in the group `netwright.sources`; the sources' names.

    Raises BadPlugin where one of them cannot be loaded.
    """
    from netwright.recipe.registering import register_source

    names = []
    for entry, offered in _offered(SOURCE_GROUP):
        try:
            register_source(entry.name, offered)
        except (NameError, TypeError, ValueError) as fault:
            raise BadPlugin(f"the entry point `{entry.name}` fails: {fault}") from fault
        names.append(entry.name)
    return tuple(names)


def _offered(group: str) -> Iterator[tuple[EntryPoint, Any]]:
    """What installed packages offer in a group, loaded; their code may raise anything."""
    from importlib import metadata  # an import that takes a tenth of a check

    for entry in metadata.entry_points(group=group):
        try:
            offered = entry.load()
        except Exception as fault:
            raise BadPlugin(f"the entry point `{entry.name}` fails: {fault}") from fault
        yield entry, offered
