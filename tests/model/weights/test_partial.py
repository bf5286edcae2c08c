"""Loads that leave something out or change it, because the caller says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netwright
import pytest
import torch
from netwright_runtime import load_weights
from netwright_runtime.model.weights import IncompleteLoad, Partial, UnknownName
from netwright_runtime.model.weights.positions import NotPositions, interpolated
from torch import Tensor, nn

from .specs import assert_holds, drawn, tagger

SIZES = {"img_size": 32, "patch_size": 8, "dim": 12, "depth": 2, "heads": 2, "num_classes": 5}


def vit(device: str | None = None, **params: Any) -> nn.Module:
    return netwright.build("vision/vit", params={**SIZES, **params}, device=device)


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return drawn(vit())


def test_other_classes_are_skipped(state: dict[str, Tensor]) -> None:
    for device in (None, "meta"):
        model = vit(device, num_classes=3)
        begun = model.state_dict()
        report = load_weights(model, state, partial=Partial(skip=("head.*",)))
        assert report.skipped == ("head.weight", "head.bias") == report.kept
        assert "skipped: `head.weight`, `head.bias`\n" in str(report)
        heads = {n: model.get_parameter(n) for n in report.kept}
        assert not any(head.is_meta for head in heads.values())
        if device is None:
            assert all(torch.equal(head, begun[n]) for n, head in heads.items())
        assert_holds(model, {**state, **heads})


def test_another_image_size_is_interpolated(state: dict[str, Tensor]) -> None:
    model = vit("meta", img_size=48)
    with pytest.raises(IncompleteLoad, match=r"`pos_embed`: it is \[1, 17, 12\], and the weight"):
        load_weights(model, state)
    report = load_weights(model, state, partial=Partial(interpolate=("pos_embed",)))
    assert report.changes == {"interpolated": 1}
    assert "interpolated: pos_embed from [1, 17, 12]" in str(report)
    found, given = model.get_parameter("pos_embed"), state["pos_embed"]
    assert torch.equal(found[:, 0], given[:, 0])
    assert_holds(model, {**state, "pos_embed": found})


GRID = torch.tensor([[0.0, 1.0, 4.0], [2.0, -1.0, 3.0], [5.0, 0.5, -2.0]])


def test_a_grid_is_interpolated_as_timm_does() -> None:
    """Recorded: `timm.layers.resample_abs_pos_embed` of timm 1.0.31, to 4 x 4 and to 2 x 2."""
    tokens = torch.cat([torch.tensor([9.0]), GRID.flatten()])[None, :, None]
    larger = interpolated(tokens, (1, 17, 1), images=True).flatten().tolist()
    smaller = interpolated(tokens, (1, 5, 1), images=True).flatten().tolist()
    assert larger[:5] == pytest.approx([9.0, -0.16763, 0.44643, 2.28954, 4.20623], abs=1e-5)
    assert larger[-3:] == pytest.approx([2.48643, -0.80271, -2.40953], abs=1e-5)
    assert smaller == pytest.approx([9.0, 0.31577, 2.57363, 2.5908, -0.39161], abs=1e-5)


def test_two_dims_are_a_grid_without_other_tokens() -> None:
    embedded = GRID[None, None].expand(1, 3, 3, 3)
    found = interpolated(embedded, (1, 3, 4, 4), images=True)
    tokens = interpolated(GRID.reshape(1, 9, 1), (1, 16, 1), images=True)
    torch.testing.assert_close(found, tokens.reshape(1, 1, 4, 4).expand(1, 3, 4, 4))


def test_a_sequence_is_interpolated_along_its_length() -> None:
    found = interpolated(torch.tensor([[0.0, 1.0], [2.0, 5.0]]), (4, 2), images=False)
    assert found.tolist() == [[0.0, 1.0], [0.5, 2.0], [1.5, 4.0], [2.0, 5.0]]
    half = interpolated(torch.ones(1, 9, 3, dtype=torch.half), (1, 16, 3), images=False)
    assert half.dtype == torch.half and half.eq(1).all()


def test_what_is_no_positions_is_refused() -> None:
    with pytest.raises(NotPositions, match="it has 3 dims, and the weight 2"):
        interpolated(torch.ones(2, 3, 4), (3, 4), images=False)
    with pytest.raises(NotPositions, match="in one dim, or in two that are neighbours"):
        interpolated(torch.ones(2, 3, 4), (3, 3, 5), images=False)


def test_room_is_made_for_layers_that_the_file_lacks(state: dict[str, Tensor]) -> None:
    model = vit(depth=4)
    begun = {n: v.clone() for n, v in model.state_dict().items()}
    report = load_weights(model, state, partial=Partial(inserted=("blocks.0", "blocks.2")))
    new = [name for name in begun if name.startswith(("blocks.0.", "blocks.2."))]
    moved = {
        name: state[name.replace("blocks.1.", "blocks.0.").replace("blocks.3.", "blocks.1.")]
        for name in begun.keys() - new
    }
    assert_holds(model, {name: moved.get(name, value) for name, value in begun.items()})
    assert sorted(report.kept) == sorted(new)
    assert len(report.kept) == 24 and report.complete


def test_whatever_fits_is_loaded_where_the_call_says_so(tmp_path: Path) -> None:
    begun = tagger(tmp_path, "meta", depth=3, classes=4)
    state = {**drawn(tagger(tmp_path)), "extra": torch.ones(2)}
    report = load_weights(begun, state, partial=True)
    assert not report.complete
    assert [m.name for m in report.misfits] == ["head.weight", "head.bias"]
    assert [o.key for o in report.left_over] == ["extra"]
    assert {m.name for m in report.missing} == {n for n in report.kept if "layers.2." in n}
    assert set(report.kept) - {m.name for m in report.missing} == {"head.weight", "head.bias"}
    assert not any(p.is_meta for p in begun.parameters())


def test_a_name_that_matches_nothing_is_refused(state: dict[str, Tensor]) -> None:
    with pytest.raises(UnknownName, match=r"`heads\.\*` matches no weight, and no key of the file"):
        load_weights(vit("meta"), state, partial=Partial(skip=("heads.*",)))
    with pytest.raises(UnknownName, match=r"the model has no layer `blocks\.7`"):
        load_weights(vit("meta"), state, partial=Partial(inserted=("blocks.7",)))
    with pytest.raises(UnknownName, match="an inserted layer has a number"):
        Partial(inserted=("head",))
