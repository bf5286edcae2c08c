"""Recurrent networks of our own: an LSTM classifier, and a translator with attention."""

from dataclasses import replace
from typing import Any

from .case import Case, Inputs, Outputs, call, drawn, listed

HOME = "tests.references.networks"


def classifier(*sizes: tuple[int, int], names: bool = False, **params: Any) -> Case:
    """A classifier over tokens, on (batch, length)."""
    vocabulary = params["vocab_size"]
    return Case(
        params=params,
        reference=call(f"{HOME}.LSTMClassifier", **params),
        inputs=tuple({"tokens": drawn(f"tokens:{vocabulary}", b, t)} for b, t in sizes),
        names=names,
    )


SMALL: dict[str, Any] = {"vocab_size": 40, "embed_dim": 12, "hidden": 10}

TRANSLATOR: dict[str, Any] = {"source_vocab": 30, "target_vocab": 20, "dim": 6, "hidden": 8}
SOURCE = listed([[5, 9, 3, 29], [7, 1, 0, 0]])


def written(model: Any, inputs: Inputs) -> Outputs:
    """The next tokens, and what was looked at."""
    logits, weights = model(**inputs)
    return {"logits": logits, "weights": weights}


def read(model: Any, inputs: Inputs) -> Outputs:
    """The states of a source, and those that the target starts from."""
    states, _, start = model.encode(**inputs)
    return {"states": states, "start": start}


def translator(variant: str | None, names: bool = False, **sizes: int) -> Case:
    """A translator by names and shapes."""
    reference = call("tests.references.translation.Seq2Seq", **sizes, depth=2)
    return Case(variant=variant, reference=reference, names=names)


CASES = {
    "recurrent/lstm_classifier": (
        classifier((2, 9), (3, 5), vocab_size=50, names=True),
        classifier((2, 9), (3, 5), **SMALL, depth=1, num_classes=5),
        classifier((2, 9), **SMALL, depth=3),
    ),
    "recurrent/seq2seq": (
        translator(None, source_vocab=8000, target_vocab=8000, dim=256, hidden=512),
        replace(
            translator("tiny", names=True, **TRANSLATOR),
            run=written,
            inputs=({"source": SOURCE, "target": drawn("tokens:20", 2, 3)},),
        ),
        replace(
            translator("tiny", **TRANSLATOR),
            method="encode",
            run=read,
            inputs=({"source": SOURCE},),
        ),
    ),
}
