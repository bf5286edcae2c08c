"""Texts and files of tokens."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from netwright_runtime.data.tokenisers import LibraryTokeniser, Tokeniser
from tokenizers import Tokenizer

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, same, source

BOOK = "A line of the book, and another one – with a dash.\n" * 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "book.txt").write_text(BOOK, encoding="utf-8")
    return tmp_path


def tokeniser(found: object) -> Tokeniser:
    encoding = found.columns["tokens"].encoding  # type: ignore[attr-defined]
    assert isinstance(encoding.tokeniser, Tokeniser)
    return encoding.tokeniser


def test_the_target_is_the_next_token(root: Path) -> None:
    found = source({"text": {"file": "book.txt", "length": 16}}, root)
    holds_what_it_says(found)
    assert len(found) == (len(BOOK.encode()) - 1) // 16
    content = torch.tensor(list(BOOK.encode()))
    for index in range(len(found)):
        start = 16 * index
        assert torch.equal(found[index]["tokens"], content[start : start + 16])
        assert torch.equal(found[index]["next_tokens"], content[start + 1 : start + 17])


def test_windows_may_overlap(root: Path) -> None:
    found = source({"text": {"file": "book.txt", "length": 16, "stride": 4}}, root)
    assert torch.equal(found[0]["tokens"][4:], found[1]["tokens"][:-4])
    assert found.gap == 3


def test_byte_pairs_are_learned_and_lose_nothing(root: Path) -> None:
    written = {"text": {"file": "book.txt", "length": 8, "tokens": {"bpe": {"vocabulary": 300}}}}
    found = source(written, root)
    holds_what_it_says(found)
    learned = tokeniser(found)
    assert learned.size <= 300
    assert len(found) * 8 < len(BOOK) / 2
    for text in (BOOK, "what was never seen: ß, 語"):
        assert learned.decode(learned.encode(text)) == text
    assert same(found, source(written, root))


def test_byte_pairs_are_learned_from_the_beginning_alone(root: Path) -> None:
    def learned(text: str) -> dict[str, object]:
        (root / "book.txt").write_text(text, encoding="utf-8")
        bpe = {"bpe": {"vocabulary": 300, "fit": 0.5}}
        return tokeniser(source({"text": {"file": "book.txt", "tokens": bpe}}, root)).to_data()

    half = len(BOOK) // 2
    assert learned(BOOK) == learned(BOOK[:half] + "x" * half)


def test_a_tokeniser_of_the_users(root: Path) -> None:
    bpe = {"text": {"file": "book.txt", "tokens": {"bpe": {"vocabulary": 280}}}}
    learned = tokeniser(source(bpe, root))
    Tokenizer.from_str(learned.to_data()["json"]).save(str(root / "mine.json"))
    mine = {"text": {"file": "book.txt", "tokens": {"tokeniser": {"file": "mine.json"}}}}
    assert same(source(mine, root), source(bpe, root))


def test_a_tokeniser_can_go_to_another_process(root: Path) -> None:
    bpe = {"text": {"file": "book.txt", "tokens": {"bpe": {"vocabulary": 280}}}}
    learned = tokeniser(source(bpe, root))
    there = pickle.loads(pickle.dumps(learned))
    assert isinstance(there, LibraryTokeniser)
    assert there.encode(BOOK).tolist() == learned.encode(BOOK).tolist()


def test_files_of_tokens_are_mapped(root: Path) -> None:
    np.arange(100, dtype=np.uint16).tofile(root / "train.bin")
    written = {"file": "train.bin", "length": 10, "vocabulary": 100}
    found = source({"token_file": written}, root)
    holds_what_it_says(found)
    assert len(found) == 9
    assert found[8]["next_tokens"].tolist() == list(range(81, 91))
    # A file that is overwritten shows in a window that was not read before.
    np.full(100, 7, dtype=np.uint16).tofile(root / "other.bin")
    (root / "train.bin").write_bytes((root / "other.bin").read_bytes())
    assert (found[0]["tokens"] == 7).all()


def test_faults_are_located(root: Path) -> None:
    (root / "latin.txt").write_bytes("ü".encode("latin-1"))
    (root / "odd.bin").write_bytes(b"123")
    (root / "bad.json").write_text("{}")
    written = {"tokens": {"tokeniser": {"file": "bad.json"}}, "file": "book.txt"}
    cases: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
        ({"text": {"file": "novel.txt"}}, ("file",), "there is no file"),
        ({"text": {"file": "latin.txt"}}, ("file",), "no text in UTF-8"),
        ({"text": {"file": "book.txt", "length": 5000}}, ("length",), "make no window of 5000"),
        ({"token_file": {"file": "odd.bin"}}, ("dtype",), "3 bytes, no multiple of 2"),
        ({"text": written}, ("tokens", "tokeniser", "file"), "is no tokeniser"),
    ]
    for source_written, where, message in cases:
        fault = refused(source_written, root)
        (name,) = source_written
        assert fault.where == (*SOURCE, name, *where)
        assert message in fault.message
