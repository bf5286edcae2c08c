"""The lists that loops walk, whole or in part: `widths`, `widths[1:]`, `widths[:-1]`."""

from __future__ import annotations

from dataclasses import dataclass

from netwright.ir import expr as ex


@dataclass(frozen=True)
class Walked:
    """`whole` without its `first` items at the start and `after` at the end."""

    whole: ex.Name
    first: int = 0
    after: int = 0

    def item(self, index: ex.Expr) -> ex.Expr:
        """The item of the iteration `index`, in the whole list."""
        at = ex.Binary("+", index, ex.Literal(self.first)) if self.first else index
        return ex.Index(self.whole, (at,))

    @property
    def last(self) -> ex.Expr:
        """The index of the last iteration."""
        size = ex.Call(ex.Name("len"), (self.whole,))
        return ex.Binary("-", size, ex.Literal(self.first + self.after + 1))


def walked(part: ex.Expr) -> Walked | None:
    """The list that an expression walks; None where its ends are no numbers in the spec."""
    if isinstance(part, ex.Name):
        return Walked(part)
    match part:
        case ex.Index(value=ex.Name() as whole, items=(ex.Slice(step=None) as ends,)):
            first, stop = _number(ends.lower), _number(ends.upper)
            if first is not None and stop is not None and first >= 0 >= stop:
                if ends.upper is None or stop < 0:
                    return Walked(whole, first, -stop)
    return None


def _number(bound: ex.Expr | None) -> int | None:
    """A literal bound of a slice; 0 where it is left out."""
    value = bound.value if isinstance(bound, ex.Literal) else None
    return 0 if bound is None else value if isinstance(value, int) else None
