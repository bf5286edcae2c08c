"""A CSV file that only grows, and can be cut back to a step.

One value a row, so that a metric that is new at step 1000 changes no row before it, and what a
killed run left behind is a prefix of what the whole run would have written. (Lightning's CSV logger
writes its file anew when a column appears, and cannot be cut.) Values are written in the shortest
form that reads as the same float: equal runs give equal bytes.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HEAD = "step,epoch,split,name,value\n"


@dataclass(frozen=True)
class Row:
    """One value.

    step   of the optimiser, from 1; 0 is before the first
    split  `train`, `validation` or `test`
    """

    step: int
    epoch: int
    split: str
    name: str
    value: float


class Table:
    """The file at `path`, which is begun where it does not exist."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        if not os.fstat(self._file).st_size:
            self._write(HEAD)

    def add(self, step: int, epoch: int, split: str, values: Mapping[str, float]) -> None:
        """Rows for `values`, handed to the system before this returns: a kill loses none."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([step, epoch, split, k, repr(float(v))] for k, v in values.items())
        self._write(text.getvalue())

    def truncate(self, step: int, splits: Container[str] = ("train", "validation")) -> None:
        """Drop the rows after `step`, and a line that was not written to its end.

        splits  those whose rows of `step` itself stay: what comes after them is made again
        """
        lines = self._path.read_bytes().splitlines(keepends=True)
        kept = len(lines[0]) if lines and lines[0].endswith(b"\n") else 0
        for line in lines[1:]:
            if not line.endswith(b"\n") or _later(line.decode(), step, splits):
                break
            kept += len(line)
        os.ftruncate(self._file, kept)
        if not kept:
            self._write(HEAD)

    def sync(self) -> None:
        """Wait until the rows are on the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._file, data) :]


def _later(line: str, step: int, splits: Container[str]) -> bool:
    """Whether a row was written after what belongs to `step`."""
    number, _, split, _ = line.split(",", 3)
    return int(number) > step or (int(number) == step and split not in splits)


def read(path: Path) -> Iterator[Row]:
    """The rows of a file, in order; none where there is no file."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Row(
                int(row["step"]), int(row["epoch"]), row["split"], row["name"], float(row["value"])
            )
