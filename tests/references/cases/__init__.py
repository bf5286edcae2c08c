"""Every recorded case, by spec."""

from . import decoders, encoders, generative, graph, language, recurrent, tabular, timeseries, vision
from .case import Case

CASES: dict[str, tuple[Case, ...]] = {
    **vision.CASES,
    **language.CASES,
    **encoders.CASES,
    **decoders.CASES,
    **generative.CASES,
    **graph.CASES,
    **recurrent.CASES,
    **tabular.CASES,
    **timeseries.CASES,
}
