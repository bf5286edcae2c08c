"""Expressions that may fit a site, found in one instance: guesses about the others."""

from __future__ import annotations

from collections.abc import Iterator

from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, add, cancel, mul, symbol
from netwright.ir.printer import rebuild, to_source
from netwright.ir.sizes import size_to_expr


def candidates(found: list[list[Size]], counter: str) -> Iterator[ex.Expr]:
    """Expressions to try, the plainest first: one for all, then by iteration."""
    tried: set[str] = set()
    firsts: list[Size] = []
    rests: list[Size] = []
    for sizes in found:
        for k, size in enumerate(sizes):
            (firsts if k == 0 else rests).append(size)
            if isinstance(size, int) or size.key in tried:
                continue
            tried.add(size.key)
            for form in (cancel(size), size):
                written = size_to_expr(form)
                if written is not None:
                    yield written
    if not counter or not rests:
        return
    index = ex.Name(counter)
    yield from _by_index(index, max(found, key=len))
    linear = _linear(index, found[0])
    if linear is not None and _adds(found[0]):
        yield linear
    yield from _first_and_rest(index, firsts, rests)
    if linear is not None:
        yield linear


def _linear(index: ex.Name, sizes: list[Size]) -> ex.Expr | None:
    """The first size, raised by the same in every iteration."""
    if len(sizes) < 2:
        return None
    growth = add(sizes[1], mul(sizes[0], -1))
    return size_to_expr(add(sizes[0], mul(symbol(index.id, None), growth)))


def _adds(sizes: list[Size]) -> bool:
    """Whether the second size is written as the first and something more."""
    first, second = size_to_expr(sizes[0]), size_to_expr(sizes[1])
    if first is None or second is None or isinstance(first, ex.Literal):
        return False
    return to_source(second).startswith(f"{to_source(first)} + ")


def _by_index(index: ex.Name, sizes: list[Size]) -> Iterator[ex.Expr]:
    """`dims[i]` where the iterations have `dims[0]`, `dims[1]`, ..., `dims[2 - i]` backwards."""
    if len(sizes) < 2:
        return
    written = size_to_expr(sizes[1])
    before = size_to_expr(sizes[0])
    if written is None:
        return
    if before is not None:
        between = _between(before, written, index)
        if between is not None:
            yield between
        if not isinstance(before, ex.Literal):
            return

    def change(e: ex.Expr) -> ex.Expr | None:
        return index if isinstance(e, ex.Literal) and e.value == 1 else None

    yield rebuild(written, change)


def _between(a: ex.Expr, b: ex.Expr, index: ex.Name) -> ex.Expr | None:
    """The expression that is `a` at 0 and `b` at 1, where they differ in neighbouring integers."""
    if isinstance(a, ex.Literal) and isinstance(b, ex.Literal):
        return _step(a.value, b.value, index) if a.value != b.value else a
    left, right = ex.children(a), ex.children(b)
    if type(a) is not type(b) or len(left) != len(right):
        return None
    if not left:
        return a if to_source(a) == to_source(b) else None
    made: dict[int, ex.Expr] = {}
    for x, y in zip(left, right, strict=True):
        part = _between(x, y, index)
        if part is None:
            return None
        made[id(x)] = part
    return rebuild(a, lambda e: made.get(id(e)))


def _step(a: object, b: object, index: ex.Name) -> ex.Expr | None:
    if type(a) is not int or type(b) is not int or abs(a - b) != 1:
        return None
    if b < a:
        return ex.Binary("-", ex.Literal(a), index)
    return index if a == 0 else ex.Binary("+", index, ex.Literal(a))


def _first_and_rest(index: ex.Name, firsts: list[Size], rests: list[Size]) -> Iterator[ex.Expr]:
    condition = ex.Compare(index, ("==",), (ex.Literal(0),))
    for first in {key_of(s): s for s in firsts}.values():
        for rest in {key_of(s): s for s in rests}.values():
            then, otherwise = size_to_expr(first), size_to_expr(rest)
            if then is not None and otherwise is not None:
                yield ex.IfElse(condition, then, otherwise)


def key_of(size: Size) -> str:
    """`size` as text in which witnesses do not count."""
    return size.key if isinstance(size, Dim) else str(size)
