"""Counting a model before it exists: parameters, FLOPs and memory of every node.

Sizes that are known at run time only stay symbols, in FLOPs and activation memory alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from netwright.diagnostics import Report
from netwright.ir.dims import Size, product
from netwright.ir.instance import (
    Apply,
    CallBlock,
    CallModule,
    Instance,
    ModuleChild,
    Operate,
    Path,
    ReadWeight,
    Scan,
    Step,
    WeightDecl,
    named,
)
from netwright.ir.program import Node
from netwright.ir.steps import needed, produced
from netwright.ir.types import TensorType
from netwright.ir.values import Tensor, tensors, to_type
from netwright.ops.broadcast import matmul_flops
from netwright.passes.model import Elaboration
from netwright.passes.ties import ties

WIDTHS = {
    "bool": 1, "uint8": 1, "int8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "int16": 2, "float16": 2, "bfloat16": 2,
    "int32": 4, "float32": 4, "float": 4,
    "int": 8, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip
"""Bytes of one item; `float` is float32 unless the build says otherwise."""

VIEWS = frozenset({
    "Tensor.split", "Tensor.unfold", "chunk", "detach", "diagonal", "expand", "expand_as",
    "flatten", "movedim", "narrow", "permute", "rearrange", "reshape", "select", "split",
    "squeeze", "swapaxes", "t", "tensor_split", "transpose", "unbind", "unflatten", "unsqueeze",
    "view", "view_as",
})  # fmt: skip
"""Functions whose results share their input's memory, at least as a rule."""


@dataclass(frozen=True, eq=False)
class Counts:
    """One node, and below it those of its block.

    path         where its weights are, relative to the parent's
    kind         the op or block, or the functions of an expression
    results      the types that it gives
    parameters   items of the parameters below it, buffers not among them
    weight_bytes parameters and buffers
    flops        operations of one call, multiply and add as two (as torch.utils.flop_counter)
    activation   bytes of the values that it makes; those that are views of others not counted
    again        the node that owns these weights is called again here
    """

    path: Path
    kind: str
    results: tuple[TensorType, ...]
    parameters: int
    weight_bytes: int
    flops: Size
    activation: Size
    again: bool = False
    children: tuple[Counts, ...] = ()

    @property
    def name(self) -> str:
        return ".".join(named(self.path))

    @cached_property
    def shape(self) -> object:
        """What two nodes share that look the same in a table, names aside."""
        below = tuple((c.name, c.shape) for c in self.children)
        return (self.kind, self.results, self.parameters, self.flops, self.activation, below)


def count(elaboration: Elaboration, instance: Instance | None = None) -> Counts:
    """The counts of a model, of its plain case unless `instance` is another of its cases.

    Tied weights count once, at the node that owns them. Weights that only other cases use stand at
    the end, in rows without results.
    """
    chosen = elaboration.primary if instance is None else instance
    counts = _Counter().block((), chosen)
    weights = elaboration.weights()
    for target in tied(elaboration):
        path = next(p for p in weights if ".".join(p) == target)
        counts = _without(counts, target.split("."), weights[path])
    used = {path for path, _ in chosen.all_weights()}
    return _with_rest(counts, {p: w for p, w in weights.items() if p not in used})


def _without(counts: Counts, path: Sequence[str], weight: WeightDecl) -> Counts:
    """`counts` without the weight at `path` below it."""
    for k, child in enumerate(counts.children):
        inner = named(child.path)
        if child.parameters and tuple(path[: len(inner)]) == inner:
            changed = _without(child, path[len(inner) :], weight)
            children = (*counts.children[:k], changed, *counts.children[k + 1 :])
            return _lighter(counts, weight, children)
    return _lighter(counts, weight, counts.children)


def _lighter(counts: Counts, weight: WeightDecl, children: tuple[Counts, ...]) -> Counts:
    return replace(
        counts,
        parameters=counts.parameters - _parameters([weight]),
        weight_bytes=counts.weight_bytes - _bytes([weight]),
        children=children,
    )


