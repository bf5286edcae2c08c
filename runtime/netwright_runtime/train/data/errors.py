"""What is wrong with data, and where the recipe says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


class BadData(Exception):
    """The data do not fit the recipe or the model; `faults` has all that was found."""

    def __init__(self, faults: Sequence[DataError]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class Unreadable(Exception):
    """A sample cannot be read any more, in the midst of a run.

    torch makes the exceptions of worker processes anew, from the text of their traceback: what
    stands after the name of this class is what it was raised with.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text.rpartition(f"{type(self).__name__}: ")[2].strip())


class Gathering:
    """Faults that are found one after the other, to be told together.

    with faults: ...   # a DataError is kept, and what follows goes on
    faults.tell()
    """

    def __init__(self) -> None:
        self._found: list[DataError] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, fault: BaseException | None, traceback: object) -> bool:
        if isinstance(fault, DataError):
            self._found.append(fault)
            return True
        return False

    def tell(self) -> None:
        """Raise BadData if there were any."""
        if self._found:
            raise BadData(self._found)


@contextmanager
def located(*where: str | int) -> Iterator[None]:
    """Errors from within are about what stands below `where`."""
    try:
        yield
    except DataError as fault:
        raise DataError((*where, *fault.where), fault.message, fault.help) from fault


def unknown(where: tuple[str | int, ...], what: str, name: str, known: object) -> DataError:
    """The error for a name that is none of `known`, an iterable of names."""
    names = sorted(map(str, known))  # type: ignore[call-overload]
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
