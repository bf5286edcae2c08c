"""Sound: transformers."""

from typing import Any

from ..filling import Descriptions
from .case import Case, call, drawn
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

CASES = {"audio/whisper": WHISPER}
