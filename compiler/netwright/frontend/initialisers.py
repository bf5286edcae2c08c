"""Whether what a weight begins with is an initialiser, `normal(std=0.02)`, or an expression."""

from __future__ import annotations

from netwright.frontend.builtins import is_function
from netwright.frontend.faulty import Faulty
from netwright.frontend.scope import Scope
from netwright.ir.expr import Call, Expr, Name
from netwright.ops.initialisers import is_initialiser


def is_value(begins: Expr, scope: Scope) -> bool:
    """Whether it is an expression; a misspelt initialiser is none."""
    name = begins.func if isinstance(begins, Call) else begins
    if is_initialiser(begins) or isinstance(begins, Faulty):
        return False
    if not isinstance(name, Name):
        return True
    return is_function(name.id) if name is not begins else scope.lookup(name.id) is not None
