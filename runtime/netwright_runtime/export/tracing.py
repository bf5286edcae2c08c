"""A graph of a model as a program of torch.export, which most formats are made from."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.export import export as torch_export

from netwright_runtime.export.attention import OneHead
from netwright_runtime.export.entries import Entry
from netwright_runtime.export.metadata import Metadata, Value
from netwright_runtime.export.noise import quiet
from netwright_runtime.export.ranges import admit, names, readable
from netwright_runtime.export.recurrent import whole
from netwright_runtime.export.refusal import Unexportable, first_line, place
from netwright_runtime.export.sizes import Sizes, check_sizes, dynamic_shapes, trace_sizes
from netwright_runtime.model import Compiled
from netwright_runtime.model.inputs import drawn

_DTYPES = {torch.int64: "int", torch.float32: "float"}
"""torch's dtypes as specs name them, where that is another name."""


@dataclass(frozen=True, eq=False)
class Source:
    """A graph with what is needed to trace and to run it.

    module     in evaluation, with the weights to export; its `forward` is the entry point
    sizes      at which it is traced; `others` are those at which exports are checked
    fixed      sizes of dims that do not stay dynamic
    decomposed whether operators of other libraries are put in terms of torch's own
    """

    compiled: Compiled
    entry: Entry
    module: nn.Module
    dtype: torch.dtype
    fixed: Mapping[str, int] = field(default_factory=dict)
    decomposed: bool = False

    @cached_property
    def sizes(self) -> Sizes:
        return trace_sizes(self.compiled.manifest, self.entry, self.fixed)

    @cached_property
    def others(self) -> list[Sizes]:
        return check_sizes(self.compiled.manifest, self.entry, self.sizes, self.fixed)

    def inputs(self, sizes: Sizes, seed: int = 0) -> dict[str, Any]:
        """Inputs by name, drawn as the model can take them."""
        made = drawn(self.entry.slots, sizes, self.entry.bounds, seed, self.dtype)
        for slot in self.entry.slots:
            if slot.dtype == "int" and slot.name not in self.entry.bounds:
                # Zeros and ones are a mask: in a row of nothing but padding, runtimes may differ.
                made[slot.name][..., :1] = 1
        return made

    def eager(self, inputs: Mapping[str, Any]) -> list[Tensor]:
        """What the model itself gives, one tensor after the other."""
        return [tensor for _, tensor in self._called(inputs)]

    @cached_property
    def outputs(self) -> list[str]:
        """The names of all tensors that it gives."""
        return [name for name, _ in self._called(self.inputs(self.sizes))]

    def _called(self, inputs: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
        try:
            with torch.no_grad():
                return named(self.module(**inputs), self.entry)
        except (RuntimeError, IndexError, ValueError) as error:
            where = place(self.compiled, error)
            raise Unexportable(
                f"the model itself fails{where and f' ({where})'}: {first_line(error)}; "
                "rule such sizes out by `where`, or fix them by `--size`"
            ) from error

    @cached_property
    def program(self) -> ExportedProgram:
        """The traced graph.

        Raises:
            Unexportable: torch does not take the model.
        """
        manifest = self.compiled.manifest
        shapes = dynamic_shapes(manifest, self.entry, self.fixed)
        try:
            with quiet(), whole(), OneHead():
                made = torch_export(
                    self.module, (), self.inputs(self.sizes), dynamic_shapes=shapes, strict=False
                )
                if self.decomposed:
                    made = made.run_decompositions({})
        except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
            raise _refused(self.compiled, self.entry, error) from error
        admit(made, manifest, self.entry, [self.sizes, *self.others])
        return made

    @cached_property
    def names(self) -> dict[str, str]:
        """What the spec calls the sizes of the program."""
        return names(self.program, self.compiled.manifest, self.entry)

    def metadata(self, classes: tuple[str, ...] = (), preprocessing: Any = None) -> Metadata:
        """What an exported file says of itself."""
        manifest = self.compiled.manifest
        return Metadata(
            netwright=manifest.netwright,
            model=manifest.model,
            spec=manifest.spec,
            spec_sha256=manifest.spec_sha256,
            entry=self.entry.name,
            method=self.entry.method,
            inputs=tuple(self._inputs()),
            outputs=tuple(self._outputs()),
            variant=manifest.variant,
            doc=manifest.doc,
            params=manifest.params,
            constraints=manifest.constraints,
            below=self.entry.below,
            state={k: v for k, v in manifest.state.items() if k in self.entry.given},
            classes=classes,
            preprocessing=preprocessing,
        )

    def _inputs(self) -> Iterator[Value]:
        for slot in self.entry.slots:
            shape = tuple(_put(size, self.fixed) for size in slot.shape)
            dtype = dtype_name(self.dtype) if slot.dtype == "float" else slot.dtype
            for name in item_names(slot.name, slot.length):
                yield Value(name, dtype, shape)

    def _outputs(self) -> Iterator[Value]:
        result = self.eager(self.inputs(self.sizes))
        nodes = self.program.graph.output_node().args[0]
        assert isinstance(nodes, tuple)
        for name, node, tensor in zip(self.outputs, nodes, result, strict=True):
            shape = tuple(readable(size, self.names) for size in node.meta["val"].shape)
            yield Value(name, dtype_name(tensor.dtype), shape)


def entry_point(module: nn.Module, entry: Entry) -> nn.Module:
    """The same module, called at an entry point, with plain data for a result.

    A NamedTuple of the emitted source would tie a saved program to its class.
    """
    method = getattr(type(module), entry.method)

    @functools.wraps(method)
    def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        if not isinstance(result, tuple):
            return result
        return dict(zip(entry.outputs, result, strict=True))

    made = copy(module)
    made.__class__ = type(type(module).__name__, (type(module),), {"forward": forward})
    return made


def named(result: Any, entry: Entry) -> list[tuple[str, Tensor]]:
    """The tensors of a result, each with its name: `logits`, `present.0`."""
    values = result if isinstance(result, dict) else {entry.outputs[0]: result}
    found: list[tuple[str, Tensor]] = []
    for name, value in values.items():
        items = value if isinstance(value, list | tuple) else [value]
        length = len(items) if isinstance(value, list | tuple) else None
        found += zip(item_names(name, length), items, strict=True)
    return found


def item_names(name: str, length: int | None) -> list[str]:
    """The names of the tensors of one value: its own, or one for each item of a list."""
    return [name] if length is None else [f"{name}.{at}" for at in range(length)]


def dtype_name(dtype: torch.dtype) -> str:
    """A dtype as specs name it; `float` is float32."""
    return _DTYPES.get(dtype, str(dtype).removeprefix("torch."))


def _put(size: int | str, fixed: Mapping[str, int]) -> int | str:
    return fixed.get(size, size) if isinstance(size, str) else size


def _refused(compiled: Compiled, entry: Entry, error: Exception) -> Unexportable:
    """What torch says of a model that it does not take, with the place in the spec."""
    fixed = [line.strip("- ") for line in str(error).splitlines() if line.strip().startswith("- ")]
    said = fixed[0].partition(". ")[0] if fixed else first_line(error)
    where = place(compiled, error)
    help = "fix the dim by `--size`" if fixed else "see what `netwright verify --only export` says"
    at = f" ({where})" if where else ""
    return Unexportable(f"torch.export does not take `{entry.name}`{at}: {said}; {help}")
