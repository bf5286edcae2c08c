"""An instance under construction: the names in scope, and where the modules of its nodes are."""

from __future__ import annotations

from dataclasses import dataclass, field

from netwright.ir import expr as ex
from netwright.ir.dims import Dim
from netwright.ir.instance import Instance, ModuleChild, Path, WeightDecl
from netwright.ir.printer import replace_names
from netwright.ir.program import Node
from netwright.ir.sizes import size_to_expr
from netwright.ir.values import Value


@dataclass(frozen=True)
class Handle:
    """Where a node's module, parameter or buffer lives below the instance."""

    path: Path
    child: ModuleChild | Instance | WeightDecl


@dataclass
class Frame:
    """An instance under construction: names in scope, the running value, the node at hand."""

    instance: Instance
    names: dict[str, Value]
    handles: dict[str, Handle] = field(default_factory=dict)
    running: Value | None = None
    running_from: str | None = None
    node: Node | None = None
    training: bool = False
    symbolic: bool = False
    last: Value = None
    """The value of the last node, which a block without `outputs` gives."""
    claims: dict[Path, Node] = field(default_factory=dict)
    root: bool = True
    """In symbolic mode: whether this is the class at hand, whose names can be written as they
    are."""
    defs: dict[str, ex.Expr] = field(default_factory=dict)
    """In symbolic mode, below the root: names as expressions of the class at hand."""
    counts: dict[str, Dim] = field(default_factory=dict)
    """In symbolic mode: how many items the lists have that loops gave, as expressions."""
    locals: dict[str, Value] = field(default_factory=dict)
    """In symbolic mode, at the root: what the number nodes' names stand for."""

    def written(self, expr: ex.Expr) -> ex.Expr | None:
        """`expr` in the names of the class at hand, None where it cannot be said there."""
        if self.root:
            return expr
        names = ex.free_names(expr)
        missing = [n for n in names if n not in self.defs and n not in ("min", "max")]
        callees = {
            e.func.id
            for e in ex.walk(expr)
            if isinstance(e, ex.Call) and isinstance(e.func, ex.Name)
        }
        if any(n not in callees for n in missing):
            return None
        return replace_names(expr, self.defs)

    def to_expr(self, value: Value) -> ex.Expr | None:
        """A number, size or list of them as an expression of the class at hand."""
        if isinstance(value, Dim):
            return size_to_expr(value)
        if isinstance(value, int | float | str | bool) or value is None:
            return ex.Literal(value)
        if isinstance(value, tuple):
            items = [self.to_expr(v) for v in value]
            return (
                None
                if any(i is None for i in items)
                else ex.ListExpr(tuple(i for i in items if i is not None))
            )
        return None

    def fact(self, place: object, kind: str, value: object) -> None:
        self.instance.facts.setdefault((place, kind), []).append(value)
