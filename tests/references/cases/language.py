"""Language: transformers. Published sizes by weights alone; outputs at sizes that fit in a file."""

from typing import Any

import torch

from .case import Call, Case, Inputs, Outputs, call, drawn, listed, renamed

LLAMA_NAMES = {
    "vocab_size": "vocab_size",
    "dim": "hidden_size",
    "depth": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "hidden": "intermediate_size",
}
LLAMA_8B = {
    "vocab_size": 128256,
    "dim": 4096,
    "depth": 32,
    "heads": 32,
    "kv_heads": 8,
    "hidden": 14336,
}
LLAMA_SMALL = {
    "vocab_size": 128,
    "dim": 64,
    "depth": 2,
    "heads": 4,
    "kv_heads": 2,
    "hidden": 96,
}
LLAMA_ROPE: dict[str, Any] = {"theta": 500000.0, "factor": 1.0, "context": 8192}

BERT_NAMES = {
    "vocab_size": "vocab_size",
    "max_positions": "max_position_embeddings",
    "dim": "hidden_size",
    "depth": "num_hidden_layers",
    "heads": "num_attention_heads",
    "hidden": "intermediate_size",
}
BERT_SMALL = {"vocab_size": 80, "max_positions": 24, "dim": 48, "depth": 2, "heads": 4}

GPT2_NAMES = {
    "vocab_size": "vocab_size",
    "n_positions": "n_positions",
    "dim": "n_embd",
    "depth": "n_layer",
    "heads": "n_head",
}
GPT2_SMALL = {"vocab_size": 96, "n_positions": 24, "dim": 48, "depth": 3, "heads": 4}


def decoder(model: Any, inputs: Inputs) -> Outputs:
    """Logits of a decoder that keeps no state."""
    return {"": model(**inputs, use_cache=False).logits}


def caching_decoder(model: Any, inputs: Inputs) -> Outputs:
    """Logits, and by layer the keys and values of all tokens so far, stacked."""
    given = {name: value for name, value in inputs.items() if name != "past"}
    cache = call("transformers.DynamicCache")()
    for layer, (keys, values) in enumerate(inputs.get("past", [])):
        cache.update(keys, values, layer)
    result = model(**given, past_key_values=cache, use_cache=True)
    present = [torch.stack([layer.keys, layer.values]) for layer in result.past_key_values.layers]
    return {"logits": result.logits, "present": present}


def encoder(model: Any, inputs: Inputs) -> Outputs:
    """Every token's state, and the pooled first one."""
    result = model(**inputs)
    return {"last_hidden_state": result.last_hidden_state, "pooler_output": result.pooler_output}


def llama_reference(
    sizes: dict[str, Any], theta: float, factor: float, context: int, tied: bool = False
) -> Call:
    """A Llama 2 or 3; a factor past 1 gives it the rotary scaling of 3.1."""
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": theta}
    if factor != 1.0:
        rope |= {
            "rope_type": "llama3",
            "factor": factor,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": context,
        }
    config = call(
        "transformers.LlamaConfig",
        **renamed(sizes, LLAMA_NAMES),
        rms_norm_eps=1e-5,
        max_position_embeddings=131072,
        rope_parameters=rope,
        **({"tie_word_embeddings": True} if tied else {}),
    )
    return call("transformers.LlamaForCausalLM", config)


def llama(variant: str, factor: float = 1.0, tied: bool = False, **sizes: int) -> Case:
    """A published size of Llama."""
    rope = LLAMA_ROPE | {"factor": factor}
    return Case(variant=variant, reference=llama_reference(LLAMA_8B | sizes, **rope, tied=tied))


def llama2(variant: str, **sizes: int) -> Case:
    """A published size of Llama 2."""
    rope = LLAMA_ROPE | {"theta": 10000.0}
    sizes = LLAMA_8B | {"vocab_size": 32000} | sizes
    return Case(variant=variant, reference=llama_reference(sizes, **rope))