def _with_rest(counts: Counts, rest: Mapping[Path, WeightDecl]) -> Counts:
    """`counts` with rows for weights that the case at hand does not use."""
    groups: dict[str, list[WeightDecl]] = {}
    for path, weight in rest.items():
        groups.setdefault(path[0], []).append(weight)
    rows = [
        Counts((name,), "for other inputs", (), _parameters(ws), _bytes(ws), 0, 0)
        for name, ws in groups.items()
    ]
    return replace(
        counts,
        parameters=counts.parameters + sum(r.parameters for r in rows),
        weight_bytes=counts.weight_bytes + sum(r.weight_bytes for r in rows),
        children=(*counts.children, *rows),
    )


def flops_by_node(counts: Counts) -> dict[str, Size]:
    """The FLOPs of every node by its path, those of all its calls together.

    What is walked along a dim, or called again, is one node: its rows say nothing of each call.
    """
    found: dict[str, Size] = {}
    whole: list[str] = []
    for path, row in _below((), counts):
        name = ".".join(path)
        found[name] = found.get(name, 0) + row.flops
        if not row.children or _sum(c.flops for c in row.children) != row.flops:
            whole.append(f"{name}.")
    return {n: flops for n, flops in found.items() if not n.startswith(tuple(whole))}


def _below(path: Path, counts: Counts) -> Iterator[tuple[tuple[str, ...], Counts]]:
    for row in counts.children:
        inner = (*named(path), *named(row.path))
        yield inner, row
        yield from _below(inner, row)


def tied(elaboration: Elaboration) -> dict[str, str]:
    """Weights that share the storage of others, by name."""
    return dict(ties(elaboration, Report()))


def total_parameters(elaboration: Elaboration) -> int:
    """What `sum(p.numel() for p in model.parameters())` gives: tied parameters count once."""
    twins = tied(elaboration)
    weights = elaboration.weights()
    own = (w for path, w in weights.items() if not w.buffer and ".".join(path) not in twins)
    return sum(_items(w) for w in own)


def total_bytes(elaboration: Elaboration, width: int = 4) -> int:
    """Memory of the model's parameters and buffers, tied ones once; `width` is that of `float`."""
    twins = tied(elaboration)
    return sum(
        _items(w) * (width if w.dtype == "float" else WIDTHS[w.dtype])
        for path, w in elaboration.weights().items()
        if ".".join(path) not in twins
    )


def _items(weight: WeightDecl) -> int:
    items = product(weight.shape)
    assert isinstance(items, int)
    return items


def type_bytes(type: TensorType) -> Size:
    return WIDTHS[type.dtype] * product(type.shape)


@dataclass
class _Group:
    """The steps of one expression node."""

    node: Node | None
    steps: list[Step] = field(default_factory=list)


class _Counter:
    """Counts instances, each distinct one once: equal layers are one object."""

    def __init__(self) -> None:
        self._inner: dict[Instance, tuple[Counts, ...]] = {}

    def block(self, path: Path, instance: Instance, again: bool = False) -> Counts:
        children = self._children(instance)
        results = tuple(v.type for v in instance.outputs.values() if isinstance(v, Tensor))
        return Counts(
            path,
            instance.block.name,
            results,
            0 if again else sum(c.parameters for c in children),
            0 if again else sum(c.weight_bytes for c in children),
            _sum(c.flops for c in children),
            _sum(c.activation for c in children),
            again,
            () if again else children,
        )

    def _children(self, instance: Instance) -> tuple[Counts, ...]:
        if instance not in self._inner:
            self._inner[instance] = tuple(self._rows(instance))
        return self._inner[instance]

    def _rows(self, instance: Instance) -> Iterator[Counts]:
        """What is computed; a module of which only the weights are read is not called."""
        seen: set[Path] = set()
        for weight in instance.weights.values():
            yield _weight(weight)
        wanted = [t for value in instance.outputs.values() for t in tensors(value)]
        for item in _grouped(needed(instance.steps, wanted)):
            match item:
                case CallModule(path=path):
                    yield _module(item, path in seen)
                    seen.add(path)
                case CallBlock(path=path, child=child):
                    yield self.block(path, child, path in seen)
                    seen.add(path)
                case Scan(path=path, child=child):
                    yield _times(self.block(path, child, path in seen), item)
                    seen.add(path)
                case _Group():
                    yield _expression(item)
        for path, left in instance.children.items():
            if path not in seen:
                yield self._unused(path, left)

    def _unused(self, path: Path, child: ModuleChild | Instance) -> Counts:
        """A child whose weights the model keeps, and which is not called in this case."""
        if isinstance(child, Instance):
            whole = self.block(path, child)
            return Counts(path, whole.kind, (), whole.parameters, whole.weight_bytes, 0, 0)
        return Counts(
            path, child.op.name, (), _parameters(child.weights), _bytes(child.weights), 0, 0
        )


