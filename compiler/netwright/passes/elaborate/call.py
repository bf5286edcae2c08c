"""One use of a node's module: where, under which path, with which inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netwright.ir.instance import Path
from netwright.ir.program import InlineNode, ModuleNode
from netwright.ir.values import Value
from netwright.source import Span


@dataclass(frozen=True)
class Call:
    """One use of a module: where, under which path, with which inputs instead of the written
    ones."""

    path: Path
    span: Span
    carried: Mapping[str, Value] | None = None


Callee = ModuleNode | InlineNode
