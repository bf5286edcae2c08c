"""The type of `x[...]`: integers, slices, None, `...` and integer tensors.

A bound is taken to lie within the size unless it certainly does not: `x[:, 1:]` of size `T` has
`T - 1`, `x[:, :4]` has 4 (true from `T >= 4` on, where torch would clamp), and `mask[:T, :T]` of
size 256 has `T`, true up to `T <= 256`. A symbolic bound counts from the front unless it is
certainly negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType

from netwright.ir.dims import Dim, Size, at_least, compare, known, show
from netwright.ir.types import TensorType, is_int
from netwright.ops.broadcast import broadcast
from netwright.ops.entry import OpError


@dataclass(frozen=True, slots=True)
class SliceItem:
    """`lower:upper:step` with evaluated bounds."""

    lower: Size | None = None
    upper: Size | None = None
    step: Size | None = None


Item = int | Dim | SliceItem | TensorType | EllipsisType | None
_KINDS = (int, Dim, TensorType, EllipsisType)


def index_type(x: TensorType, items: Sequence[Item]) -> TensorType:
    """The type of `x[items]`.

    Raises OpError: E0302 too many items, E0308 a constant out of range, E0307 a mask, E0306 a
    symbolic step.
    """
    walk = _Walk(x)
    for item in _expanded(x, items):
        _check_kind(item)
        walk.take(item)
    return walk.result()


def _check_kind(item: object) -> None:
    """OpError E0305 for what is no index: a text, a fraction, a truth value, a list."""
    if isinstance(item, SliceItem):
        for bound in (item.lower, item.upper, item.step):
            _check_kind(bound)
    elif isinstance(item, bool) or not (item is None or isinstance(item, _KINDS)):
        shown = "a list" if isinstance(item, tuple) else repr(item)
        message = f"an index is an integer, a slice or an integer tensor, found {shown}"
        raise OpError(message, code="E0305")


def _expanded(x: TensorType, items: Sequence[Item]) -> list[Item]:
    """`items` with `...` (or what is missing at the end) written out as full slices."""
    dots = [i for i, item in enumerate(items) if isinstance(item, EllipsisType)]
    if len(dots) > 1:
        raise OpError("an index has one `...` at most", code="E0308")
    taking = sum(1 for item in items if item is not None and not isinstance(item, EllipsisType))
    if taking > x.rank:
        message = f"{taking} indices for {x}, which has {x.rank} dim" + "s" * (x.rank != 1)
        raise OpError(message, code="E0302")
    rest: list[Item] = [SliceItem() for _ in range(x.rank - taking)]
    at = dots[0] if dots else len(items)
    return [*items[:at], *rest, *items[at + 1 :]]


class _Walk:
    """Goes through the items from left to right, collecting the sizes of the result."""

    def __init__(self, x: TensorType) -> None:
        self.x = x
        self.axis = 0
        self.sizes: list[Size] = []
        self.tensors: list[tuple[Size, ...]] = []
        self.place = 0
        self.apart = False
        """Whether something stands between two tensor indices."""
        self.adjacent = False
        """Whether nothing that is kept came after the last tensor index."""

    def take(self, item: Item) -> None:
        if item is None:
            self._keep(1)
        elif isinstance(item, TensorType):
            self._gather(item)
        elif isinstance(item, SliceItem):
            self._keep(slice_size(self._next(), item))
        else:
            assert not isinstance(item, EllipsisType)
            self._select(item)

    def _next(self) -> Size:
        self.axis += 1
        return self.x.shape[self.axis - 1]

    def _keep(self, size: Size) -> None:
        self.sizes.append(size)
        self.adjacent = False

    def _select(self, index: Size) -> None:
        """An integer drops its dim. Torch selects before it gathers: it does not part tensors."""
        check_index(self._next(), index, self.x)

    def _gather(self, index: TensorType) -> None:
        self._next()
        if index.dtype == "bool":
            remedy = "use `where`, `masked_fill` or `argsort`"
            message = "the size of a selection by a mask depends on data"
            raise OpError(message, code="E0307", help=remedy)
        if not is_int(index.dtype):
            raise OpError(f"an index is an integer tensor, found {index}", code="E0304")
        if not self.tensors:
            self.place = len(self.sizes)
        elif not self.adjacent:
            self.apart = True
        self.tensors.append(index.shape)
        self.adjacent = True

    def result(self) -> TensorType:
        """The gathered dims stand where the tensor indices stood, or first when those are apart."""
        at = 0 if self.apart else self.place
        gathered = broadcast(*self.tensors)
        return TensorType(self.x.dtype, (*self.sizes[:at], *gathered, *self.sizes[at:]))


def check_index(size: Size, index: Size, x: TensorType) -> None:
    """OpError E0308 where a constant `index` lies outside `size` for certain."""
    if compare(index, size) in (0, 1) or compare(index, -1 * size) == -1:
        message = f"index {show(index)} is out of range for size {show(size)} of {x}"
        raise OpError(message, code="E0308")


def slice_size(size: Size, item: SliceItem) -> Size:
    """How many items `item` takes out of `size`."""
    step = 1 if item.step is None else known(item.step)
    if step is None:
        raise OpError("the step of a slice must be known at build", code="E0306")
    if step < 1:
        remedy = "use `flip` to reverse"
        raise OpError(f"the step of a slice is {step}", code="E0308", help=remedy)
    lower = _bound(size, item.lower, 0)
    length = _distance(lower, _bound(size, item.upper, size))
    return (length + (step - 1)) // step


def _bound(size: Size, bound: Size | None, default: Size) -> Size:
    """`bound` counted from the front and clamped to 0 ... size, as far as that can be told."""
    if bound is None:
        return default
    number = known(bound)
    negative = number < 0 if number is not None else at_least(bound, 0) is False
    place = size + bound if negative else bound
    if at_least(place, 0) is False:
        return 0
    if at_least(place, size):
        return size
    return place


def _distance(lower: Size, upper: Size) -> Size:
    """The items between two bounds. A symbolic difference is taken not to be negative."""
    if at_least(lower, upper):
        return 0
    return upper - lower
