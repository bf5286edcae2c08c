"""Networks of diffusion models, and the autoencoder of their latents."""

from dataclasses import replace
from typing import Any

from .case import Case, Inputs, Outputs, call, drawn, listed

HERE = f"{__package__.rpartition('.')[0]}.diffusion"

DIT = {
    "dit_s_8": {"patch": 8, "dim": 384, "depth": 12, "heads": 6},
    "dit_b_4": {"patch": 4, "dim": 768, "depth": 12, "heads": 12},
    "dit_l_2": {"patch": 2, "dim": 1024, "depth": 24, "heads": 16},
    "dit_xl_2": {"patch": 2, "dim": 1152, "depth": 28, "heads": 16},
    "dit_xl_2_512": {"size": 64, "patch": 2, "dim": 1152, "depth": 28, "heads": 16},
    "tiny": {"size": 8, "patch": 2, "dim": 32, "depth": 2, "heads": 4, "classes": 10},
}
DIT_INPUTS = {
    "x": drawn("normal", 2, 4, 8, 8),
    "t": drawn("tokens:1000", 2),
    "y": drawn("tokens:11", 2),
}


def dit(variant: str, **kept: Any) -> Case:
    """A diffusion transformer."""
    return Case(variant=variant, reference=call(f"{HERE}.DiT", **DIT[variant]), **kept)


DDPM: dict[str, dict[str, Any]] = {
    "ddpm-cifar10-32": {"block_out_channels": (128, 256, 256, 256)},
    "ddpm-celebahq-256": {"block_out_channels": (128, 128, 256, 256, 512, 512)},
    "tiny": {"block_out_channels": (8, 16), "norm_num_groups": 4},
}


def sampled(model: Any, inputs: Inputs) -> Outputs:
    """The prediction of a network of diffusers."""
    return {"": model(*inputs.values()).sample}


def ddpm(variant: str, attending: int, **kept: Any) -> Case:
    """A U-Net with attention at one size, as Google published them."""
    sizes = len(DDPM[variant]["block_out_channels"])
    down = ["DownBlock2D"] * sizes
    down[attending] = "AttnDownBlock2D"
    reference = call(
        "diffusers.UNet2DModel",
        **DDPM[variant],
        down_block_types=tuple(down),
        up_block_types=tuple(name.replace("Down", "Up") for name in reversed(down)),
        attention_head_dim=None,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        norm_eps=1e-6,
    )
    return Case(variant=variant, reference=reference, run=sampled, **kept)


SMALL_LATENTS: dict[str, Any] = {
    "block_out_channels": (8, 16),
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "cross_attention_dim": 6,
    "attention_head_dim": 2,
    "norm_num_groups": 4,
}


def latent(variant: str, inputs: Any = (), names: bool = False, **config: Any) -> Case:
    """A U-Net of Stable Diffusion 1.x."""
    reference = call("diffusers.UNet2DConditionModel", **{"cross_attention_dim": 768, **config})
    return Case(variant=variant, reference=reference, run=sampled, inputs=inputs, names=names)


def flow(variant: str, inputs: Any = (), names: bool = False, **config: Any) -> Case:
    """A transformer of Stable Diffusion 3."""
    reference = call("diffusers.SD3Transformer2DModel", **config)
    return Case(variant=variant, reference=reference, run=flowing, inputs=inputs, names=names)


def flowing(model: Any, inputs: Inputs) -> Outputs:
    """The velocity."""
    return {"": model(**inputs).sample}


SD3: dict[str, Any] = {"num_layers": 24, "num_attention_heads": 24, "caption_projection_dim": 1536}
SD3_LARGE: dict[str, Any] = {
    "num_layers": 38,
    "num_attention_heads": 38,
    "caption_projection_dim": 2432,
}
SD3_SMALL: dict[str, Any] = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "num_layers": 3,
    "attention_head_dim": 8,
    "num_attention_heads": 2,
    "joint_attention_dim": 12,
    "caption_projection_dim": 16,
    "pooled_projection_dim": 10,
    "pos_embed_max_size": 6,
    "qk_norm": "rms_norm",
}

KL_SMALL: dict[str, Any] = {
    "block_out_channels": (8, 16),
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "norm_num_groups": 4,
}
KL_LARGE: dict[str, Any] = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}


def autoencoder(variant: str, names: bool = False, **config: Any) -> Case:
    """An autoencoder of latents, by names and shapes."""
    reference = call("diffusers.AutoencoderKL", layers_per_block=2, **config)
    return Case(variant=variant, reference=reference, names=names)


def there_and_back(model: Any, inputs: Inputs) -> Outputs:
    """What the mean of the latents becomes, and the posterior."""
    posterior = model.encode(*inputs.values()).latent_dist
    recon = model.decode(posterior.mean).sample
    return {"recon": recon, "mean": posterior.mean, "logvar": posterior.logvar}


def decoded(model: Any, inputs: Inputs) -> Outputs:
    """An image from latents."""
    return {"": model.decode(*inputs.values()).sample}


CASES = {
    "generative/ddpm": (
        ddpm("ddpm-cifar10-32", 1, names=True),
        ddpm("ddpm-celebahq-256", 4),
        ddpm(
            "tiny",
            1,
            inputs=({"sample": drawn("normal", 2, 3, 4, 4), "timestep": drawn("tokens:1000", 2)},),
        ),
    ),
    "generative/dit": (
        dit("dit_s_8", names=True),
        *map(dit, ("dit_b_4", "dit_l_2", "dit_xl_2", "dit_xl_2_512")),
        dit("tiny", inputs=(DIT_INPUTS,)),
    ),
    "generative/stable_diffusion": (
        latent("stable-diffusion-v1-5"),
        latent("stable-diffusion-v1-5-inpainting", in_channels=9),
        latent(
            "tiny",
            inputs=(
                {
                    "sample": drawn("normal", 2, 4, 4, 4),
                    "timestep": drawn("tokens:1000", 2),
                    "encoder_hidden_states": drawn("normal", 2, 3, 6),
                },
            ),
            names=True,
            **SMALL_LATENTS,
        ),
    ),
    "generative/sd3": (
        flow("stable-diffusion-3-medium", pos_embed_max_size=192, **SD3),
        flow("stable-diffusion-3.5-large", pos_embed_max_size=192, qk_norm="rms_norm", **SD3_LARGE),
        flow(
            "tiny",
            inputs=(
                {
                    "hidden_states": drawn("normal", 2, 4, 8, 8),
                    "encoder_hidden_states": drawn("normal", 2, 5, 12),
                    "pooled_projections": drawn("normal", 2, 10),
                    "timestep": listed([3.5, 900.0]),
                },
            ),
            names=True,
            **SD3_SMALL,
        ),
    ),
    "generative/autoencoder_kl": (
        autoencoder("stable-diffusion-v1-5", names=True, **KL_LARGE),
        autoencoder(
            "stable-diffusion-3",
            latent_channels=16,
            use_quant_conv=False,
            use_post_quant_conv=False,
            **KL_LARGE,
        ),
        replace(
            autoencoder("tiny", **KL_SMALL),
            run=there_and_back,
            inputs=({"image": drawn("normal", 2, 3, 8, 8)},),
        ),
        replace(
            autoencoder("tiny", **KL_SMALL),
            method="decode",
            run=decoded,
            inputs=({"z": drawn("normal", 2, 4, 4, 4)},),
        ),
    ),
}
