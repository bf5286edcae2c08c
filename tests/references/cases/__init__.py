"""Every recorded case, by spec."""

from . import (
    audio,
    decoders,
    detection,
    diffusion,
    encoders,
    generative,
    graph,
    language,
    multimodal,
    networks,
    packaged,
    recommendation,
    recurrent,
    seq2seq,
    states,
    tabular,
    timeseries,
    vision,
)
from .case import Case

CASES: dict[str, tuple[Case, ...]] = {
    **vision.CASES,
    **detection.CASES,
    **language.CASES,
    **encoders.CASES,
    **decoders.CASES,
    **seq2seq.CASES,
    **states.CASES,
    **multimodal.CASES,
    **audio.CASES,
    **generative.CASES,
    **diffusion.CASES,
    **graph.CASES,
    **recurrent.CASES,
    **packaged.CASES,
    **networks.CASES,
    **recommendation.CASES,
    **tabular.CASES,
    **timeseries.CASES,
}
