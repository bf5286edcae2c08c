"""What the compiler made of a spec: its source, its manifest, and its graphs."""

from __future__ import annotations

import linecache
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import torch
from netwright.artifact import Manifest
from torch import nn
from torch.fx import GraphModule, Node


@dataclass(frozen=True)
class Slot:
    """An input of a graph as the checker types it.

    length  of a list: how many tensors the graph reads of it, None for a tensor
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    length: int | None = None


@dataclass(frozen=True)
class Entered:
    """A value of the graph at which a method enters.

    value  its path in the graph; that of an input of the model is the input's name
    """

    slot: Slot
    value: str


@dataclass(frozen=True)
class Param:
    """A param of a spec, with the value that it has here.

    kind  as the spec types it: `int`, `list[int]`, `str`, ...
    """

    name: str
    kind: str
    value: Any
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Cost:
    """A row of the tree that `netwright show` prints: one node, or `repeats` equal ones.

    depth       0 for the nodes of the model itself
    kind        the op or block; results are types as the language writes them
    parameters  of all repeats together, as the FLOPs, and the bytes of activations and weights
    """

    depth: int
    name: str
    kind: str
    results: str
    repeats: int
    parameters: int
    flops: int
    activations: int
    weights: int


class Refused(ValueError):
    """The compiler refuses a spec with other params; `code` is that of the first diagnostic."""

    def __init__(self, code: str, message: str, place: str) -> None:
        super().__init__(message)
        self.code = code
        self.place = place


class Compiler(Protocol):
    """What can still be asked of the compiler about a model."""

    def lower(self, given: frozenset[str], training: bool) -> GraphModule:
        """The graph for the optional inputs in `given`, by the back end without source."""

    def entered(self, method: str) -> Mapping[str, Entered]:
        """What each input of a method stands for, by the method's names for them."""

    def sizes(self, given: Mapping[str, int]) -> dict[str, int]:
        """A size for every dim of a plain call: as given, else a usual one."""

    def costs(self, sizes: Mapping[str, int]) -> tuple[Cost, ...]:
        """The tree of a plain call; dims that `sizes` leaves out have usual sizes."""

    def texts(self) -> dict[str, str]:
        """The files of the spec by their path in the catalogue."""

    def flops(self, given: frozenset[str]) -> int | str:
        """Predicted operations of a call, as an expression over the dims."""

    def flops_by_node(self, given: frozenset[str]) -> Mapping[str, int | str]:
        """The same for every node, by its path; blocks stand before what they hold."""

    def peak(self, given: frozenset[str], sizes: Mapping[str, int]) -> int:
        """Predicted bytes of the values that are alive at once in a call in evaluation."""

    def measure(self, params: Mapping[str, Any]) -> tuple[int, int | str]:
        """The number of weights, and the FLOPs, with other params; Refused for unfit ones."""

    def vary(self, params: Mapping[str, Any], variant: str | None = None) -> Compiled:
        """The model with other params over its own, or a variant; Refused for unfit ones.

        A variant takes nothing over but what the spec has no default for.
        """


@dataclass(frozen=True, eq=False)
class Compiled:
    """A model as the compiler gives it.

    source    the emitted file, which is what runs
    cases     the sets of optional inputs that the checker elaborated, the empty one first
    name      the spec as it was named, with `variant` and `params` as they were given
    settable  the spec's params
    smaller   the variant that the spec names for verification, empty for none
    files     by its path in the catalogue, how each file of the spec is shown
    """

    manifest: Manifest
    source: str
    cases: tuple[frozenset[str], ...]
    compiler: Compiler = field(repr=False)
    name: str = ""
    variant: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    settable: tuple[Param, ...] = ()
    smaller: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def build(
        self, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> nn.Module:
        """The live module of the emitted source, freshly initialised, in training mode."""
        with default_dtype(dtype), torch.device(device):
            module: nn.Module = self.namespace[self.manifest.class_name]()
        return module

    def graph(
        self,
        given: frozenset[str] = frozenset(),
        training: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> GraphModule:
        """The graph for the optional inputs in `given`; its nodes know their inferred types."""
        with default_dtype(dtype):
            return self.compiler.lower(given, training)

    @cached_property
    def file(self) -> str:
        """The name that tracebacks give the emitted source."""
        digest = sha256(self.source.encode()).hexdigest()[:12]
        return f"<netwright {self.manifest.class_name} {digest}>"

    @cached_property
    def namespace(self) -> dict[str, Any]:
        """The names that the emitted source defines."""
        lines = self.source.splitlines(keepends=True)
        linecache.cache[self.file] = (len(self.source), None, lines, self.file)
        names: dict[str, Any] = {"__name__": f"netwright_compiled_{id(self)}"}
        exec(compile(self.source, self.file, "exec"), names)  # noqa: S102  the compiler wrote it
        return names

    def place(self, line: int) -> str:
        """Where in the spec a line of the source comes from, as `file:line:column`, or nothing."""
        lines = self.manifest.lines
        found = lines[line - 1] if 1 <= line <= len(lines) else None
        if found is None:
            return ""
        file, row, column = found
        return f"{self.files.get(file, file)}:{row}:{column}"


def slots(graph: GraphModule) -> Iterator[Slot]:
    """The inputs that a graph reads, with the types that the checker inferred for them."""
    for node in graph.graph.find_nodes(op="placeholder"):
        origin = node.meta.get("netwright")
        if origin is not None:
            shape = tuple(map(size_text, origin.type.shape))
            length = _items(node) if origin.many else None
            yield Slot(str(node.target), origin.type.dtype, shape, length)


def _items(node: Node) -> int:
    """How many items of a list input the graph reads; 1 where it reads none by its number."""
    taken = (user.args[1] for user in node.users if user.target is operator.getitem)
    return 1 + max((index for index in taken if isinstance(index, int)), default=0)


def size_text(size: Any) -> int | str:
    """A size of the compiler's as the manifest writes it: a number, or an expression as text."""
    return size if isinstance(size, int) else str(size)


class default_dtype:  # noqa: N801  used as a function
    """torch's default dtype set for a while: a build makes all its floats in it."""

    def __init__(self, dtype: torch.dtype) -> None:
        self._dtype = dtype

    def __enter__(self) -> None:
        self._before = torch.get_default_dtype()
        torch.set_default_dtype(self._dtype)

    def __exit__(self, *_: object) -> None:
        torch.set_default_dtype(self._before)
