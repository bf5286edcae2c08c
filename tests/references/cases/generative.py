"""Plain generative models of our own."""

from typing import Any

from .case import OWN, Case, Inputs, Outputs, call, drawn

IMAGES = "tests.references.images"
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


def restored(model: Any, inputs: Inputs) -> Outputs:
    """The image restored, and its code."""
    recon, code = model(**inputs)
    return {"recon": recon, "code": code}


def plain(variant: str | None, channels: int, widths: list[int], latent: int, size: int) -> Case:
    """An autoencoder, on images of one size."""
    return Case(
        variant=variant,
        reference=call(f"{IMAGES}.Autoencoder", channels, widths, latent),
        run=restored,
        inputs=({"image": drawn("uniform", 2, channels, size, 2 * size)},),
        names=True,
    )


def judge(variant: str, width: int) -> Case:
    """A discriminator."""
    reference = call(f"{IMAGES}.Discriminator", width)
    inputs = ({"image": drawn("uniform", 2, 3, 64, 64)},)
    return Case(variant=variant, reference=reference, inputs=inputs, names=True)


CASES = {
    "generative/autoencoder": (
        plain(None, 3, [32, 64, 128], 16, 16),
        plain("tiny", 1, [4, 6], 2, 8),
    ),
    "generative/dcgan_discriminator": (judge("dcgan64", 64), judge("tiny", 4)),
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
    ),
}
