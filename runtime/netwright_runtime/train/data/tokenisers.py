"""Texts to tokens: bytes, byte pair encoding, or a tokeniser of the user's."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from netwright.recipe.named import Section
from netwright.recipe.sources import Bpe, Bytes, TokeniserFile
from torch import Tensor

from netwright_runtime.train.data.errors import DataError, library


class Tokeniser(ABC):
    """A way from text to tokens.

    size  how many different tokens there are
    """

    size: int

    @abstractmethod
    def encode(self, text: str) -> Tensor:
        """The tokens of a text, `int64 (T)`."""

    @abstractmethod
    def decode(self, tokens: Tensor) -> str:
        """The text of tokens `(T)`; bytes that are no text become U+FFFD."""

    @abstractmethod
    def to_data(self) -> dict[str, Any]:
        """What `tokeniser` makes it from again, as JSON holds it."""


class ByteTokeniser(Tokeniser):
    """The bytes of UTF-8."""

    size = 256

    def encode(self, text: str) -> Tensor:
        return torch.from_numpy(np.frombuffer(text.encode(), np.uint8).astype(np.int64))

    def decode(self, tokens: Tensor) -> str:
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

    def encode(self, text: str) -> Tensor:
        return torch.tensor(self._tokeniser.encode(text).ids, dtype=torch.int64)

    def decode(self, tokens: Tensor) -> str:
        return str(self._tokeniser.decode(tokens.tolist()))

    def to_data(self) -> dict[str, Any]:
        return {"tokens": "tokeniser", "json": self._json}

    def __reduce__(self) -> tuple[type[LibraryTokeniser], tuple[str]]:
        """A worker process makes its own from the JSON."""
        return LibraryTokeniser, (self._json,)


def tokeniser(data: dict[str, Any]) -> Tokeniser:
    """The tokeniser that gave `data` by `to_data`."""
    return ByteTokeniser() if data["tokens"] == "bytes" else LibraryTokeniser(data["json"])


def chosen(arguments: Section, text: str, root: Path) -> Tokeniser:
    """The tokeniser that a recipe asks for; `text` is what byte pairs are learned from."""
    match arguments:
        case Bytes():
            return ByteTokeniser()
        case Bpe():
            return _learned(text[: int(len(text) * arguments.fit)], arguments.vocabulary)
        case TokeniserFile():
            return _read(root / arguments.file)
    raise AssertionError(arguments)


def _learned(text: str, vocabulary: int) -> Tokeniser:
    """Byte pair encoding over bytes, as GPT-2 has it, so that every text has tokens."""
    # It would warn in each worker that is forked after it used threads.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    library("tokenizers", "tokenizers")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(text.splitlines(keepends=True), trainer)
    return LibraryTokeniser(made.to_str())


def _read(path: Path) -> Tokeniser:
    where = ("tokens", "tokeniser", "file")
    if not path.is_file():
        raise DataError(where, f"there is no file `{path}`", "give the path from the recipe's own")
    try:
        return LibraryTokeniser(path.read_text(encoding="utf-8"))
    except DataError:
        raise
    except Exception as fault:  # the library raises nothing more precise
        raise DataError(
            where, f"`{path}` is no tokeniser: {fault}", "save it by `Tokenizer.save`"
        ) from fault
