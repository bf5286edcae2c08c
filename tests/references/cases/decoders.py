"""Decoders of text beside GPT-2 and Llama: transformers.

Published sizes by weights alone; outputs of the variant that is verified, which goes on from a past
as well as without one.
"""

from collections.abc import Mapping
from typing import Any

import torch

from ..filling import Descriptions
from .case import Call, Case, Inputs, Outputs, call, drawn, renamed
from .language import LLAMA_NAMES, ONE_MORE, PADDED_PAST, PADDED_RIGHT, THREE_MORE, caching_decoder

NAMES = LLAMA_NAMES | {
    "window": "sliding_window",
    "num_experts": "num_local_experts",
    "tied": "tie_word_embeddings",
}
TINY = {"vocab_size": 128, "dim": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96}
PASSES: tuple[dict[str, Any], ...] = (
    THREE_MORE | {"attention_mask": PADDED_PAST},
    {"input_ids": drawn("tokens:128", 3, 6), "attention_mask": PADDED_RIGHT},
    {"input_ids": drawn("tokens:128", 2, 7)},
    ONE_MORE,
)


def reference(family: str, theta: float, sizes: Mapping[str, Any], **options: Any) -> Call:
    """A model with a head, `sizes` by the spec's names and `options` by those of transformers."""
    rope = {"rope_type": "default", "rope_theta": theta}
    given = renamed(sizes, NAMES) | options
    config = call(f"transformers.{family}Config", **given, rope_parameters=rope)
    return call(f"transformers.{family}ForCausalLM", config)


def mistral(
    variant: str, theta: float = 1000000.0, window: int | None = None, **sizes: int
) -> Case:
    """A published size of Mistral; transformers' defaults are those of the first."""
    given = sizes | {"window": window}
    return Case(variant=variant, reference=reference("Mistral", theta, given, rms_norm_eps=1e-5))


def qwen3(variant: str, **sizes: int) -> Case:
    """A published size of Qwen3."""
    given = {"vocab_size": 151936, "kv_heads": 8, "head_dim": 128, "depth": 36} | sizes
    return Case(variant=variant, reference=reference("Qwen3", 1000000.0, given))


def tiny(family: str, theta: float, sizes: Mapping[str, Any], **options: Any) -> Case:
    """The variant that is verified, with and without a past."""
    return Case(
        variant="tiny",
        reference=reference(family, theta, {**TINY, **sizes}, **options),
        run=caching_decoder,
        inputs=PASSES,
        names=True,
    )


MIXTRAL_8X22B = {"vocab_size": 32768, "dim": 6144, "depth": 56, "heads": 48, "hidden": 16384}
GEMMA_NAMES = NAMES | {"scaled_by": "query_pre_attn_scalar"}
GEMMA_1B = {
    "vocab_size": 262144,
    "dim": 1152,
    "depth": 26,
    "heads": 4,
    "kv_heads": 1,
    "hidden": 6912,
    "window": 512,
}
GEMMA_4B = {"vocab_size": 262208, "window": 1024}


def gemma3_reference(sizes: Mapping[str, Any], factor: float, **options: Any) -> Call:
    """A Gemma 3 without its eyes; `factor` stretches the positions of global layers."""
    rope = {
        "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        "full_attention": {"rope_type": "linear", "factor": factor, "rope_theta": 1000000.0},
    }
    given = renamed(sizes, GEMMA_NAMES) | options
    config = call("transformers.Gemma3TextConfig", **given, rope_parameters=rope)
    return call("transformers.Gemma3ForCausalLM", config)


def gemma3(variant: str, factor: float = 8.0, **sizes: int) -> Case:
    """A published size of Gemma 3."""
    return Case(variant=variant, reference=gemma3_reference(sizes, factor))


GEMMA_TINY = TINY | {"dim": 48, "head_dim": 16, "scaled_by": 24, "window": 3}
GEMMA_LAYERS = ["sliding_attention", "full_attention"]

GEMMA3 = (
    gemma3("gemma3-270m", factor=1.0, **GEMMA_1B | {"dim": 640, "depth": 18, "hidden": 2048}),
    gemma3("gemma3-1b", factor=1.0, **GEMMA_1B),
    gemma3("gemma3-4b", dim=2560, depth=34, heads=8, kv_heads=4, hidden=10240, **GEMMA_4B),
    gemma3("gemma3-12b", dim=3840, depth=48, heads=16, kv_heads=8, hidden=15360, **GEMMA_4B),
    gemma3(
        "gemma3-27b",
        dim=5376,
        depth=62,
        heads=32,
        kv_heads=16,
        head_dim=128,
        hidden=21504,
        scaled_by=168,
        **GEMMA_4B,
    ),
    Case(
        variant="tiny",
        reference=gemma3_reference(GEMMA_TINY, 8.0, layer_types=GEMMA_LAYERS),
        run=caching_decoder,
        inputs=PASSES,
        names=True,
    ),
)

