"""Generative models: a plain variational autoencoder of our own."""

from typing import Any

from .case import OWN, Case, Inputs, Outputs, call, drawn

SMALL = {"channels": 1, "width": 8, "latent": 16}


def everything(model: Any, inputs: Inputs) -> Outputs:
    """Reconstruction and the two halves of the posterior."""
    recon, mu, logvar = model(**inputs)
    return {"recon": recon, "mu": mu, "logvar": logvar}


def encode(model: Any, inputs: Inputs) -> Outputs:
    """The posterior alone."""
    mu, logvar = model.encode(**inputs)
    return {"mu": mu, "logvar": logvar}


def decode(model: Any, inputs: Inputs) -> Outputs:
    """An image from a latent vector."""
    return {"": model.decode(**inputs)}


CASES = {
    "generative/vae": (
        Case(
            reference=call(f"{OWN}.VAE"),
            run=everything,
            inputs=({"image": drawn("uniform", 2, 3, 32, 32)},),
            names=True,
        ),
        Case(
            params=SMALL,
            reference=call(f"{OWN}.VAE", **SMALL),
            run=everything,
            inputs=tuple({"image": drawn("uniform", b, 1, 32, 32)} for b in (2, 3)),
        ),
        Case(
            params=SMALL,
            method="encode",
            reference=call(f"{OWN}.VAE", **SMALL),
            run=encode,
            inputs=({"image": drawn("uniform", 2, 1, 32, 32)},),
        ),
        Case(
            params=SMALL,
            method="decode",
            reference=call(f"{OWN}.VAE", **SMALL),
            run=decode,
            inputs=({"z": drawn("normal", 2, 16)},),
        ),
    )
}
