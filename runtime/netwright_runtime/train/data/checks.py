"""Batches against the types that a model declares for its inputs, before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from netwright.artifact import Manifest, Port
from torch import Tensor

from netwright_runtime.data.errors import DataError, unknown
from netwright_runtime.model.sizes import UnknownSize, evaluate, names_in
from netwright_runtime.train.data.columns import DTYPES, Column, Sample

FLOATS = ("float", "float16", "bfloat16", "float32", "float64")

WHERE = ("data", "inputs")


def assigned(
    manifest: Manifest, inputs: Mapping[str, str], columns: Mapping[str, Column]
) -> dict[str, str]:
    """The column for each input of the model: the one that `inputs` names, or that of its name.

    An optional input without either is left out.

    Raises:
        DataError: an input or a column that does not exist, or an input without a column.
    """
    ports = {port.name: port for port in manifest.inputs}
    for name, column in inputs.items():
        if name not in ports:
            raise unknown((*WHERE, name), "input of the model", name, ports)
        if column not in columns:
            raise unknown((*WHERE, name), "column", column, columns)
    given = {name: inputs.get(name, name) for name in ports}
    for name, column in given.items():
        if column not in columns and not ports[name].optional:
            raise DataError(
                WHERE,
                f"the model's input `{name}` is {_type(ports[name])}, "
                "and the source has no such column",
                f"name one by `inputs: {{{name}: ...}}`: {listed(columns)}",
            )
    return {name: column for name, column in given.items() if column in columns}


def listed(columns: Mapping[str, Column]) -> str:
    """Columns with their types, for an error."""
    return ", ".join(f"`{name}` {column}" for name, column in columns.items())


def misfits(
    batch: Sample,
    manifest: Manifest,
    inputs: Mapping[str, str],
    columns: Mapping[str, Column],
    bounds: Mapping[str, int | str],
) -> list[DataError]:
    """All that keeps a batch from being the model's inputs, empty where it fits.

    Args:
        batch: tensors by column, with the batch axis.
        inputs: the column for each input, as `assigned` gives it.
        columns: what the source says of each of them.
        bounds: for an input that the model indexes with, what its values stay below.
    """
    check = _Check(manifest, inputs, columns)
    ports = [port for port in manifest.inputs if port.name in inputs]
    faults = [f for port in ports for f in check.named_sizes(port, batch[inputs[port.name]])]
    if not faults:
        faults += [f for port in ports for f in check.computed(port, batch[inputs[port.name]])]
        faults += check.constraints()
    if not faults:
        indexed = [port for port in ports if port.name in bounds]
        faults += [
            fault
            for port in indexed
            for fault in check.indexed(port, batch[inputs[port.name]], bounds[port.name])
        ]
    return faults


@dataclass
class _Check:
    """The sizes that a batch gives to the dims of a model.

    sizes  by dim
    seen   the input that gave a dim its size
    """

    manifest: Manifest
    inputs: Mapping[str, str]
    columns: Mapping[str, Column]
    sizes: dict[str, int] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def named_sizes(self, port: Port, tensor: Tensor) -> Iterator[DataError]:
        """Faults of kind, dtype, number of axes, and of the axes that are a number or a dim."""
        if port.kind != "tensor":
            yield self._fault(port, "the input takes a list of tensors", "leave the input out")
            return
        given = DTYPES.get(tensor.dtype, str(tensor.dtype))
        if port.dtype != given and not (port.dtype in FLOATS and given in FLOATS):
            detail = f"its dtype is {given}, expected {port.dtype}"
            yield self._fault(port, detail, f"choose a column of {port.dtype}")
        if len(port.shape) != tensor.ndim:
            detail = f"a batch of it has {_axes(tensor.ndim)}, expected {len(port.shape)}"
            yield self._fault(port, detail, _remedy(port))
            return
        for axis, (size, actual) in enumerate(zip(port.shape, tensor.shape, strict=True)):
            if isinstance(size, int):
                yield from self._expected(port, axis, actual, size)
            elif size in self.sizes:
                reason = f" as in `{self.inputs[self.seen[size]]}`"
                yield from self._expected(port, axis, actual, self.sizes[size], reason)
            elif size.isidentifier():
                self.sizes[size], self.seen[size] = actual, port.name
                yield from self._multiple(port, size, axis, actual)

    def computed(self, port: Port, tensor: Tensor) -> Iterator[DataError]:
        """Faults of the axes that are computed from dims: `2 * H`."""
        names = {**self.manifest.params, **self.sizes}
        for axis, (size, actual) in enumerate(zip(port.shape, tensor.shape, strict=True)):
            if isinstance(size, str) and not size.isidentifier():
                yield from self._expected(port, axis, actual, evaluate(size, names))

    def constraints(self) -> Iterator[DataError]:
        """Faults of the model's constraints on sizes."""
        names = {**self.manifest.params, **self.sizes}
        for constraint in self.manifest.constraints:
            try:
                holds = evaluate(constraint, names)
            except UnknownSize:
                continue  # about an optional input that the data do not have
            if not holds:
                named = names_in(constraint)
                sizes = [f"{dim} = {size}" for dim, size in self.sizes.items() if dim in named]
                yield DataError(
                    WHERE,
                    f"the model needs `{constraint}`, and the data have {', '.join(sizes)}",
                    "change the arguments of the source, or the params of the model",
                )

    def indexed(self, port: Port, tensor: Tensor, bound: int | str) -> Iterator[DataError]:
        """A fault of values that index beyond the end, by what the source says of all of them."""
        limit = evaluate(bound, {**self.manifest.params, **self.sizes})
        below = self.columns[self.inputs[port.name]].below
        below = int(tensor.max()) + 1 if below is None else below
        if below > limit:
            detail = f"its numbers are below {below}, expected below {limit}"
            yield self._fault(port, detail, "set the param of the model that counts them")

    def _expected(
        self, port: Port, axis: int, actual: int, size: int, reason: str = ""
    ) -> Iterator[DataError]:
        if actual != size:
            detail = f"axis {axis} of a batch is {actual}, expected {size}{reason}"
            yield self._fault(port, detail, _remedy(port))

    def _multiple(self, port: Port, dim: str, axis: int, actual: int) -> Iterator[DataError]:
        of = next((d.multiple_of for d in self.manifest.dims if d.name == dim), 1)
        if actual % of:
            detail = f"axis {axis} of a batch is {actual}, expected a multiple of {of}"
            yield self._fault(port, detail, f"let the source give {of * -(-actual // of)}")

    def _fault(self, port: Port, detail: str, help: str) -> DataError:
        name = self.inputs[port.name]
        head = f"column `{name}` {self.columns[name]} is no input `{port.name}` {_type(port)}"
        return DataError((*WHERE, port.name), f"{head}: {detail}", help)


def _type(port: Port) -> str:
    return f"{port.dtype}[{', '.join(map(str, port.shape))}]"


def _axes(count: int) -> str:
    return f"{count} axis" if count == 1 else f"{count} axes"


def _remedy(port: Port) -> str:
    return (
        f"set the params of the model that decide `{port.name}`, "
        "or the arguments of the source that give this shape, or choose another column"
    )
