"""Models whose published weights come inside a package."""

from typing import Any

import torch.nn.functional as F

from .case import OWN, Case, Inputs, Outputs, call, drawn, listed, renamed
from .language import BERT_NAMES
from .vision import images

MINILM = {"vocab_size": 30522, "max_positions": 512, "dim": 384, "heads": 12}
TINY = {"vocab_size": 80, "max_positions": 24, "dim": 48, "heads": 4}


def sentence(model: Any, inputs: Inputs) -> Outputs:
    """The mean of the states of real tokens, as sentence-transformers pools them, of length 1."""
    states = model(**inputs).last_hidden_state
    if "attention_mask" not in inputs:
        return {"": F.normalize(states.mean(dim=1), dim=1)}
    real = inputs["attention_mask"][..., None].to(states.dtype)
    return {"": F.normalize((states * real).sum(dim=1) / real.sum(dim=1).clamp(min=1e-9), dim=1)}


def minilm(variant: str, depth: int, *inputs: Any, sizes: dict[str, int] = MINILM) -> Case:
    """A BERT that sentences go through."""
    config = call(
        "transformers.BertConfig",
        **renamed({**sizes, "depth": depth, "hidden": 4 * sizes["dim"]}, BERT_NAMES),
    )
    reference = call("transformers.BertModel", config, add_pooling_layer=False)
    return Case(variant=variant, reference=reference, run=sentence, inputs=inputs)


def lite(number: int, *inputs: Any, names: bool = False) -> Case:
    """An EfficientNet-Lite with TensorFlow's padding."""
    reference = call("timm.create_model", f"tf_efficientnet_lite{number}")
    return Case(
        variant=f"efficientnet_lite{number}", reference=reference, inputs=inputs, names=names
    )


CASES = {
    "language/minilm": (
        minilm("all-minilm-l6-v2", 6),
        minilm("all-minilm-l12-v2", 12),
        minilm(
            "tiny",
            2,
            {"input_ids": drawn("tokens:80", 2, 9)},
            {
                "input_ids": drawn("tokens:80", 2, 5),
                "attention_mask": listed([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
                "token_type_ids": listed([[0, 0, 0, 1, 1], [0, 1, 1, 1, 1]]),
            },
            sizes=TINY,
        ),
    ),
    "vision/efficientnet_lite": (
        lite(0, *images((2, 64, 96), (1, 71, 66)), names=True),
        *(lite(number) for number in (1, 2, 3, 4)),
    ),
    "recurrent/speaker_encoder": (
        Case(
            variant="resemblyzer",
            reference=call(f"{OWN}.voice_encoder"),
            inputs=(
                {"frames": drawn("uniform", 2, 20, 40)},
                {"frames": drawn("uniform", 1, 7, 40)},
            ),
            names=True,
            dtype="float32",
        ),
    ),
}
