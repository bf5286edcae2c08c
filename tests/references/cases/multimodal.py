"""Images and texts: transformers."""

from typing import Any

from ..filling import Descriptions
from .case import OWN, Call, Case, Inputs, Outputs, call, drawn, listed
from .language import PADDED_RIGHT, caching_decoder


def compared(model: Any, inputs: Inputs) -> Outputs:
    """Similarities of images and texts, and what was compared."""
    result = model(**inputs)
    names = ("logits_per_image", "logits_per_text", "text_embeds", "image_embeds")
    return {name: getattr(result, name) for name in names}


def clip_reference(text: dict[str, Any], image: dict[str, Any], shared: int) -> Call:
    """A CLIP; `text` and `image` are transformers' own options."""
    config = call(
        "transformers.CLIPConfig",
        text_config={"eos_token_id": 2, **text},
        vision_config=image,
        projection_dim=shared,
    )
    return call("transformers.CLIPModel", config)


def clip(variant: str, *inputs: Descriptions, shared: int = 512, **options: Any) -> Case:
    """A size of CLIP."""
    return Case(
        variant=variant,
        reference=clip_reference(options.get("text", {}), options["image"], shared),
        run=compared,
        inputs=inputs,
        names=bool(inputs),
    )


def towers(dim: int, depth: int, heads: int) -> dict[str, Any]:
    """Sizes of a transformer with perceptrons of four times its width."""
    return {
        "hidden_size": dim,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "intermediate_size": 4 * dim,
    }


LARGE = towers(1024, 24, 16) | {"patch_size": 14}
COMPARED: Descriptions = {
    "pixel_values": drawn("uniform", 2, 3, 16, 16),
    "input_ids": drawn("tokens:60", 3, 6),
    "attention_mask": PADDED_RIGHT,
}

CLIP = (
    clip("clip-vit-base-patch32", image={"patch_size": 32}),
    clip("clip-vit-base-patch16", image={"patch_size": 16}),
    clip("clip-vit-large-patch14", image=LARGE, text=towers(768, 12, 12), shared=768),
    clip(
        "clip-vit-large-patch14-336",
        image=LARGE | {"image_size": 336},
        text=towers(768, 12, 12),
        shared=768,
    ),
    clip(
        "tiny",
        COMPARED,
        {name: COMPARED[name] for name in ("pixel_values", "input_ids")},
        image=towers(32, 2, 4) | {"image_size": 16, "patch_size": 8},
        text=towers(24, 2, 3) | {"vocab_size": 60, "max_position_embeddings": 12},
        shared=20,
    ),
)

SIGLIP_TINY = towers(24, 2, 3) | {"intermediate_size": 40}
SIGLIP_LARGE = towers(1024, 24, 16)
SIGLIP_SO400M = towers(1152, 27, 16) | {"intermediate_size": 4304}


def siglip(
    variant: str,
    *inputs: Descriptions,
    tower: dict[str, Any] | None = None,
    text: dict[str, Any] | None = None,
    **image: int,
) -> Case:
    """A size of SigLIP, whose towers are alike; `text` and `image` are transformers' options."""
    config = call(
        "transformers.SiglipConfig",
        text_config={**(tower or {}), **(text or {})},
        vision_config={**(tower or {}), **image},
    )
    return Case(
        variant=variant,
        reference=call("transformers.SiglipModel", config),
        run=compared,
        inputs=inputs,
        names=bool(inputs),
    )


SIGLIP = (
    siglip("siglip-base-patch16-224"),
    siglip("siglip-base-patch16-256", image_size=256),
    siglip("siglip-base-patch16-384", image_size=384),
    siglip("siglip-base-patch16-512", image_size=512),
    siglip("siglip-large-patch16-256", tower=SIGLIP_LARGE, image_size=256),
    siglip("siglip-large-patch16-384", tower=SIGLIP_LARGE, image_size=384),
    siglip(
        "siglip-so400m-patch14-224",
        tower=SIGLIP_SO400M,
        text={"max_position_embeddings": 16},
        patch_size=14,
    ),
    siglip("siglip-so400m-patch14-384", tower=SIGLIP_SO400M, patch_size=14, image_size=384),
    siglip(
        "tiny",
        {name: COMPARED[name] for name in ("pixel_values", "input_ids")},
        tower=SIGLIP_TINY,
        text={"vocab_size": 60, "max_position_embeddings": 12},
        image_size=16,
        patch_size=8,
    ),
)


def llava(
    variant: str, *inputs: Descriptions, image: dict[str, Any], text: dict[str, Any], token: int
) -> Case:
    """A LLaVA whose tower ends where its patches are taken; `image` and `text` as above."""
    config = call(
        "transformers.LlavaConfig",
        vision_config=call("transformers.CLIPVisionConfig", **image),
        text_config=call("transformers.LlamaConfig", **text, rms_norm_eps=1e-5),
        image_token_index=token,
        vision_feature_layer=-1,
    )
    model = call("transformers.LlavaForConditionalGeneration", config)
    return Case(
        variant=variant,
        reference=call(f"{OWN}.without_tower_norm", model),
        run=caching_decoder,
        inputs=inputs,
        names=bool(inputs),
    )


EYES = LARGE | {"image_size": 336, "num_hidden_layers": 23}
LLAVA_13B = {
    "vocab_size": 32064,
    "hidden_size": 5120,
    "num_hidden_layers": 40,
    "num_attention_heads": 40,
    "intermediate_size": 13824,
}
LLAVA_TINY = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
}
IMAGE = drawn("uniform", 2, 3, 16, 16)
ASKED: Descriptions = {
    "input_ids": listed([[9, 3, 3, 3, 3, 12, 40], [0, 9, 3, 3, 3, 3, 7]]),
    "pixel_values": IMAGE,
    "attention_mask": listed([[1, 1, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1]]),
}
ANSWERED: Descriptions = {
    "input_ids": drawn("tokens:60", 2, 2),
    "past": [drawn("normal", 2, 2, 4, 5, 8), drawn("normal", 2, 2, 4, 5, 8)],
}

LLAVA = (
    llava("llava-1.5-7b", image=EYES, text={"vocab_size": 32064}, token=32000),
    llava("llava-1.5-13b", image=EYES, text=LLAVA_13B, token=32000),
    llava(
        "tiny",
        ASKED,
        ANSWERED,
        image=towers(32, 1, 4) | {"image_size": 16, "patch_size": 8},
        text=LLAVA_TINY,
        token=3,
    ),
)

CASES = {"multimodal/clip": CLIP, "multimodal/siglip": SIGLIP, "multimodal/llava": LLAVA}
