"""The corpus: the faults of each architecture."""

from tests.faults.corpus import (
    autoencoder,
    conv,
    encoder,
    graph,
    language,
    recurrent,
    sets,
    tabular,
)
from tests.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *autoencoder.FAULTS,
    *conv.FAULTS,
    *encoder.FAULTS,
    *graph.FAULTS,
    *language.FAULTS,
    *recurrent.FAULTS,
    *sets.FAULTS,
    *tabular.FAULTS,
)
"""Every fault."""
