"""Texts to tokens and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright_runtime.data.errors import library

Tokens = NDArray[np.int64]


class Tokeniser(ABC):
    """A way from text to tokens.

    size  how many different tokens there are
    """

    size: int

    @abstractmethod
    def encode(self, text: str) -> Tokens:
        """The tokens of a text, `int64 (T)`."""

    @abstractmethod
    def decode(self, tokens: Tokens) -> str:
        """The text of tokens `(T)`; bytes that are no text become U+FFFD."""

    @abstractmethod
    def to_data(self) -> dict[str, Any]:
        """What `tokeniser` makes it from again, as JSON holds it."""


class ByteTokeniser(Tokeniser):
    """The bytes of UTF-8."""

    size = 256

    def encode(self, text: str) -> Tokens:
        return np.frombuffer(text.encode(), np.uint8).astype(np.int64)

    def decode(self, tokens: Tokens) -> str:
        return bytes(tokens.tolist()).decode(errors="replace")

    def to_data(self) -> dict[str, Any]:
        return {"tokens": "bytes"}


class LibraryTokeniser(Tokeniser):
    """A tokeniser of the library `tokenizers`, by the JSON that it is saved as."""

    def __init__(self, json: str) -> None:
        self._json = json
        self.size = self._tokeniser.get_vocab_size()

    @cached_property
    def _tokeniser(self) -> Any:
        return library("tokenizers", "tokenizers").Tokenizer.from_str(self._json)

    def encode(self, text: str) -> Tokens:
        return np.array(self._tokeniser.encode(text).ids, dtype=np.int64)

    def decode(self, tokens: Tokens) -> str:
        return str(self._tokeniser.decode(tokens.tolist()))

    def to_data(self) -> dict[str, Any]:
        return {"tokens": "tokeniser", "json": self._json}

    def __reduce__(self) -> tuple[type[LibraryTokeniser], tuple[str]]:
        """A worker process makes its own from the JSON."""
        return LibraryTokeniser, (self._json,)


def tokeniser(data: dict[str, Any]) -> Tokeniser:
    """The tokeniser that gave `data` by `to_data`."""
    return ByteTokeniser() if data["tokens"] == "bytes" else LibraryTokeniser(data["json"])
