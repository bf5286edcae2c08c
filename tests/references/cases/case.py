"""What a case says: how a reference is built and called, and which spec parameters equal it."""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ..filling import Description, Descriptions

OWN = f"{__package__.rpartition('.')[0]}.own"

Inputs = Mapping[str, Any]
Outputs = dict[str, Tensor | list[Tensor]]


@dataclass(frozen=True)
class Call:
    """A call that is written down: printed it is the Python expression, called it is evaluated."""

    path: str
    args: tuple[object, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = [_shown(value) for value in self.args]
        shown += [f"{name}={_shown(value)}" for name, value in self.options.items()]
        return f"{self.path}({', '.join(shown)})"

    def __call__(self) -> Any:
        options = {name: _evaluated(value) for name, value in self.options.items()}
        return pkgutil.resolve_name(self.path)(*map(_evaluated, self.args), **options)

    def packages(self) -> Iterator[str]:
        """Top-level packages that the call and its arguments come from."""
        yield self.path.partition(".")[0]
        for value in (*self.args, *self.options.values()):
            if isinstance(value, Call):
                yield from value.packages()


def call(path: str, *args: object, **options: object) -> Call:
    """Write a call down."""
    return Call(path, args, options)


def bare(model: Any, inputs: Inputs) -> Outputs:
    """Inputs in order, one tensor out."""
    return {"": model(*inputs.values())}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table; `fixture.RecordedCase` says what becomes of it."""

    variant: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    method: str | None = None
    reference: Call
    run: Callable[[Any, Inputs], Outputs] = bare
    inputs: tuple[Descriptions, ...] = ()
    names: bool = False
    """Record every weight's name and shape; the digest is recorded always."""
    dtype: str = "float64"
    gain: float = 1.0
    """Past 1 where the signal of the input would fade on its way through many layers."""


def drawn(values: str, *shape: int) -> Description:
    """An input of this shape, of a kind that `filling.Description` lists."""
    return {"shape": list(shape), "values": values}


def listed(values: list[Any]) -> Description:
    """An input written out."""
    return {"values": values}


def renamed(params: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Spec parameters under the names of a reference's configuration."""
    return {names[name]: value for name, value in params.items()}


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Call) else repr(value)


def _evaluated(value: object) -> object:
    return value() if isinstance(value, Call) else value
