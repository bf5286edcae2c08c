"""Machine code of each kind of block, the weights and the rest, in one file."""

from __future__ import annotations

import netwright
import pytest
import torch
from netwright_runtime.optimise import compile, load_package, package
from torch import Tensor, nn

from tests.optimise.regional_models import CONVOLUTIONS, TOKENS

pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.:FutureWarning"),
]
"""What torch's compiler says of torch."""


def built(folder, text: str, **params: int) -> nn.Module:
    (folder / "net.yaml").write_text(text)
    torch.manual_seed(0)
    return netwright.build(folder / "net.yaml", params=params)


def test_a_package_gives_what_the_module_gives_at_its_sizes_only(tmp_path) -> None:
    model = built(tmp_path, TOKENS).eval()
    x, path = torch.rand(2, 5, 16), tmp_path / "model.pt2"
    package(model, (x,), path)
    before = dict(model.state_dict())
    loaded = load_package(path)
    with torch.no_grad():
        for value in (x, torch.rand(2, 5, 16)):
            expected: tuple[Tensor, list[Tensor]] = tuple(model(value))
            torch.testing.assert_close(loaded(value), expected, atol=1e-5, rtol=1e-5)
        with pytest.raises(AssertionError, match=r"size\(\)\[1\] == 5"):
            loaded(torch.rand(2, 6, 16))
    assert all(type(block.forward).__name__ == "method" for block in model.modules())
    torch.testing.assert_close(dict(model.state_dict()), before)
    assert len(list((tmp_path).glob("*.pt2"))) == 1


def test_a_model_in_training_mode_or_without_repeats_is_refused(tmp_path) -> None:
    image = torch.rand(1, 3, 4, 4)
    with pytest.raises(ValueError, match=r"call `model.eval\(\)` before"):
        package(built(tmp_path, CONVOLUTIONS), (image,), tmp_path / "model.pt2")
    with pytest.raises(ValueError, match="`Net` repeats no block; use"):
        package(built(tmp_path, CONVOLUTIONS, depth=1).eval(), (image,), tmp_path / "model.pt2")


def test_a_compiled_model_can_be_packaged(tmp_path, monkeypatch) -> None:
    from netwright_runtime.optimise.regional import packaging

    seen: list[str] = []

    def stop(call: packaging._Call, mode: str) -> None:
        seen.append(call.path)
        raise InterruptedError

    monkeypatch.setattr(packaging, "_machine_code", stop)
    model = compile(built(tmp_path, CONVOLUTIONS).eval())
    kept = model.get_submodule("blocks.0").forward
    with pytest.raises(InterruptedError):
        package(model, (torch.rand(1, 3, 4, 4),), tmp_path / "model.pt2")
    assert seen == ["blocks.0"]
    assert model.get_submodule("blocks.0").forward is kept
