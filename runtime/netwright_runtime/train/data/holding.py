"""Sources in memory, and sources that read one record at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from netwright_runtime.data.encodings import Encoding, Record
from netwright_runtime.data.errors import DataError
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import Column, Columns, Sample


@dataclass(frozen=True)
class Described:
    """What a source says of itself beside its samples; see `Columns`."""

    columns: Mapping[str, Column]
    target: tuple[str, ...] = ()
    task: str = ""
    splits: Mapping[str, Sequence[int]] | None = None
    gap: int | None = None
    batched: bool = False


class _Described(Columns):
    def __init__(self, about: Described) -> None:
        self.columns = about.columns
        self.target = about.target
        self.task = about.task
        self.splits = about.splits
        self.gap = about.gap
        self.batched = about.batched


class Held(_Described):
    """Tensors in memory, samples along the first axis; a ragged column is a list of tensors.

    fingerprint  of the file that they come from; without it, that of the tensors
    """

    def __init__(
        self,
        about: Described,
        tensors: Mapping[str, Tensor | Sequence[Tensor]],
        fingerprint: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(about)
        lengths = {name: len(tensor) for name, tensor in tensors.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"`{name}` {length}" for name, length in lengths.items())
            raise DataError((), f"the columns differ in length: {listed}", "let them be equal")
        self._tensors = tensors
        self._length = next(iter(lengths.values()))
        self._fingerprint = fingerprint

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Sample:
        return {name: tensor[index] for name, tensor in self._tensors.items()}

    def values(self, name: str, numbers: Tensor) -> Tensor:
        held = self._tensors[name]
        return held[numbers] if isinstance(held, Tensor) else super().values(name, numbers)

    def fingerprint(self) -> str:
        if self._fingerprint is not None:
            return self._fingerprint()
        return hashing.of_tensors(
            {name: held for name, held in self._tensors.items() if isinstance(held, Tensor)}
        )


class Records(_Described):
    """Records that are read one by one, such as the images of a folder.

    rows         the records by number, of which each column's encoding reads its fields
    fingerprint  of all records
    names        what each record is called in an error, such as its file; or by its number
    """

    def __init__(
        self,
        about: Described,
        rows: Sequence[Record],
        fingerprint: Callable[[], str],
        names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(about)
        self._rows = rows
        self._fingerprint = fingerprint
        self._names = names
        self._encodings: dict[str, Encoding] = {
            column: described.encoding
            for column, described in about.columns.items()
            if described.encoding is not None
        }

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Sample:
        record = self._rows[index]
        return {column: self._encoded(column, index, record) for column in self._encodings}

    def values(self, name: str, numbers: Tensor) -> Tensor:
        rows = ((index, self._rows[index]) for index in numbers.tolist())
        return torch.stack([self._encoded(name, index, row) for index, row in rows])

    def fingerprint(self) -> str:
        return self._fingerprint()

    def _encoded(self, column: str, index: int, record: Record) -> Tensor:
        try:
            return torch.from_numpy(self._encodings[column](record))
        except DataError as fault:
            name = f"sample {index}" if self._names is None else f"`{self._names[index]}`"
            raise DataError((), f"{name}: {fault.message}", fault.help) from fault
