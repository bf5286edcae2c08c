"""Files of every form, whole and damaged."""

from __future__ import annotations

import argparse
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from netwright_runtime.model.weights import BadWeights, read
from safetensors.torch import save_file
from torch import Tensor, nn

STATE = {
    "a.weight": torch.arange(12.0).reshape(3, 4),
    "a.bias": torch.ones(3),
    "n": torch.tensor(7),
}

Writer = Callable[[Path], object]
WRITERS: dict[str, tuple[str, Writer]] = {
    "safetensors": ("w.safetensors", lambda path: save_file(STATE, path)),
    "zip": ("w.pt", lambda path: torch.save(STATE, path)),
    "legacy": ("w.pth", lambda path: torch.save(STATE, path, _use_new_zipfile_serialization=False)),
    "no ending": ("w", lambda path: save_file(STATE, path)),
}


def saved(folder: Path, kind: str) -> Path:
    name, write = WRITERS[kind]
    write(folder / name)
    return folder / name


def sharded(folder: Path, **files: str) -> Path:
    """An index over two shards; `files` replaces the file that it names for a tensor."""
    save_file({"a.weight": STATE["a.weight"]}, folder / "one.safetensors")
    torch.save({"a.bias": STATE["a.bias"], "n": STATE["n"]}, folder / "two.bin")
    named = {"a.weight": "one.safetensors", "a.bias": "two.bin", "n": "two.bin"}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": {**named, **files}}))
    return path


def assert_is_state(found: object) -> None:
    assert isinstance(found, dict) and found.keys() == STATE.keys()
    for name, value in STATE.items():
        assert torch.equal(found[name], value)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_is_read_whatever_its_name(tmp_path: Path, kind: str) -> None:
    assert_is_state(read(saved(tmp_path, kind)))


def test_shards_are_read_by_their_index_and_a_folder_by_what_is_in_it(tmp_path: Path) -> None:
    index = sharded(tmp_path)
    assert_is_state(read(index))
    assert_is_state(read(tmp_path))


def test_an_index_that_is_at_fault(tmp_path: Path) -> None:
    for name in ("../one.safetensors", "/etc/passwd", "..\\one.safetensors", "C:\\one"):
        with pytest.raises(BadWeights, match=re.escape(f"names `{name}`, which is not in its")):
            read(sharded(tmp_path, n=name))
    with pytest.raises(BadWeights, match=r"of which 1 are not beside it: three\.bin"):
        read(sharded(tmp_path, n="three.bin"))
    with pytest.raises(BadWeights, match=r"`n` is in `one\.safetensors`, and it is not there"):
        read(sharded(tmp_path, n="one.safetensors"))
    for text, said in (
        ("{", "is no JSON"),
        ("[]", "no `weight_map`"),
        ('{"weight_map": {"a": 1}}', "no"),
    ):
        index = sharded(tmp_path)
        index.write_text(text)
        with pytest.raises(BadWeights, match=said):
            read(index)


class _Cube(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x**3


def _zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/readme", "no weights")


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:1f\nsize 90868376\n"
OTHERS: dict[str, tuple[Writer, str]] = {
    "empty": (lambda path: path.write_bytes(b""), "`FILE` is empty"),
    "pointer": (
        lambda path: path.write_bytes(LFS),
        "`FILE` is a pointer of Git LFS (of 90,868,376 bytes) in place of the weights; "
        "`git lfs pull` brings them",
    ),
    "page": (
        lambda path: path.write_bytes(b"\n<!DOCTYPE html><html><title>Sign in"),
        "`FILE` is a web page: the download got a page in place of the file, such as a login or an "
        "error",
    ),
    "keras": (
        lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)),
        "`FILE` is an HDF5 file, as Keras writes them; safetensors and files of `torch.save` are "
        "read",
    ),
    "objects": (
        lambda path: torch.save({"args": argparse.Namespace(a=1)}, path),
        "`FILE` holds a pickled `argparse.Namespace`; to read one is to run code that the file "
        "names. Where you trust the file, open it with the program that wrote it, and save the "
        "`state_dict()` alone, as safetensors or with `torch.save`",
    ),
    "module": (lambda path: torch.save(nn.Linear(2, 2), path), "`FILE` holds a pickled `torch.nn."),
    "tensor": (lambda path: torch.save(torch.ones(2), path), "`FILE` holds a Tensor, and no "),
    "zip": (_zipped, "`FILE` is a zip file, and `torch.save` did not write it"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_weights_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "w.pt"
    write, said = OTHERS[kind]
    write(path)
    with pytest.raises(BadWeights, match="^" + re.escape(said.replace("FILE", str(path)))):
        read(path)


def test_a_program_of_torchscript_is_told(tmp_path: Path) -> None:
    """What `torch.jit.save` puts into a file: it is written by hand, since torch deprecates it."""
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"w/{name}", b"")
    with pytest.raises(BadWeights, match="is a program of TorchScript, which is code"):
        read(path)


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
def test_a_file_that_was_cut_is_told_wherever_it_ends(tmp_path: Path, kind: str) -> None:
    path = saved(tmp_path, kind)
    whole = path.read_bytes()
    for end in range(1, len(whole) - 1, max(1, len(whole) // 40)):
        path.write_bytes(whole[:end])
        with pytest.raises(BadWeights, match=rf"is damaged or cut short \({end:,} bytes\)|pickled"):
            read(path)


def test_a_folder_without_weights_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match=r"is a folder without weights; looked for weights\.safe"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "w.pt")
