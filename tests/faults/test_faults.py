"""One fault of every kind: it is one, it is found, and at its node.

The whole corpus is a command: `make faults`.
"""

from __future__ import annotations

import pytest
from netwright_runtime.verify import PROPERTIES, Plan, Subject, verify_subject

from tests.faults.corpus import FAULTS
from tests.faults.differing import differences, said
from tests.faults.making import seeded, sound

SAMPLE = [
    ("lowering", "autoencoder: other groups", "back_ends"),
    ("lowering", "encoder: the first for the sum", "back_ends"),
    ("lowering", "conv: a norm skipped", "back_ends"),
    ("lowering", "graph: another constant", "back_ends"),
    ("lowering", "tabular: dropout left out", "back_ends"),
    ("lowering", "conv: one block for the whole stage", "back_ends"),
    ("lowering", "recurrent: the state forgotten at each step", "back_ends"),
    ("plugin", "tabular: adds the first sample", "batch_independence"),
    ("plugin", "recurrent: adds the mean over all times", "causality"),
    ("plugin", "graph: detaches", "gradients"),
    ("plugin", "autoencoder: reads memory as it lies", "layouts"),
    ("plugin", "graph: adds the number of the node", "permutations"),
    ("plugin", "recurrent: adds what is large", "half_precision"),
    ("plugin", "tabular: gives integers", "types"),
    ("plugin", "encoder: drifts in evaluation", "batch_independence"),
    ("plugin", "conv: goes by values", "batch_independence"),
    ("plugin", "recurrent: a buffer that nothing saves", "back_ends"),
    ("rule", "language: of a stack, one sample", "types"),
    ("rule", "sets: a norm's weight with a dim more", "round_trip"),
    ("spec", "language: heads and positions mixed", "causality"),
    ("spec", "sets: spread over the batch", "batch_independence"),
    ("spec", "recurrent: normalised over time", "causality"),
    ("spec", "autoencoder: the bottleneck", "gradients"),
    ("spec", "encoder: the residual stream", "numeric_gradients"),
    ("spec", "encoder: linear layers a hundred times too large", "gradients"),
    ("spec", "language: inverted", "gradients"),
    ("spec", "sets: dropout that never ends", "batch_independence"),
    ("spec", "autoencoder: an unbounded variance", "gradients"),
    ("spec", "graph: a running sum over the nodes", "permutations"),
    ("spec", "encoder: all the first", "positions"),
    ("spec", "sets: logarithm of it", "outputs"),
    ("spec", "language: forgotten around the attention", "residual"),
    ("spec", "conv: over the batch", "batch_independence"),
    ("spec", "language: new keys before the old", "causality"),
    ("spec", "tabular: a bias of the table", "gradients"),
    ("spec", "graph: one layer for all", "residual"),
]
"""Where a fault is seeded, its title, and a property that finds it."""

BY_NAME = {prop.name: prop for prop in PROPERTIES}


@pytest.mark.parametrize(("layer", "title", "name"), SAMPLE)
def test_a_fault_is_found_at_its_node(layer: str, title: str, name: str) -> None:
    fault = next(fault for fault in FAULTS if (fault.layer, fault.title) == (layer, title))
    base = sound(fault.architecture)
    before = said(base)
    with seeded(fault) as faulty:
        made = faulty.compiled
        honest = differences(base, made) if fault.lie is None else before.differences(said(made))
        assert next(honest, None) is not None
        (outcome,) = verify_subject(Subject(made), Plan([BY_NAME[name]])).outcomes
    assert outcome.verdict == "failed"
    assert any(fault.named_by(finding, faulty.lines) for finding in outcome.findings)


def test_the_sample_has_every_kind_that_is_found_cheaply() -> None:
    kinds = {
        (fault.layer, fault.kind)
        for fault in FAULTS
        for _, title, _ in SAMPLE
        if fault.title == title
    }
    assert len(kinds) >= 36
    assert {layer for layer, _ in kinds} == {"spec", "lowering", "rule", "plugin"}
