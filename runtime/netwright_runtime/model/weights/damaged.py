"""Files that are no weights: what they are instead, and what to do."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path


class BadWeights(ValueError):
    """A file of weights cannot be read; the text says what it is, and what to do."""


_KINDS = {
    b"\x89HDF\r\n": "an HDF5 file, as Keras writes them",
    b"GGUF": "a GGUF file, whose weights are quantised for llama.cpp",
    b"\x93NUMPY": "one array of numpy",
    b"\x08": "an ONNX graph, or another protocol buffer",
    b"\x1f\x8b": "packed by gzip; unpack it",
}
"""First bytes of files that people take for weights, and what these are."""

_LARGEST_HEADER = 100_000_000
"""Bytes; no header of safetensors is larger."""

_GLOBAL = re.compile(r"GLOBAL (\w+(?:\.\w+)+)")


def look(file: Path) -> str:
    """`safetensors` or `torch`, by the file's first bytes and its name.

    Raises:
        BadWeights: it is neither, as far as can be seen.
    """
    with file.open("rb") as opened:
        head = opened.read(512)
    if not head:
        raise BadWeights(f"`{file}` is empty")
    if head.startswith(b"version https://git-lfs"):
        raise BadWeights(
            f"`{file}` is a pointer of Git LFS ({_lfs_size(head)}) in place of the weights; "
            "`git lfs pull` brings them"
        )
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise BadWeights(
            f"`{file}` is a web page: the download got a page in place of the file, "
            "such as a login or an error"
        )
    headed = head[8:9] == b"{" and int.from_bytes(head[:8], "little") < _LARGEST_HEADER
    if headed or file.suffix == ".safetensors":
        return "safetensors"
    for start, kind in _KINDS.items():
        if head.startswith(start):
            raise BadWeights(f"`{file}` is {kind}; safetensors and files of `torch.save` are read")
    _look_inside(file)
    return "torch"


def _lfs_size(head: bytes) -> str:
    found = re.search(rb"size (\d+)", head)
    return f"of {int(found[1]):,} bytes" if found else "of unknown size"


def _look_inside(file: Path) -> None:
    """A zip file that `torch.save` did not write is refused."""
    try:
        if not zipfile.is_zipfile(file):
            return
        with zipfile.ZipFile(file) as archive:
            names = [name.partition("/")[2] for name in archive.namelist()]
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as fault:
        raise torn(file, str(fault)) from fault
    if "constants.pkl" in names:
        raise BadWeights(
            f"`{file}` is a program of TorchScript, which is code; read it where it comes from "
            "with `torch.jit.load`, and save its `state_dict()`"
        )
    if "data.pkl" not in names:
        raise BadWeights(f"`{file}` is a zip file, and `torch.save` did not write it")


def pickled(file: Path, fault: str) -> BadWeights:
    """A file that holds objects beside tensors, or none that can be read."""
    held = _GLOBAL.search(fault)
    if held is None:
        return torn(file, fault)
    return BadWeights(
        f"`{file}` holds a pickled `{held[1]}`; to read one is to run code that the file names. "
        "Where you trust the file, open it with the program that wrote it, and save the "
        "`state_dict()` alone, as safetensors or with `torch.save`"
    )


def torn(file: Path, fault: str) -> BadWeights:
    """A file that begins as weights do and cannot be read to its end."""
    size = file.stat().st_size
    said = fault.strip().partition("\n")[0].rstrip(".")
    return BadWeights(
        f"`{file}` is damaged or cut short ({size:,} bytes): {said}. "
        "Compare its size and hash with those where it is published"
    )
