from __future__ import annotations

from pathlib import Path

import pytest
import torch
from netwright_runtime.train.checkpoint import BadCheckpoint, Best, Checkpoint, Progress
from safetensors.torch import save_file

TENSORS = {
    "model/a": torch.arange(6.0).reshape(2, 3),
    "model/half": torch.tensor([1.5, 2.5], dtype=torch.bfloat16),
    "optimiser/a/step": torch.tensor(3.0),
    "model/flags": torch.tensor([True, False]),
    "model/empty": torch.zeros(0, 4),
}
PROGRESS = Progress(7, 1, 3, 1, 224, Best(0.5, 6))


def written(path: Path) -> Checkpoint:
    checkpoint = Checkpoint("a run", PROGRESS, TENSORS, {"scale": 2.0}, 2)
    path.write_bytes(checkpoint.to_bytes())
    return checkpoint


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    wanted = written(tmp_path / "c")
    found = Checkpoint.read(tmp_path / "c")
    assert found.progress == PROGRESS
    assert (found.run, found.scaler, found.batch_divisor) == ("a run", {"scale": 2.0}, 2)
    assert found.tensors.keys() == wanted.tensors.keys()
    for name, tensor in found.tensors.items():
        assert tensor.dtype == TENSORS[name].dtype
        assert torch.equal(tensor, TENSORS[name])


def test_a_part_has_plain_names(tmp_path: Path) -> None:
    part = written(tmp_path / "c").part("model")
    assert sorted(part) == ["a", "empty", "flags", "half"]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(share: float, tmp_path: Path) -> None:
    path = tmp_path / "c"
    written(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        Checkpoint.read(path)


def test_no_changed_byte_goes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "c"
    written(path)
    data = path.read_bytes()
    for place in range(8, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        try:
            found = Checkpoint.read(path)
        except BadCheckpoint:
            continue
        same = found.progress == PROGRESS and found.run == "a run"
        assert same
        assert all(torch.equal(found.tensors[name], TENSORS[name]) for name in TENSORS), place


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(BadCheckpoint, match="is no checkpoint of a training run"):
        Checkpoint.read(path)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        Checkpoint.read(tmp_path / "c")
