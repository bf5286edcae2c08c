"""Decoders that carry a state of fixed size: transformers."""

from typing import Any

from ..filling import Descriptions
from .case import Case, Inputs, Outputs, call, drawn


def recurrent_decoder(model: Any, inputs: Inputs) -> Outputs:
    """Logits, what the convolutions saw last and the states of the recurrences, by layer."""
    cache = model(inputs["input_ids"][:, :1], use_cache=True).cache_params
    layers = range(model.config.num_hidden_layers)
    if "past_ssm" in inputs:
        for layer in layers:
            cache.get_conv_state(layer, state_idx=0)[..., 1:].copy_(inputs["past_conv"][layer])
            cache.get_recurrent_state(layer, state_idx=0).copy_(inputs["past_ssm"][layer])
    else:
        cache = None
    result = model(inputs["input_ids"], cache_params=cache, use_cache=True)
    cache = result.cache_params
    return {
        "logits": result.logits,
        "conv": [cache.get_conv_state(layer, state_idx=0)[..., 1:] for layer in layers],
        "ssm": [cache.get_recurrent_state(layer, state_idx=0) for layer in layers],
    }


def mamba(
    variant: str, *inputs: Descriptions, dim: int = 768, depth: int = 24, **options: Any
) -> Case:
    """A size of Mamba; `options` are transformers' own."""
    config = call("transformers.MambaConfig", hidden_size=dim, num_hidden_layers=depth, **options)
    return Case(
        variant=variant,
        reference=call("transformers.MambaForCausalLM", config),
        run=recurrent_decoder,
        inputs=inputs,
        names=bool(inputs),
    )


ONE_MORE: Descriptions = {
    "input_ids": drawn("tokens:80", 2, 1),
    "past_conv": [drawn("normal", 2, 48, 3), drawn("normal", 2, 48, 3)],
    "past_ssm": [drawn("normal", 2, 48, 6), drawn("normal", 2, 48, 6)],
}

MAMBA = (
    mamba("mamba-130m", vocab_size=50280),
    mamba("mamba-370m", vocab_size=50280, dim=1024, depth=48),
    mamba("mamba-790m", vocab_size=50280, dim=1536, depth=48),
    mamba("mamba-1.4b", vocab_size=50280, dim=2048, depth=48),
    mamba("mamba-2.8b", vocab_size=50280, dim=2560, depth=64),
    mamba(
        "tiny",
        {"input_ids": drawn("tokens:80", 2, 9)},
        ONE_MORE,
        vocab_size=80,
        dim=24,
        depth=2,
        state_size=6,
    ),
)

CASES = {"language/mamba": MAMBA}
