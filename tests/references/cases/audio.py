"""Sound: transformers."""

from typing import Any

from ..filling import Descriptions
from .case import Case, Inputs, Outputs, call, drawn, listed
from .seq2seq import encoder_decoder


def whisper(
    variant: str,
    *inputs: Descriptions,
    dim: int,
    heads: int,
    depths: tuple[int, int],
    **options: Any,
) -> Case:
    """A size of Whisper; `options` are transformers' own."""
    encoder, decoder = depths
    config = call(
        "transformers.WhisperConfig",
        d_model=dim,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_layers=encoder,
        decoder_layers=decoder,
        encoder_ffn_dim=4 * dim,
        decoder_ffn_dim=4 * dim,
        **options,
    )
    return Case(
        variant=variant,
        reference=call("transformers.WhisperForConditionalGeneration", config),
        run=encoder_decoder,
        inputs=inputs,
        names=bool(inputs),
    )


LARGE: dict[str, int] = {"dim": 1280, "heads": 20}
V3: dict[str, int] = {"num_mel_bins": 128, "vocab_size": 51866}
SPECTROGRAM = {"input_features": drawn("normal", 2, 8, 20)}
HEARD: Descriptions = SPECTROGRAM | {"decoder_input_ids": drawn("tokens:60", 2, 7)}
REMEMBERED: Descriptions = {
    **SPECTROGRAM,
    "decoder_input_ids": drawn("tokens:60", 2, 3),
    "memory": drawn("normal", 2, 10, 24),
    "past": [drawn("normal", 2, 2, 3, 5, 8), drawn("normal", 2, 2, 3, 5, 8)],
}

WHISPER = (
    whisper("whisper-tiny", dim=384, heads=6, depths=(4, 4)),
    whisper("whisper-base", dim=512, heads=8, depths=(6, 6)),
    whisper("whisper-small", dim=768, heads=12, depths=(12, 12)),
    whisper("whisper-medium", dim=1024, heads=16, depths=(24, 24)),
    whisper("whisper-large-v2", depths=(32, 32), **LARGE),
    whisper("whisper-large-v3", depths=(32, 32), **LARGE, **V3),
    whisper("whisper-large-v3-turbo", depths=(32, 4), **LARGE, **V3),
    whisper(
        "tiny",
        REMEMBERED,
        HEARD,
        dim=24,
        heads=3,
        depths=(2, 2),
        num_mel_bins=8,
        max_source_positions=10,
        max_target_positions=20,
        vocab_size=60,
        pad_token_id=0,
        decoder_start_token_id=1,
    ),
)


def frames(model: Any, inputs: Inputs) -> Outputs:
    """What the frames of a waveform become."""
    wave, *masks = inputs.values()
    return {"": model(wave, *masks).last_hidden_state}


def speech(name: str, variant: str, *inputs: Descriptions, head: bool = False, **size: Any) -> Case:
    """A size of wav2vec 2.0 or HuBERT; `size` as in `sound`."""
    config = call(f"transformers.{name}Config", **sound(**size))
    if head:
        whole = call(f"transformers.{name}ForCTC", config)
        reference = call("tests.references.speech.Headed", whole, name.lower())
        return Case(variant=variant, reference=reference, inputs=inputs)
    reference = call(f"transformers.{name}Model", config)
    return Case(variant=variant, reference=reference, run=frames, inputs=inputs, names=bool(inputs))


def sound(
    dim: int, depth: int, heads: int, pre_norm: bool = False, **options: Any
) -> dict[str, Any]:
    """Sizes in transformers' words; `options` are transformers' own."""
    return {
        "hidden_size": dim,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "intermediate_size": 4 * dim,
        "do_stable_layer_norm": pre_norm,
        "feat_extract_norm": "layer" if pre_norm else "group",
        "conv_bias": pre_norm,
        **options,
    }


TINY: dict[str, Any] = {
    "dim": 32,
    "depth": 2,
    "heads": 4,
    "conv_dim": [8] * 7,
    "vocab_size": 6,
}
BASE: dict[str, Any] = {"dim": 768, "depth": 12, "heads": 12}
LARGER: dict[str, Any] = {"dim": 1024, "depth": 24, "heads": 16}
LARGER_PRE = LARGER | {"pre_norm": True}
XLARGE = {"dim": 1280, "depth": 48, "heads": 16, "pre_norm": True}
WAVE: Descriptions = {"wave": drawn("normal", 2, 1040)}
PADDED: Descriptions = {
    "wave": drawn("normal", 2, 1040),
    "attention_mask": listed([[1] * 1040, [1] * 720 + [0] * 320]),
}
HIDDEN: Descriptions = {**PADDED, "mask_time_indices": drawn("bools", 2, 3)}

WAV2VEC2 = (
    speech("Wav2Vec2", "wav2vec2-base", **BASE),
    speech("Wav2Vec2", "wav2vec2-base-960h", head=True, **BASE),
    speech("Wav2Vec2", "wav2vec2-large-960h-lv60", head=True, **LARGER_PRE),
    speech("Hubert", "hubert-base-ls960", **BASE),
    speech("Hubert", "hubert-xlarge-ls960-ft", head=True, **XLARGE),
    speech("Hubert", "tiny", WAVE, head=True, **TINY),
    speech("Wav2Vec2", "tiny-pre-norm", HIDDEN, WAVE, pre_norm=True, **TINY),
)

CRNN = (
    Case(
        variant="crnn-229k",
        reference=call("tests.references.speech.KeywordCRNN"),
        inputs=({"mel": drawn("normal", 2, 151, 40)},),
        names=True,
    ),
    Case(
        variant="tiny",
        reference=call("tests.references.speech.KeywordCRNN", 23, 8, 4, 6, 8),
        inputs=({"mel": drawn("normal", 2, 23, 8)},),
    ),
)

CASES = {"audio/crnn": CRNN, "audio/whisper": WHISPER, "audio/wav2vec2": WAV2VEC2}