def _grouped(steps: Iterable[Step]) -> Iterator[Step | _Group]:
    """Calls one by one, and the other steps of each node together."""
    group = _Group(None)
    for step in steps:
        if isinstance(step, ReadWeight):
            continue  # weights have rows of their own
        if isinstance(step, CallModule | CallBlock | Scan):
            if group.steps:
                yield group
            group = _Group(None)
            yield step
            continue
        if group.steps and step.node is not group.node:
            yield group
            group = _Group(None)
        group.node = step.node
        group.steps.append(step)
    if group.steps:
        yield group


def _weight(weight: WeightDecl) -> Counts:
    """A parameter or buffer that a block owns itself."""
    kind = "buffer" if weight.buffer else "parameter"
    type = TensorType(weight.dtype, weight.shape)
    return Counts(
        tuple(weight.name.split(".")), kind, (type,), _parameters([weight]), _bytes([weight]), 0, 0
    )


def _module(step: CallModule, again: bool) -> Counts:
    results = tuple(t.type for t in step.results)
    arguments = {k: to_type(v) for k, v in {**step.child.args, **step.arguments}.items()}
    weights = () if again else step.child.weights
    return Counts(
        step.path,
        step.child.op.name,
        results,
        _parameters(weights),
        _bytes(weights),
        step.child.op.flops(arguments, results if len(results) > 1 else results[0]),
        _sum(type_bytes(t) for t in results),
        again,
    )


def _expression(group: _Group) -> Counts:
    """The steps of an expression node; it owns no weights."""
    kinds = dict.fromkeys(kind for step in group.steps if (kind := _kind(step)))
    last = produced(group.steps[-1])
    name = "" if group.node is None else group.node.name
    return Counts(
        (name,),
        ", ".join(kinds),
        tuple(t.type for t in last),
        0,
        0,
        _sum(_flops(step) for step in group.steps),
        _sum(_activation(step) for step in group.steps),
    )


def _kind(step: Step) -> str:
    match step:
        case Apply(op=op):
            return str(op.name).removeprefix("Tensor.")
        case Operate(operator=operator):
            return operator
    return ""


def _flops(step: Step) -> Size:
    match step:
        case Apply(op=op, arguments=arguments, results=results, is_list=is_list):
            types = tuple(t.type for t in results)
            bound = {k: to_type(v) for k, v in arguments.items()}
            flops: Size = op.flops(bound, types if is_list else types[0])
            return flops
        case Operate(operator="@", operands=(left, right), result=result):
            if min(left.type.rank, right.type.rank) < 2:
                return 0  # torch counts no product with a vector
            return matmul_flops(left.type, result.type)
    return 0


def _activation(step: Step) -> Size:
    if isinstance(step, Apply) and step.op.name not in VIEWS:
        return _sum(type_bytes(t.type) for t in step.results)
    return type_bytes(step.result.type) if isinstance(step, Operate) else 0


def _times(once: Counts, step: Scan) -> Counts:
    """The counts of a walk along a dim: its block's for every item."""
    tensor, axis = next(iter(step.walked.values()))
    length = tensor.type.shape[axis]
    return Counts(
        once.path,
        once.kind,
        tuple(t.type for t in produced(step)),
        once.parameters,
        once.weight_bytes,
        length * once.flops,
        length * once.activation,
        once.again,
        once.children,
    )


def _parameters(weights: Iterable[WeightDecl]) -> int:
    return sum(_items(w) for w in weights if not w.buffer)


def _bytes(weights: Iterable[WeightDecl]) -> int:
    return sum(_items(w) * WIDTHS[w.dtype] for w in weights)


def _sum(sizes: Iterable[Size]) -> Size:
    total: Size = 0
    for size in sizes:
        total = total + size
    return total
