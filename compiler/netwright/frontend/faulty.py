"""A stand-in for what could not be parsed, so that the rest of a file is checked without echoes."""

from __future__ import annotations

from dataclasses import dataclass

from netwright.ir.expr import Expr


@dataclass(frozen=True, eq=False)
class Faulty(Expr):
    """An expression that has been reported already. No program without errors holds one."""