def small_llama(
    *inputs: dict[str, Any], rope: dict[str, Any] | None = None, head_dim: int = 16, **options: Any
) -> Case:
    """A Llama of two small layers; `rope` sets `theta`, `factor` and `context`."""
    sizes = LLAMA_SMALL | ({"head_dim": head_dim} if head_dim != 16 else {})
    rope = rope or {}
    return Case(
        variant="llama3-8b",
        params=sizes | {f"rope_{name}": value for name, value in rope.items()},
        reference=llama_reference(sizes, **LLAMA_ROPE | rope),
        run=caching_decoder,
        inputs=inputs,
        **options,
    )


def bert_reference(sizes: dict[str, Any]) -> Call:
    """BERT with transformers' defaults for the rest."""
    config = call("transformers.BertConfig", **renamed(sizes, BERT_NAMES))
    return call("transformers.BertModel", config)


def roberta_reference(sizes: dict[str, Any]) -> Call:
    """RoBERTa: one token type, a wider epsilon, positions from the padding index on."""
    config = call(
        "transformers.RobertaConfig",
        **renamed(sizes, BERT_NAMES),
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
    )
    return call("transformers.RobertaModel", config)


def bert(variant: str, *inputs: dict[str, Any], **sizes: int) -> Case:
    """A published size of BERT."""
    return Case(variant=variant, reference=bert_reference(sizes), run=encoder, inputs=inputs)


def roberta(variant: str, **sizes: int) -> Case:
    """A published size of RoBERTa."""
    published = {"vocab_size": 50265, "max_positions": 514} | sizes
    return Case(variant=variant, reference=roberta_reference(published))


def small_bert(*inputs: dict[str, Any], names: bool = False) -> Case:
    """A BERT of two small layers, with a perceptron of the default width."""
    return Case(
        variant="bert-base-uncased",
        params=BERT_SMALL,
        reference=bert_reference(BERT_SMALL | {"hidden": 192}),
        run=encoder,
        inputs=inputs,
        names=names,
    )


def small_roberta(*inputs: dict[str, Any], names: bool = False) -> Case:
    """A RoBERTa of two small layers."""
    return Case(
        variant="roberta-base",
        params=BERT_SMALL,
        reference=roberta_reference(BERT_SMALL | {"hidden": 192}),
        run=encoder,
        inputs=inputs,
        names=names,
    )


def gpt2_reference(sizes: dict[str, Any]) -> Call:
    """GPT-2 with its tied head."""
    config = call("transformers.GPT2Config", **renamed(sizes, GPT2_NAMES))
    return call("transformers.GPT2LMHeadModel", config)


def gpt2(variant: str, names: bool = False, **sizes: int) -> Case:
    """A published size of GPT-2."""
    return Case(variant=variant, reference=gpt2_reference(sizes), names=names)


def small_gpt2(*inputs: dict[str, Any]) -> Case:
    """A GPT-2 of three small layers."""
    return Case(
        variant="gpt2",
        params=GPT2_SMALL,
        reference=gpt2_reference(GPT2_SMALL),
        run=decoder,
        inputs=inputs,
    )


