"""The tokeniser that a recipe asks for: bytes, learned byte pairs, or a file of the user's."""

from __future__ import annotations

import os
from pathlib import Path

from netwright.recipe.named import Section
from netwright.recipe.sources import Bpe, Bytes, TokeniserFile

from netwright_runtime.data.errors import DataError, library
from netwright_runtime.data.tokenisers import ByteTokeniser, LibraryTokeniser, Tokeniser


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
