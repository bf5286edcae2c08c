"""Encoders of text beside BERT: transformers."""

from typing import Any

from .case import Call, Case, Inputs, Outputs, call, drawn, renamed
from .language import PADDED_LEFT

DISTILBERT_NAMES = {
    "vocab_size": "vocab_size",
    "max_positions": "max_position_embeddings",
    "dim": "dim",
    "depth": "n_layers",
    "heads": "n_heads",
    "hidden": "hidden_dim",
}
DISTILBERT_TINY = {"vocab_size": 80, "max_positions": 24, "dim": 48, "depth": 2, "heads": 4}


def states(model: Any, inputs: Inputs) -> Outputs:
    """Every token's state."""
    return {"": model(**inputs).last_hidden_state}


def distilbert_reference(sizes: dict[str, Any]) -> Call:
    """DistilBERT with transformers' defaults for the rest."""
    config = call("transformers.DistilBertConfig", **renamed(sizes, DISTILBERT_NAMES))
    return call("transformers.DistilBertModel", config)


def distilbert(variant: str, *inputs: dict[str, Any], names: bool = False, **sizes: int) -> Case:
    """A size of DistilBERT that a variant names."""
    reference = distilbert_reference(sizes)
    return Case(variant=variant, reference=reference, run=states, inputs=inputs, names=names)


DISTILBERT = (
    distilbert("distilbert-base-uncased"),
    distilbert("distilbert-base-cased", vocab_size=28996),
    distilbert("distilbert-base-multilingual-cased", vocab_size=119547),
    distilbert(
        "tiny",
        {"input_ids": drawn("tokens:80", 2, 7)},
        {"input_ids": drawn("tokens:80", 3, 6), "attention_mask": PADDED_LEFT},
        names=True,
        hidden=192,
        **DISTILBERT_TINY,
    ),
)

MODERNBERT_NAMES = {
    "vocab_size": "vocab_size",
    "dim": "hidden_size",
    "depth": "num_hidden_layers",
    "heads": "num_attention_heads",
    "hidden": "intermediate_size",
}
MODERNBERT_TINY = {"vocab_size": 80, "dim": 48, "depth": 2, "heads": 4, "hidden": 40}


def modernbert(
    variant: str, *inputs: dict[str, Any], sizes: dict[str, int] | None = None, **options: Any
) -> Case:
    """A size of ModernBERT; `options` are transformers' own."""
    config = call(
        "transformers.ModernBertConfig", **renamed(sizes or {}, MODERNBERT_NAMES), **options
    )
    reference = call("transformers.ModernBertForMaskedLM", config)
    return Case(variant=variant, reference=reference, run=scores, inputs=inputs, names=bool(inputs))


def scores(model: Any, inputs: Inputs) -> Outputs:
    """Logits for every token."""
    return {"": model(**inputs).logits}


MODERNBERT = (
    modernbert("modernbert-base"),
    modernbert("modernbert-large", sizes={"dim": 1024, "depth": 28, "heads": 16, "hidden": 2624}),
    modernbert(
        "tiny",
        {"input_ids": drawn("tokens:80", 3, 6), "attention_mask": PADDED_LEFT},
        {"input_ids": drawn("tokens:80", 2, 9)},
        sizes=MODERNBERT_TINY,
        local_attention=4,
        pad_token_id=0,
        layer_types=["full_attention", "sliding_attention"],
    ),
)

CASES = {"language/distilbert": DISTILBERT, "language/modernbert": MODERNBERT}
