"""`netwright build -O`: the program beside the source."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest
import torch
from netwright.cli import main
from safetensors.torch import save_model

SPEC = """netwright: 1
model: Net
inputs: {x: "float[B, 3, H, W]"}
graph:
  conv: Conv2d(out_channels=4, kernel_size=3, padding=1)
  norm: BatchNorm2d
  pooled: norm.mean([2, 3])
outputs: {pooled: pooled, map: norm}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_it_writes_a_program_with_these_weights(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = netwright.build(spec)
    model(torch.randn(4, 3, 5, 5))
    save_model(model, str(tmp_path / "net.safetensors"))
    made = tmp_path / "made"
    load = ["--load", str(tmp_path / "net.safetensors")]
    assert main(["build", str(spec), "-o", str(made), "-O", *load, "--explain"]) == 0
    out = capsys.readouterr().out
    assert "optimised.pt2: 3 kernels, now 2" in out
    assert "folded into conv" in out
    program = torch.export.load(made / "optimised.pt2").module()
    image = torch.randn(3, 3, 9, 7)
    found, expected = program(x=image), model.eval()(x=image)
    torch.testing.assert_close(found, expected._asdict())


def test_what_goes_with_it_alone(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", str(spec), "-o", str(tmp_path / "made"), "--explain"]) == 2
    assert "`--explain` goes with `-O`" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
