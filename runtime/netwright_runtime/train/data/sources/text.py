"""Windows of text: tokens, and the same tokens one later."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import torch
from netwright.recipe.sources import Sonnets, Text, TokenFile

from netwright_runtime.data.encodings import TextTokens
from netwright_runtime.data.errors import DataError
from netwright_runtime.data.tokenisers import Tokeniser
from netwright_runtime.train.data import hashing
from netwright_runtime.train.data.columns import Column, Columns, Sample
from netwright_runtime.train.data.sources import paths
from netwright_runtime.train.data.sources.stored import InMemory, OnDisk, Stored
from netwright_runtime.train.data.tokenisers import chosen


class Windows(Columns):
    """Windows of `length` tokens, every `stride` tokens.

    `tokens`: int (T); `next_tokens`: int (T), the token after each. Splits follow on one another,
    with so many windows between them left out that no token is predicted in two.
    """

    task = "language"
    target = ("next_tokens",)

    def __init__(
        self, tokens: Stored, length: int, stride: int | None,
        vocabulary: int | None, tokeniser: Tokeniser | None, fingerprint: str,
    ) -> None:  # fmt: skip
        if len(tokens.array) <= length:
            raise DataError(
                ("length",),
                f"{len(tokens.array)} tokens make no window of {length}",
                "make it shorter",
            )
        self._tokens = tokens
        self._length = length
        self._stride = stride or length
        self._fingerprint = fingerprint
        self.gap = -(-length // self._stride) - 1
        encoding = None if tokeniser is None else TextTokens("text", tokeniser, length)
        self.columns = {
            "tokens": Column("int", (length,), below=vocabulary, encoding=encoding),
            "next_tokens": Column("int", (length,), below=vocabulary),
        }

    def __len__(self) -> int:
        return (len(self._tokens.array) - 1 - self._length) // self._stride + 1

    def __getitem__(self, index: int) -> Sample:
        start = index * self._stride
        items = self._tokens.array[start : start + self._length + 1]
        window = torch.from_numpy(items.astype(np.int64))
        return {"tokens": window[:-1], "next_tokens": window[1:]}

    def fingerprint(self) -> str:
        return self._fingerprint


def text(arguments: Text, root: Path) -> Windows:
    """A text file in UTF-8."""
    path = paths.file(root, arguments.file, "file")
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as fault:
        raise DataError(
            ("file",), f"`{path}` is no text in UTF-8: {fault}", "convert it to UTF-8"
        ) from fault
    return _windows(content, arguments, root)


def sonnets(arguments: Sonnets, root: Path) -> Windows:
    """Shakespeare's, first printed in 1609; `files/sonnets.txt` holds those that ship."""
    home = resources.files("netwright_runtime.train.data")
    content = home.joinpath("files", "sonnets.txt").read_text(encoding="utf-8")
    return _windows(content, arguments, root)


def _windows(content: str, arguments: Text | Sonnets, root: Path) -> Windows:
    tokeniser = chosen(arguments.tokens, content, root)
    tokens = InMemory(tokeniser.encode(content).astype(np.int32))
    print_of = hashing.of_text(content)
    return Windows(tokens, arguments.length, arguments.stride, tokeniser.size, tokeniser, print_of)


def token_file(arguments: TokenFile, root: Path) -> Windows:
    """A file of numbers, which stays on disk."""
    path = paths.file(root, arguments.file, "file")
    size = np.dtype(arguments.dtype).itemsize
    if path.stat().st_size == 0 or path.stat().st_size % size:
        raise DataError(
            ("dtype",),
            f"`{path}` has {path.stat().st_size} bytes, no multiple of {size}",
            f"name the dtype that it was written in instead of {arguments.dtype}",
        )
    tokens = OnDisk(path, arguments.dtype)
    return Windows(
        tokens, arguments.length, arguments.stride, arguments.vocabulary, None,
        hashing.of_files([("tokens", path)]),
    )  # fmt: skip
