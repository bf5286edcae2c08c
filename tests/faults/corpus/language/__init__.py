"""Faults of a causal language model."""

from tests.faults.corpus.language.lowering import LOWERING
from tests.faults.corpus.language.plugins import PLUGINS
from tests.faults.corpus.language.rules import RULES
from tests.faults.corpus.language.spec import SPEC

FAULTS = (*SPEC, *LOWERING, *RULES, *PLUGINS)
