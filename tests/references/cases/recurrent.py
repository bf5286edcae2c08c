"""Recurrent networks: a plain LSTM classifier of our own."""

from typing import Any

from .case import Case, call, drawn

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

CASES = {
    "recurrent/lstm_classifier": (
        classifier((2, 9), (3, 5), vocab_size=50, names=True),
        classifier((2, 9), (3, 5), **SMALL, depth=1, num_classes=5),
        classifier((2, 9), **SMALL, depth=3),
    )
}
