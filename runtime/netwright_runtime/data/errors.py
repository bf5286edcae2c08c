"""What is wrong with data, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from typing import Any


class DataError(Exception):
    """Data that cannot be trained on.

    where    the keys of the recipe that lead to the fault: `("data", "source", "csv", "file")`
    message  the fact, as diagnostics state it: lower case, no full stop, names in backticks
    help     the remedy
    """

    def __init__(self, where: tuple[str | int, ...], message: str, help: str) -> None:
        super().__init__(f"{message} (at `{'.'.join(map(str, where))}`); {help}")
        self.where = where
        self.message = message
        self.help = help


def unknown(
    where: tuple[str | int, ...], what: str, name: str, known: Iterable[object]
) -> DataError:
    """The error for a name that is none of `known`."""
    names = sorted(map(str, known))
    near = get_close_matches(name, names, 1)
    listed = ", ".join(f"`{n}`" for n in names) or "none"
    remedy = f"did you mean `{near[0]}`?" if near else f"there are {listed}"
    return DataError(where, f"there is no {what} `{name}`", remedy)


def library(name: str, package: str) -> Any:
    """An optional library; DataError where it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as fault:
        if fault.name is None or fault.name.split(".")[0] != name.split(".", maxsplit=1)[0]:
            raise
        raise DataError(
            (),
            f"this needs the library `{package}`, which is not installed",
            f"pip install {package}, or all of them with pip install 'netwright[data]'",
        ) from fault
