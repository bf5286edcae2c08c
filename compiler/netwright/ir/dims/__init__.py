"""Symbolic sizes: integers, symbols and `+ - * // %` over them, in a normal form.

A `Size` is an `int` or a `Dim`. A `Dim` is a polynomial with integer coefficients over atoms: a
`Symbol`, a `Floor` (`a // b`) or a `Mod` (`a % b`). Two sizes that are equal as polynomials are
equal as Python values, so equal sizes can be found by `==` and used as keys.

A symbol may carry a *witness*, the number that it stands for in the instance at hand. Arithmetic
keeps the symbol; questions (`same`, `known`, `compare`) look at the witness. That is how the source
back end finds the expression behind an inferred size: it elaborates a block once more with its
params as symbols, every decision being taken as for the real numbers.

Rules over sizes never use `==`, `<` or `bool` on a size that may be symbolic; they ask:

    same(a, b)      are they equal (after witnesses)?
    known(a)        the integer, or None where it is only known at run time
    compare(a, b)   -1, 0 or 1 where the order is certain, else None
"""

from netwright.ir.dims.division import cancel, floordiv, mod
from netwright.ir.dims.polynomial import (
    MAX_SIZE,
    Atom,
    Dim,
    Floor,
    Mod,
    Monomial,
    Size,
    SizeTooLarge,
    Symbol,
    add,
    mul,
    product,
    symbol,
)
from netwright.ir.dims.printing import show
from netwright.ir.dims.questions import (
    at_least,
    bounds,
    compare,
    evaluate,
    ground,
    known,
    rewrite,
    same,
    substitute,
    symbols,
)

__all__ = [
    "MAX_SIZE",
    "Atom",
    "Dim",
    "Floor",
    "Mod",
    "Monomial",
    "Size",
    "SizeTooLarge",
    "Symbol",
    "add",
    "at_least",
    "bounds",
    "cancel",
    "compare",
    "evaluate",
    "floordiv",
    "ground",
    "known",
    "mod",
    "mul",
    "product",
    "rewrite",
    "same",
    "show",
    "substitute",
    "symbol",
    "symbols",
]
