"""Fingerprints: SHA-256 of the content of files and tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from torch import Tensor


def of_files(files: Iterable[tuple[str, Path]]) -> str:
    """The hash of names and contents, in the order given; read in pieces of a megabyte."""
    digest = hashlib.sha256()
    for name, path in files:
        with path.open("rb") as file:
            inner = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{name}\0{inner}\n".encode())
    return digest.hexdigest()


def of_tensors(tensors: Mapping[str, Tensor]) -> str:
    """The hash of names, dtypes, shapes and values, whatever the order of the columns."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        digest.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().data)
    return digest.hexdigest()


def of_text(*texts: str) -> str:
    """The hash of texts, such as the arguments that a made source follows from."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