NEMO = {"vocab_size": 131072, "dim": 5120, "depth": 40, "head_dim": 128}

MISTRAL = (
    mistral("mistral-7b-v0.1", theta=10000.0, window=4096),
    mistral("mistral-7b-v0.2"),
    mistral("mistral-7b-v0.3", vocab_size=32768),
    mistral("mistral-nemo-12b", **NEMO),
    mistral("mistral-small-24b", theta=100000000.0, hidden=32768, **NEMO),
    tiny("Mistral", 10000.0, {"window": 3}, rms_norm_eps=1e-5),
)

QWEN3 = (
    qwen3("qwen3-0.6b", dim=1024, depth=28, heads=16, hidden=3072, tied=True),
    qwen3("qwen3-1.7b", dim=2048, depth=28, heads=16, hidden=6144, tied=True),
    qwen3("qwen3-4b", dim=2560, heads=32, hidden=9728, tied=True),
    qwen3("qwen3-8b", dim=4096, heads=32, hidden=12288),
    qwen3("qwen3-14b", dim=5120, depth=40, heads=40, hidden=17408),
    qwen3("qwen3-32b", dim=5120, depth=64, heads=64, hidden=25600),
    tiny("Qwen3", 1000000.0, {"dim": 48, "head_dim": 16}),
)

MIXTRAL = (
    Case(variant="mixtral-8x7b", reference=reference("Mixtral", 1000000.0, {})),
    Case(variant="mixtral-8x22b", reference=reference("Mixtral", 1000000.0, MIXTRAL_8X22B)),
    tiny("Mixtral", 1000000.0, {"num_experts": 4}, experts_implementation="eager"),
)

YARN = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 40.0,
    "mscale": 1.0,
    "mscale_all_dim": 1.0,
    "original_max_position_embeddings": 4096,
    "beta_fast": 32,
    "beta_slow": 1,
}
DEEPSEEK_TINY = {
    "vocab_size": 128,
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "first_k_dense_replace": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "qk_nope_head_dim": 16,
    "v_head_dim": 16,
    "qk_rope_head_dim": 8,
    "q_lora_rank": 24,
    "kv_lora_rank": 16,
    "intermediate_size": 96,
    "moe_intermediate_size": 32,
    "n_routed_experts": 8,
    "n_group": 4,
    "topk_group": 2,
    "num_experts_per_tok": 3,
    "experts_implementation": "eager",
}


def deepseek_v3(variant: str, *inputs: Descriptions, **options: Any) -> Case:
    """A DeepSeek-V3; `options` are transformers' own."""
    config = call("transformers.DeepseekV3Config", **options, rope_parameters=YARN)
    return Case(
        variant=variant,
        reference=call("transformers.DeepseekV3ForCausalLM", config),
        run=latent_decoder,
        inputs=inputs,
        names=bool(inputs),
    )


def latent_decoder(model: Any, inputs: Inputs) -> Outputs:
    """Logits, and by layer the latents of all tokens beside what is rotated of their keys."""
    given = {name: value for name, value in inputs.items() if name != "past"}
    cache = call("transformers.DynamicCache")()
    for layer, past in enumerate(inputs.get("past", [])):
        cache.update(past[:, None, :, :16], past[:, None, :, 16:], layer)
    result = model(**given, past_key_values=cache, use_cache=True)
    layers = result.past_key_values.layers
    present = [torch.cat([layer.keys, layer.values], dim=-1)[:, 0] for layer in layers]
    return {"logits": result.logits, "present": present}


LATENTS = [drawn("normal", 2, 5, 24), drawn("normal", 2, 5, 24), drawn("normal", 2, 5, 24)]

DEEPSEEK_V3 = (
    deepseek_v3("deepseek-v3"),
    deepseek_v3(
        "tiny", *(p | {"past": LATENTS} if "past" in p else p for p in PASSES), **DEEPSEEK_TINY
    ),
)

CASES = {
    "language/mistral": MISTRAL,
    "language/qwen3": QWEN3,
    "language/mixtral": MIXTRAL,
    "language/gemma3": GEMMA3,
    "language/deepseek_v3": DEEPSEEK_V3,
}
