"""What is wrong with data, and where the recipe says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from netwright_runtime.data.errors import DataError


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
