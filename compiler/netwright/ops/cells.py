"""The steps from one order of axes to another, few and as a person writes them.

A cell is what one dim holds: the names of its axes. Dims split before the permutation only where
the axes part, and merge before it where they already stand side by side: `b c h w -> b (h w) c`
is `x.flatten(2).transpose(1, 2)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from netwright.ir.dims import Size

Cell = tuple[str, ...]
Call = tuple[str, tuple[Any, ...]]
Factors = Callable[[Sequence[Cell]], tuple[Size, ...]]

DOTS: Cell = ("...",)
"""The cell of `...`, which is as many dims as it covers."""
_METHODS = {"max": "amax", "min": "amin"}
_ONE_DIM = ("prod",)


@dataclass(frozen=True, slots=True)
class Dots:
    """What `...` stands for: how many dims, and whether the right side makes them one."""

    covered: int
    merged: bool


def lay_out(
    left: Sequence[Cell],
    right: Sequence[Cell],
    dots: Dots,
    factors: Factors,
    reduction: str | None,
) -> list[Call]:
    """The methods that turn dims `left` into dims `right`.

    `factors` gives the sizes of split cells, and `reduction` is applied to the axes that `right`
    lacks.
    """
    layout = _Layout(list(left), dots, factors)
    layout.split_parting(right)
    if reduction is not None:
        layout.reduce(right, reduction)
    if layout.cells == list(right) and not dots.merged:
        return layout.calls
    layout.drop_ones()
    layout.merge_neighbours(right)
    layout.permute(right)
    layout.finish(right)
    return layout.calls


class _Layout:
    """The dims as they are after the calls so far."""

    def __init__(self, cells: list[Cell], dots: Dots, factors: Factors) -> None:
        self.cells = cells
        self.dots = dots
        self.factors = factors
        self.calls: list[Call] = []

    def dim(self, position: int) -> int:
        """The number of the dim at `position`; from the end where it comes after `...`."""
        if DOTS in self.cells[:position]:
            return position - len(self.cells)
        return position

    def split_parting(self, right: Sequence[Cell]) -> None:
        """Split the dims whose axes go different ways."""
        for position in reversed(range(len(self.cells))):
            pieces = _pieces(self.cells[position], right)
            if len(pieces) > 1:
                self.split(position, pieces)

    def split(self, position: int, pieces: Sequence[Cell]) -> None:
        last = position == len(self.cells) - 1
        dim = -1 if last else self.dim(position)
        self.calls.append(("unflatten", (dim, self.factors(pieces))))
        self.cells[position : position + 1] = pieces

    def reduce(self, right: Sequence[Cell], reduction: str) -> None:
        kept = {name for cell in right for name in cell}
        gone = [i for i, cell in enumerate(self.cells) if cell and not kept & set(cell)]
        dims = self._dims(gone)
        held: list[Cell] = [() if i in gone else cell for i, cell in enumerate(self.cells)]
        keepdim = (True,) if held == list(right) and DOTS not in self.cells else ()
        method = _METHODS.get(reduction, reduction)
        if reduction in _ONE_DIM:
            self.calls += [(method, (dim, *keepdim)) for dim in _last_first(dims)]
        elif dims:
            self.calls.append((method, (dims[0] if len(dims) == 1 else dims, *keepdim)))
        self.cells = held if keepdim else [c for i, c in enumerate(self.cells) if i not in gone]

    def _dims(self, positions: Sequence[int]) -> tuple[int, ...]:
        """The dims of the cells, all counted from the front where `...` is among them."""
        if DOTS in [self.cells[i] for i in positions]:
            return tuple(d for i in positions for d in self._absolute(i))
        return tuple(self.dim(i) for i in positions)

    def drop_ones(self) -> None:
        ones = [i for i, cell in enumerate(self.cells) if not cell]
        if ones:
            dims = tuple(self.dim(i) for i in ones)
            self.calls.append(("squeeze", (dims[0] if len(dims) == 1 else dims,)))
            self.cells = [cell for cell in self.cells if cell]

    def merge_neighbours(self, right: Sequence[Cell]) -> None:
        """Merge the dims that stand side by side already and shall be one."""
        for group in right:
            start = _find(self.cells, group)
            if start is not None:
                self.merge(start, group)

    def merge(self, start: int, group: Cell) -> None:
        """Make one dim of those that hold `group`, from `start` on."""
        stop, names = start, 0
        while names < len(group):
            names += len(self.cells[stop])
            stop += 1
        if stop - start == 1 and not (self.cells[start] == DOTS and self.dots.merged):
            return
        self._flatten(start, stop)
        self.cells[start:stop] = [group]
        if group == DOTS:
            self.dots = Dots(1, merged=False)

    def _flatten(self, start: int, stop: int) -> None:
        width = stop - start + (self.dots.covered - 1 if DOTS in self.cells[start:stop] else 0)
        if width == 0:
            self.calls.append(("unsqueeze", (self.dim(start),)))
        elif width > 1:
            first = self.dim(start)
            if stop == len(self.cells):
                self.calls.append(("flatten", (first,)))
            else:
                last = stop - 1 - len(self.cells) if DOTS in self.cells[:stop] else stop - 1
                self.calls.append(("flatten", (first, last)))

    def permute(self, right: Sequence[Cell]) -> None:
        """Bring the dims into the order of the right side."""
        order = [name for cell in right for name in cell]
        target = sorted(range(len(self.cells)), key=lambda i: order.index(self.cells[i][0]))
        call = self._permutation(target)
        if call is not None:
            self.calls.append(call)
        self.cells = [self.cells[i] for i in target]

    def _permutation(self, target: list[int]) -> Call | None:
        """`transpose` for a swap, `movedim` for a move across `...`, else `permute`."""
        moved = [place for place, source in enumerate(target) if place != source]
        if not moved:
            return None
        if len(moved) == 2 and all(self.cells[i] != DOTS for i in moved):
            return "transpose", tuple(self.dim(i) for i in moved)
        single = _single_move(target) if DOTS in self.cells else None
        if single is not None and self.cells[single[0]] != DOTS:
            source, place = single
            passed = DOTS in [self.cells[i] for i in target[:place]]
            return "movedim", (self.dim(source), place - len(target) if passed else place)
        return "permute", tuple(d for i in target for d in self._absolute(i))

    def _absolute(self, position: int) -> range:
        """The dims of the cell at `position`, counted from the front."""
        shift = self.dots.covered - 1 if DOTS in self.cells[:position] else 0
        start = position + shift
        return range(start, start + (self.dots.covered if self.cells[position] == DOTS else 1))

    def finish(self, right: Sequence[Cell]) -> None:
        """Split and merge what is left, and insert dims of 1, from the first dim to the last."""
        for place, group in enumerate(right):
            if not group:
                self._insert(place)
                continue
            cell = self.cells[place]
            if len(cell) > len(group):
                self.split(place, _whole_groups(cell, right[place:]))
            self.merge(place, group)

    def _insert(self, place: int) -> None:
        at_end = place == len(self.cells)
        after_dots = DOTS in self.cells[:place]
        dim = -1 if at_end else place - len(self.cells) - 1 if after_dots else place
        self.calls.append(("unsqueeze", (dim,)))
        self.cells.insert(place, ())


def _last_first(dims: Sequence[int]) -> list[int]:
    """An order in which each dim can go without renumbering the rest."""
    return sorted(d for d in dims if d < 0) + sorted((d for d in dims if d >= 0), reverse=True)


def _find(cells: Sequence[Cell], group: Cell) -> int | None:
    """Where consecutive cells hold exactly the axes of `group`, in order."""
    for start in range(len(cells)):
        names: Cell = ()
        for cell in cells[start:]:
            names += cell
            if names == group:
                return start
            if len(names) >= len(group):
                break
    return None


def _single_move(target: list[int]) -> tuple[int, int] | None:
    """(source, place) where the order differs by moving one dim, the fewest places first."""
    for source in range(len(target)):
        rest = [i for i in range(len(target)) if i != source]
        place = target.index(source)
        if place != source and [i for i in target if i != source] == rest:
            return source, place
    return None


def _pieces(cell: Cell, right: Sequence[Cell]) -> list[Cell]:
    """`cell` cut where its axes part on the right side; whole where they stay together."""
    if len(cell) < 2:
        return [cell]
    order = [name for group in right for name in group]
    home = {name: number for number, group in enumerate(right) for name in group}
    runs = _cut(cell, lambda a, b: not _follows(order, a, b))
    if len(runs) == 1 and (_whole_groups(cell, right) or len({home.get(n) for n in cell}) == 1):
        return runs
    return _cut(cell, lambda a, b: not _follows(order, a, b) or home.get(a) != home.get(b))


def _follows(order: Sequence[str], a: str, b: str) -> bool:
    """Whether `b` comes right after `a` on the right side, or both are reduced."""
    if a not in order or b not in order:
        return a not in order and b not in order
    return order.index(b) == order.index(a) + 1


def _cut(cell: Cell, between: Callable[[str, str], bool]) -> list[Cell]:
    runs: list[list[str]] = [[cell[0]]]
    for a, b in pairwise(cell):
        if between(a, b):
            runs.append([])
        runs[-1].append(b)
    return [tuple(run) for run in runs]


def _whole_groups(cell: Cell, right: Sequence[Cell]) -> list[Cell]:
    """The consecutive groups of the right side that hold exactly the axes of `cell`, or none."""
    start = _find([group for group in right if group], cell)
    if start is None:
        return []
    groups: list[Cell] = []
    for group in [group for group in right if group][start:]:
        groups.append(group)
        if sum(map(len, groups)) == len(cell):
            break
    return groups