PADDED_RIGHT = listed([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0], [1, 1, 0, 1, 1, 1]])
PADDED_LEFT = listed([[1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
TYPES = listed([[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]])
ROBERTA_TOKENS = listed([[0, 7, 9, 33, 79, 2], [0, 5, 44, 2, 1, 1], [0, 1, 12, 13, 2, 1]])
ROBERTA_MASK = listed([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0], [1, 0, 1, 1, 1, 0]])

BERT = (
    bert("bert-base-uncased"),
    bert("bert-large-uncased", dim=1024, depth=24, heads=16, hidden=4096),
    bert("minilm-l6", {"input_ids": drawn("tokens:30522", 2, 9)}, dim=384, depth=6, hidden=1536),
    bert("minilm-l12", dim=384, depth=12, hidden=1536),
    roberta("roberta-base"),
    roberta("roberta-large", dim=1024, depth=24, heads=16, hidden=4096),
    small_bert(
        {"input_ids": drawn("tokens:80", 2, 7)},
        {"input_ids": drawn("tokens:80", 1, 24)},
        names=True,
    ),
    small_bert({"input_ids": drawn("tokens:80", 3, 6), "attention_mask": PADDED_LEFT}),
    small_bert({"input_ids": drawn("tokens:80", 3, 6), "token_type_ids": TYPES}),
    small_bert(
        {
            "input_ids": drawn("tokens:80", 3, 6),
            "attention_mask": PADDED_RIGHT,
            "token_type_ids": TYPES,
        }
    ),
    small_roberta(
        {"input_ids": drawn("tokens:80", 2, 7)}, {"input_ids": ROBERTA_TOKENS}, names=True
    ),
    small_roberta({"input_ids": ROBERTA_TOKENS, "attention_mask": ROBERTA_MASK}),
)

GPT2 = (
    gpt2("gpt2", names=True),
    gpt2("gpt2-medium", dim=1024, depth=24, heads=16),
    gpt2("gpt2-large", dim=1280, depth=36, heads=20),
    gpt2("gpt2-xl", dim=1600, depth=48, heads=25),
    small_gpt2({"input_ids": drawn("tokens:96", 2, 7)}, {"input_ids": drawn("tokens:96", 1, 24)}),
    small_gpt2({"input_ids": drawn("tokens:96", 3, 6), "attention_mask": PADDED_RIGHT}),
)

PAST_OF_5 = [drawn("normal", 2, 2, 2, 5, 16), drawn("normal", 2, 2, 2, 5, 16)]
ONE_MORE: dict[str, Any] = {"input_ids": drawn("tokens:128", 2, 1), "past": PAST_OF_5}
THREE_MORE: dict[str, Any] = {"input_ids": drawn("tokens:128", 2, 3), "past": PAST_OF_5}
PADDED_PAST = listed([[0, 0, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 1, 1, 0]])
PREFILL = ({"input_ids": drawn("tokens:128", 2, 7)}, {"input_ids": drawn("tokens:128", 1, 12)})

LLAMA = (
    llama("llama3-8b"),
    llama("llama3-70b", dim=8192, depth=80, heads=64, hidden=28672),
    llama("llama3.1-8b", factor=8.0),
    llama("llama3.1-405b", factor=8.0, dim=16384, depth=126, heads=128, hidden=53248),
    small_llama(*PREFILL, names=True),
    small_llama({"input_ids": drawn("tokens:128", 3, 6), "attention_mask": PADDED_RIGHT}),
    small_llama(ONE_MORE, THREE_MORE),
    small_llama(THREE_MORE | {"attention_mask": PADDED_PAST}),
    small_llama(*PREFILL, rope={"factor": 8.0}),
    small_llama(*PREFILL, rope={"theta": 10000.0, "factor": 8.0, "context": 64}),
    small_llama(THREE_MORE, rope={"theta": 10000.0, "factor": 8.0, "context": 64}),
    small_llama(PREFILL[0], head_dim=32, names=True),
    small_llama(PREFILL[0], dtype="float32"),
    llama2("llama2-7b", kv_heads=32, hidden=11008),
    llama2("llama2-13b", dim=5120, depth=40, heads=40, kv_heads=40, hidden=13824),
    llama2("llama2-70b", dim=8192, depth=80, heads=64, hidden=28672),
    llama("llama3.1-70b", factor=8.0, dim=8192, depth=80, heads=64, hidden=28672),
    llama("llama3.2-1b", factor=32.0, tied=True, dim=2048, depth=16, hidden=8192),
    llama("llama3.2-3b", factor=32.0, tied=True, dim=3072, depth=28, heads=24, hidden=8192),
)

CASES = {"language/bert": BERT, "language/gpt2": GPT2, "language/llama": LLAMA}
