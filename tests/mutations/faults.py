"""The kinds of seeded faults: a sound spec's text in, faulty ones out, each with the line at fault.

A fault is seeded only where it is certain to be one; what it would be harmless in is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.mutations import beside, interfaces, shapes, words
from tests.mutations.source import Mutant, Source

FAULTS: dict[str, Callable[[Source], Iterator[Mutant]]] = {
    f.__name__: f
    for f in (
        words.op, words.op_in_lower_case, words.function, words.method, words.argument,
        words.name, words.bracket, words.operator, words.duplicate, words.forward_reference,
        words.self_reference, words.later_node, words.key, words.key_with_letters_swapped,
        words.key_in_capitals,
        interfaces.variant_param, interfaces.variant_type, interfaces.default_type,
        interfaces.dtype, interfaces.where, interfaces.output_size, interfaces.unpacked,
        interfaces.missing_argument, interfaces.missing_input, interfaces.removed_block,
        interfaces.dropped_param, interfaces.argument_kind, interfaces.swapped_block,
        interfaces.swapped_block_with_more_inputs, interfaces.bound, interfaces.choice,
        interfaces.output_dim, interfaces.unpacked_results, interfaces.dropped_input,
        interfaces.dropped_node,
        shapes.inferred_argument, shapes.reshape, shapes.cat, shapes.groups, shapes.heads,
        shapes.kernel, shapes.residual, shapes.input_dtype, shapes.cast,
        beside.use_file, beside.take, beside.method_value, beside.tie_target, beside.tie_source,
        beside.init_match, beside.initialiser, beside.weights_key, beside.state,
        beside.property_name, beside.property_dim,
    )
}  # fmt: skip

SEEN_LATER = frozenset({"residual", "input_dtype"})
"""Kinds of which each half is sound by itself: the error stands where the two meet, and names where
the faulty half comes from."""
