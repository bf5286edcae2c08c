"""Faults beside the graph: other files, methods, rules, ties, key maps, state, properties."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutations.source import Mutant, Source


def use_file(source: Source) -> Iterator[Mutant]:
    """A file that is not there."""
    for scalar in source.below("use"):
        yield source.instead(scalar, scalar.value.replace(".yaml", "q.yaml"))


def take(source: Source) -> Iterator[Mutant]:
    """A path that the module does not have."""
    for scalar in source.scalars:
        if "take" in scalar.path:
            yield source.instead(scalar, scalar.value + "q")


def method_value(source: Source) -> Iterator[Mutant]:
    """A value of a method that the graph does not have."""
    for scalar in source.scalars:
        if scalar.path[0] == "methods" and scalar.path[-1] != "doc":
            yield source.instead(scalar, scalar.value + "q")


def tie_target(source: Source) -> Iterator[Mutant]:
    """A weight on the left that the model does not have, by its node and by its name."""
    for key in source.keys:
        if key.path[:-1] == ("tie",):
            yield source.instead(key, key.value + "q")
            yield source.instead(key, "q" + key.value)


def tie_source(source: Source) -> Iterator[Mutant]:
    """A weight on the right that the model does not have, by its node and by its name."""
    for scalar in source.below("tie"):
        yield source.instead(scalar, scalar.value + "q")
        yield source.instead(scalar, "q" + scalar.value)


def init_match(source: Source) -> Iterator[Mutant]:
    """A rule that matches no weight, by the class and by the weight."""
    for scalar in source.scalars:
        if scalar.path[0] == "init" and scalar.path[-1] == "match":
            yield source.instead(scalar, scalar.value + "q")
            yield source.instead(scalar, scalar.value.replace(".weight", "q.weight") + "q")


def initialiser(source: Source) -> Iterator[Mutant]:
    """`normal(` as `normalq(`."""
    for scalar in source.scalars:
        match = re.match(r"(\w+)", scalar.value)
        rule = scalar.path[0] == "init" and scalar.path[-1] == "with"
        if match is not None and (rule or scalar.path[-1] == "init"):
            yield source.within(scalar, match, match[1] + "q")


def weights_key(source: Source) -> Iterator[Mutant]:
    """A key that no weight has."""
    for scalar in source.scalars:
        if scalar.path[0] == "weights" and {"to", "split"} & set(scalar.path):
            yield source.instead(scalar, "q" + scalar.value)


def state(source: Source) -> Iterator[Mutant]:
    """An input or an output that the model does not have."""
    for scalar in source.below("state"):
        yield source.instead(scalar, scalar.value + "q")
    for key in source.keys:
        if key.path[:-1] == ("state",):
            yield source.instead(key, key.value + "q")


def property_name(source: Source) -> Iterator[Mutant]:
    """`causal:` as `causalq:`."""
    for key in source.keys:
        if key.path[:-1] == ("properties",):
            yield source.instead(key, key.value + "q")


def property_dim(source: Source) -> Iterator[Mutant]:
    """A property over a dim that no input has."""
    for scalar in source.scalars:
        if scalar.path[0] == "properties" and scalar.path[-1] == "over":
            yield source.instead(scalar, scalar.value + "q")
