"""Emitted files, byte for byte: a change of the emitter shows here as a change of code to review.

`pytest tests/golden --update-golden` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.emission.building import executed, of_catalogue

HERE = Path(__file__).parent

GOLDEN = {
    "tiny_gpt": ("language/tiny_gpt", None),
    "gpt2": ("language/gpt2", "gpt2"),
    "llama": ("language/llama", "llama3-8b"),
    "resnet50": ("vision/resnet", "resnet50"),
    "unet": ("vision/unet", "resnet18"),
    "efficientnet_b1": ("vision/efficientnet", "efficientnet_b1"),
    "segformer": ("vision/segformer", "b0"),
    "vae": ("generative/vae", None),
    "gcn": ("graph/gcn", None),
}
"""Files by name: the spec and its variant."""


@pytest.mark.parametrize("name", GOLDEN)
def test_bytes(name: str, request: pytest.FixtureRequest) -> None:
    path = HERE / f"{name}.py"
    text = of_catalogue(*GOLDEN[name]).text
    if request.config.getoption("--update-golden"):
        path.write_text(text)
    assert path.read_text() == text, f"{path.name} is out of date: see --update-golden"


@pytest.mark.parametrize("name", GOLDEN)
def test_runs(name: str) -> None:
    """The file builds its model without memory, and lists all its weights."""
    file = of_catalogue(*GOLDEN[name])
    with torch.device("meta"):
        model = executed((HERE / f"{name}.py").read_text(), name)[file.class_name]()
    assert all(p.is_meta for p in model.parameters())
    assert model.state_dict()
