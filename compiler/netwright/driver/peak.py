"""The most memory that the values of a call take at once, in evaluation, before a model exists.

The steps of an instance are walked in order, as a graph runs them: a value is there from the step
that makes it to the last one that reads it. Views share the memory of what they are views of.
Weights and inputs are not counted, nor is what the kernels of recurrent modules need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from netwright.driver.count import VIEWS, type_bytes
from netwright.ir.dims import Size, evaluate
from netwright.ir.instance import (
    Apply,
    CallBlock,
    CallModule,
    Instance,
    Item,
    Operate,
    ReadWeight,
    Scan,
    Step,
    Subscript,
)
from netwright.ir.steps import consumed, produced
from netwright.ir.values import Tensor, Value, tensors

_PASSED = frozenset({
    "AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout",
    "Identity", "dropout", "drop_path", "dropout1d", "dropout2d", "dropout3d",
})  # fmt: skip
"""What gives back its input in evaluation."""

_TURNED = frozenset({
    "expand", "expand_as", "movedim", "permute", "swapaxes", "t", "transpose", "Tensor.unfold",
})  # fmt: skip
"""Views in whose order the items do not lie in memory."""

_SHAPED = frozenset({"Flatten", "Unflatten", "flatten", "rearrange", "reshape", "unflatten"})
"""What copies such a view, and else is a view itself."""


@dataclass(eq=False)
class _Buffer:
    """Memory that one value, or several views, live in. `last` is the last step that reads it."""

    size: int
    first: int
    last: int


@dataclass(frozen=True)
class _Held:
    """Where a tensor's items are; no buffer for what is not counted. `turned` as `_TURNED` says."""

    buffer: _Buffer | None = None
    turned: bool = False


_Values = dict[Tensor, _Held]


def peak_bytes(instance: Instance, sizes: Mapping[str, int]) -> int:
    """Bytes of the values that are alive at once, at the worst step of a call.

    Args:
        sizes: of the symbolic dims, by name.
    """
    return _Walk(sizes).peak(instance)


@dataclass
class _Walk:
    """A walk through the steps of an instance and of the blocks that it calls."""

    sizes: Mapping[str, int]
    buffers: list[_Buffer] = field(default_factory=list)
    extra: dict[int, int] = field(default_factory=dict)
    """By step, what a scan's body or a kernel takes beside the values around it."""
    now: int = 0

    def peak(self, instance: Instance) -> int:
        values: _Values = {t: _Held() for v in instance.inputs.values() for t in tensors(v)}
        self.run(instance.steps, values)
        for value in instance.outputs.values():
            self.read(tensors(value), values, at=self.now + 1)
        return max((self._alive(at) for at in range(self.now + 1)), default=0)

    def _alive(self, at: int) -> int:
        held = sum(b.size for b in self.buffers if b.first <= at <= b.last)
        return held + self.extra.get(at, 0)

    def run(self, steps: Iterable[Step], values: _Values) -> None:
        for step in steps:
            if isinstance(step, CallBlock):
                self.block(step, values)
                continue
            self.now += 1
            self.read(consumed(step), values)
            if isinstance(step, Scan):
                self.extra[self.now] = _Walk(self.sizes).peak(step.child)
            held = self._result(step, values)
            for tensor in produced(step):
                values[tensor] = held or self.made(tensor)
            self._kernel(step, values)

    def block(self, step: CallBlock, values: _Values) -> None:
        inner: _Values = {}
        for name, own in step.child.inputs.items():
            for theirs, ours in _pairs(own, step.inputs.get(name)):
                inner[theirs] = values.get(ours, _Held())
        self.run(step.child.steps, inner)
        for theirs, ours in step.results:
            values[ours] = inner.get(theirs, _Held())

    def read(self, found: Iterable[Tensor], values: _Values, at: int | None = None) -> None:
        for tensor in found:
            buffer = values.get(tensor, _Held()).buffer
            if buffer is not None:
                buffer.last = max(buffer.last, self.now if at is None else at)

    def made(self, tensor: Tensor) -> _Held:
        size: Size = type_bytes(tensor.type)
        buffer = _Buffer(evaluate(size, self.sizes), self.now, self.now)
        self.buffers.append(buffer)
        return _Held(buffer)

    def _result(self, step: Step, values: _Values) -> _Held | None:
        """What a step gives without memory of its own; None where it makes its result."""
        match step:
            case ReadWeight():
                return _Held()
            case Item():
                return _Held()
            case Subscript(tensor=tensor, items=items):
                plain = not any(isinstance(item, Tensor) for item in items)
                return values.get(tensor, _Held()) if plain else None
            case Apply(op=op):
                return self._passed(op.name, step, values)
            case CallModule(child=child):
                inplace = child.args.get("inplace") is True
                return self._passed("Identity" if inplace else child.op.name, step, values)
            case Operate():
                return None
        return None

    def _kernel(self, step: Step, values: _Values) -> None:
        """A linear layer with a bias takes a turned input in a copy, and adds in a second step."""
        if isinstance(step, CallModule) and step.child.op.name == "Linear":
            source, biased = next(consumed(step)), step.child.args.get("bias") is not False
            if biased and values.get(source, _Held()).turned:
                sizes = (type_bytes(t.type) for t in (source, *step.results))
                self.extra[self.now] = max(evaluate(size, self.sizes) for size in sizes)

    def _passed(self, name: str, step: Step, values: _Values) -> _Held | None:
        source = next(consumed(step), None)
        held = None if source is None else values.get(source, _Held())
        if held is None or name in _PASSED:
            return held
        if name in _SHAPED:
            return None if held.turned else held
        if name in VIEWS:
            return _Held(held.buffer, held.turned or name in _TURNED)
        return None


def _pairs(theirs: Value, ours: Value) -> Iterator[tuple[Tensor, Tensor]]:
    """The tensors of a block's own input beside the caller's."""
    return zip(tensors(theirs), tensors(ours), strict=False)
