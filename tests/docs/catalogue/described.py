"""What the compiler and the recordings say of a spec of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from netwright.driver.catalogue import Entry, entries
from netwright.driver.count import count, total_parameters
from netwright.driver.model import load, read
from netwright.driver.placeholders import assignments, required
from netwright.driver.rows import sizes
from netwright.ir.dims import evaluate
from netwright.ir.program import Module
from netwright.passes.model import Elaboration

from tests.references import fixture
from tests.references.fixture import RecordedCase


@dataclass(frozen=True)
class Variant:
    """One model of a spec.

    name        as the spec says, empty for a spec without variants
    called      what the command line takes
    purpose     `verify` for the one that stands for the others where time counts
    parameters  tied ones once
    flops       of one call at `sizes`
    """

    name: str
    called: str
    purpose: str
    parameters: int
    flops: int
    sizes: Mapping[str, int]

    @property
    def at(self) -> str:
        """Its sizes, as in `B=1, T=128`."""
        return ", ".join(f"{name}={size}" for name, size in self.sizes.items())


@dataclass(frozen=True)
class Described:
    """A spec, elaborated: its default model as `whole`, all its models, what was recorded.

    given  values for params that the spec leaves open
    """

    name: str
    path: Path
    module: Module
    whole: Elaboration
    given: Mapping[str, object]
    variants: tuple[Variant, ...]
    cases: tuple[RecordedCase, ...]
    versions: Mapping[str, str]

    @property
    def published(self) -> tuple[Variant, ...]:
        """The models that are for use."""
        return tuple(v for v in self.variants if not v.purpose)

    @property
    def called(self) -> str:
        """What the command line calls the first of its models."""
        return self.published[0].called


def described(name: str) -> Described:
    """Everything about a spec such as `vision/resnet`."""
    (entry,) = [entry for entry in entries() if entry.name == name]
    module = read(entry.path)[0].module
    assert module is not None
    given = _given(module, None)
    recorded = fixture.load(name) if fixture.path_of(name).is_file() else None
    return Described(
        name,
        entry.path,
        module,
        load(entry.path, params=given).elaborate(),
        given,
        tuple(_variants(entry, module)),
        tuple(recorded["cases"]) if recorded else (),
        recorded["versions"] if recorded else {},
    )


def models() -> list[str]:
    """The specs of the catalogue that hold a model."""
    return [entry.name for entry in entries() if entry.model]


def _given(module: Module, variant: str | None) -> dict[str, object]:
    return next(assignments(required(module, variant)))


def _variants(entry: Entry, module: Module) -> Iterator[Variant]:
    called = {variant: name for name, variant in entry.names().items()}
    made = [name for name, variant in module.variants.items() if variant.purpose]
    for name in [*entry.names().values(), *made]:
        elaboration = load(entry.path, name, params=_given(module, name)).elaborate()
        values = sizes(elaboration, elaboration.primary, {})
        yield Variant(
            name or "",
            called.get(name, ""),
            module.variants[name].purpose if name else "",
            total_parameters(elaboration),
            evaluate(count(elaboration).flops, values),
            values,
        )
