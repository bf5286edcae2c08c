"""The specs to begin with check clean, are formatted, and learn."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest
import torch
from netwright.driver.check import check
from netwright.frontend.formatting import format_text
from netwright.frontend.starter import KINDS, Kind, starter
from netwright_runtime.verify import Level, verify
from netwright_runtime.verify.markdown import markdown
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import cross_entropy

TEXT = "the quick brown fox jumps over the lazy dog. " * 8


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_checks_clean_in_all_variants(kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(starter("Digits", kind), encoding="utf-8")
    found = check(file)
    assert found.render() == ""
    assert len(found.variants) == 3
    assert found.model == "Digits"


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_is_formatted_and_fits_a_screen(kind: Kind) -> None:
    text = starter("Digits", kind)
    assert format_text(text) == text
    assert len(text.splitlines()) <= 80


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_is_sound(kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(starter("Digits", kind), encoding="utf-8")
    report = verify(file, level=Level.QUICK)
    assert report.ok, markdown([report])


@pytest.mark.parametrize(
    ("name", "kind", "fault"),
    [
        ("my-net", "mlp", "`my-net` is not an identifier"),
        ("class", "mlp", "`class` is a Python keyword"),
        ("Block", "cnn", "`Block` is the name of a block in this starter"),
        ("Net", "rnn", "there is no starter `rnn`; there are mlp, cnn, transformer"),
    ],
)
def test_what_cannot_be_is_refused(name: str, kind: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        starter(name, kind)  # type: ignore[arg-type]


def batch(kind: Kind) -> tuple[Tensor, Tensor]:
    """Inputs and the classes to predict."""
    if kind == "transformer":
        codes = torch.tensor([ord(c) for c in TEXT])[: 8 * 33].view(8, 33)
        return codes[:, :-1], codes[:, 1:].flatten()
    images, classes = load_digits(return_X_y=True)
    pixels = torch.tensor(images[:64], dtype=torch.float32) / 16
    shape = (-1, 1, 8, 8) if kind == "cnn" else (-1, 64)
    return pixels.view(shape), torch.tensor(classes[:64])


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_learns(kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(starter("Net", kind), encoding="utf-8")
    torch.manual_seed(0)
    model = netwright.build(file, variant="small")
    inputs, classes = batch(kind)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(30):
        loss = cross_entropy(model(inputs).flatten(0, -2), classes)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
