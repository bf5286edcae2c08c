"""From text to text: transformers, and torch's own Transformer."""

from typing import Any

import torch

from ..filling import Descriptions
from .case import OWN, Call, Case, Inputs, Outputs, call, drawn, listed, renamed

NAMES = {
    "vocab_size": "vocab_size",
    "dim": "d_model",
    "depth": "num_layers",
    "heads": "num_heads",
    "head_dim": "d_kv",
    "hidden": "d_ff",
    "max_distance": "relative_attention_max_distance",
}
T5_SMALL = {"vocab_size": 32128, "dim": 512, "depth": 6, "heads": 8, "head_dim": 64, "hidden": 2048}
T5_TINY = {"vocab_size": 80, "dim": 32, "depth": 2, "heads": 4, "head_dim": 8, "hidden": 48}
PAST_OF_5 = [drawn("normal", 2, 3, 4, 5, 8), drawn("normal", 2, 3, 4, 5, 8)]
SOURCE = {
    "input_ids": drawn("tokens:80", 3, 26),
    "attention_mask": listed([[1] * 26, [0] * 4 + [1] * 22, [1] * 9 + [0] * 17]),
}


def encoder_decoder(model: Any, inputs: Inputs) -> Outputs:
    """Logits, and by layer the keys and values of all target tokens so far, stacked."""
    cache = call("transformers.DynamicCache")()
    for layer, (keys, values) in enumerate(inputs.get("past", [])):
        cache.update(keys, values, layer)
    given = {name: value for name, value in inputs.items() if name not in ("past", "memory")}
    if "memory" in inputs:
        given["encoder_outputs"] = (inputs["memory"],)
    caches = call("transformers.EncoderDecoderCache", cache, call("transformers.DynamicCache"))()
    result = model(**given, past_key_values=caches, use_cache=True)
    present = [torch.stack([layer.keys, layer.values]) for layer in cache.layers]
    return {"logits": result.logits, "present": present}


def t5_reference(sizes: dict[str, Any], newer: bool = False) -> Call:
    """A T5, or a `newer` one of version 1.1."""
    options: dict[str, Any] = {"tie_word_embeddings": False, "feed_forward_proj": "gated-gelu"}
    given = renamed(sizes, NAMES) | (options if newer else {})
    config = call("transformers.T5Config", **given)
    model = call("transformers.T5ForConditionalGeneration", config)
    return call(f"{OWN}.untied", model) if newer else model


def t5(variant: str, newer: bool = False, **sizes: int) -> Case:
    """A published size of T5."""
    return Case(variant=variant, reference=t5_reference(T5_SMALL | sizes, newer))


def tiny_t5(*inputs: dict[str, Any], newer: bool = False) -> Case:
    """The variant that is verified."""
    return Case(
        variant="tiny",
        params={"mlp": "GatedMlp", "tied": False} if newer else {},
        reference=t5_reference(T5_TINY | {"max_distance": 20}, newer),
        run=encoder_decoder,
        inputs=inputs,
        names=True,
    )


DECODED = SOURCE | {"decoder_input_ids": drawn("tokens:80", 3, 21)}
MORE = SOURCE | {"decoder_input_ids": drawn("tokens:80", 3, 2), "past": PAST_OF_5}
REMEMBERED = MORE | {"memory": drawn("normal", 3, 26, 32)}

T5 = (
    t5("t5-small"),
    t5("t5-base", dim=768, depth=12, heads=12, hidden=3072),
    t5("t5-large", dim=1024, depth=24, heads=16, hidden=4096),
    t5("t5-3b", dim=1024, depth=24, heads=32, head_dim=128, hidden=16384),
    t5("t5-11b", dim=1024, depth=24, heads=128, head_dim=128, hidden=65536),
    t5("t5-v1.1-small", newer=True, depth=8, heads=6, hidden=1024),
    t5("t5-v1.1-base", newer=True, dim=768, depth=12, heads=12),
    t5("t5-v1.1-large", newer=True, dim=1024, depth=24, heads=16, hidden=2816),
    t5("t5-v1.1-xl", newer=True, dim=2048, depth=24, heads=32, hidden=5120),
    t5("t5-v1.1-xxl", newer=True, dim=4096, depth=24, heads=64, hidden=10240),
    tiny_t5(REMEMBERED, MORE, DECODED),
    tiny_t5(DECODED, newer=True),
)


def translator(variant: str, *inputs: Descriptions, **sizes: int) -> Case:
    """A size of the Transformer of 2017."""

    def logits(model: Any, given: Inputs) -> Outputs:
        return {"logits": model(**given)}

    reference = call(f"{OWN}.Translator", **sizes)
    return Case(variant=variant, reference=reference, run=logits, inputs=inputs, names=bool(inputs))


TRANSLATED = SOURCE | {"decoder_input_ids": drawn("tokens:80", 3, 7)}

TRANSFORMER = (
    translator("transformer-base", vocab_size=37000, dim=512, depth=6, heads=8, hidden=2048),
    translator("transformer-big", vocab_size=37000, dim=1024, depth=6, heads=16, hidden=4096),
    translator("tiny", TRANSLATED, vocab_size=80, dim=32, depth=2, heads=4, hidden=48),
)

CASES = {"language/t5": T5, "language/transformer": TRANSFORMER}
