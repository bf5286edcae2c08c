"""A GRU classifier and DCGAN's generator, in plain torch."""

from typing import Any

from .case import Case, call, drawn, listed

HOME = "tests.references.networks"
GRU: dict[str, Any] = {"vocab_size": 40, "embed_dim": 12, "hidden": 10}


def gru(*inputs: Any, names: bool = False, **params: Any) -> Case:
    """A classifier over tokens."""
    reference = call(f"{HOME}.GRUClassifier", **params)
    return Case(params=params, reference=reference, inputs=inputs, names=names)


def dcgan(variant: str, latent: int, widths: list[int], *inputs: Any) -> Case:
    """A generator of images."""
    reference = call(f"{HOME}.DCGAN", latent, widths)
    return Case(variant=variant, reference=reference, inputs=inputs, names=True)


CASES = {
    "recurrent/gru_classifier": (
        gru({"tokens": drawn("tokens:50", 2, 9)}, vocab_size=50, names=True),
        gru({"tokens": listed([[5, 9, 0, 0], [1, 2, 3, 39]])}, **GRU, depth=3, num_classes=5),
        gru({"tokens": drawn("tokens:40", 3, 5)}, **GRU, depth=1),
    ),
    "generative/dcgan": (
        dcgan("dcgan64", 100, [512, 256, 128, 64], {"z": drawn("normal", 1, 100)}),
        dcgan("tiny", 6, [8, 4], {"z": drawn("normal", 2, 6)}),
    ),
}
