"""Names of locals: values along the main path share the name `x`, the rest keep the spec's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.backends.source.code import Assign, For, If, Return, Statement, target_names
from netwright.backends.source.context import ForwardArg
from netwright.backends.source.naming import Names, plain, shadows_builtin
from netwright.backends.source.walk import (
    defined,
    expressions,
    map_names,
    names_in,
    values_in,
)
from netwright.ir import expr as ex
from netwright.ir.program import ExprNode

if TYPE_CHECKING:
    from netwright.backends.source.forward import Forward


def renamed(
    forward: Forward, statements: list[Statement], inputs: list[ForwardArg]
) -> list[Statement]:
    """The statements of a `forward` with their final names."""
    local = {d for s in statements for d in defined(s) if "." in d or "!" in d}
    names = {a.source: a.name for a in inputs}
    values, lists = _values(forward), _lists(forward)
    return rename(statements, names, forward.tensors | local, "x", values, lists)[0]


def _values(forward: Forward) -> frozenset[str]:
    """What the author named an expression by."""
    own = {n for n, node in forward.nodes.items() if isinstance(node, ExprNode)}
    inner = {f"{k.name}.{n}" for k, f in forward.spliced.items() for n in _values(f)}
    return frozenset(own | inner)


def _lists(forward: Forward) -> frozenset[str]:
    inner = {f"{k.name}.{n}" for k, f in forward.spliced.items() for n in _lists(f)}
    return frozenset(forward.lists() | inner)


def rename(
    statements: list[Statement],
    inputs: dict[str, str],
    tensors: set[str],
    main: str,
    values: frozenset[str] = frozenset(),
    lists: frozenset[str] = frozenset(),
) -> tuple[list[Statement], dict[str, str]]:
    """With final names: values along the main path are `main`, the rest keep the spec's names.

    inputs   argument names by the spec's names
    tensors  the names in the spec that hold tensors and may flow
    values   those among them that the author named an expression by
    lists    those that hold lists; a list and a tensor never share a name
    Returns the statements and what every name became.
    """
    chains = _Chains(statements, inputs, tensors, main)
    chains.values = values
    chains.lists = lists
    final = chains.names()

    def change(name: ex.Name) -> ex.Expr | None:
        return ex.Name(final[name.id]) if name.id in final and final[name.id] != name.id else None

    for statement in statements:
        map_names(statement, change)
        rename_targets(statement, final)
    statements = _without_copies(statements)
    _thin_comments(statements)
    return statements, final


def _thin_comments(statements: list[Statement]) -> None:
    """Shapes are said where they change, not again and again."""
    said = ""
    for statement in statements:
        if statement.comment == said:
            statement.comment = ""
        else:
            said = statement.comment or said


def rename_targets(statement: Statement, final: dict[str, str]) -> None:
    """Give what a statement binds its final names."""
    if isinstance(statement, Assign | For):
        statement.targets = _final(statement.targets, final)
    match statement:
        case If(body=body, otherwise=otherwise):
            for inner in (*body, *otherwise):
                rename_targets(inner, final)
        case For(body=body):
            for inner in body:
                rename_targets(inner, final)
    for expr in expressions(statement):
        for e in ex.walk(expr):
            if isinstance(e, ex.Comprehension):
                renamed = tuple(_final_text(t, final) for t in e.targets)
                object.__setattr__(e, "targets", renamed)


def _final(targets: tuple[object, ...], final: dict[str, str]) -> tuple[object, ...]:
    return tuple(
        _final(t, final) if isinstance(t, tuple) else final.get(str(t), t) for t in targets
    )


def _final_text(target: str, final: dict[str, str]) -> str:
    if target.startswith("("):
        return "(" + ", ".join(final.get(p, p) for p in target[1:-1].split(", ")) + ")"
    return final.get(target, target)


def _without_copies(statements: list[Statement]) -> list[Statement]:
    kept = []
    for statement in statements:
        if isinstance(statement, Assign) and isinstance(statement.value, ex.Name):
            if statement.targets == (statement.value.id,):
                continue
        kept.append(statement)
    return kept


class _Chains:
    """Which locals share one name: a value takes over the name of what it was made from."""

    def __init__(
        self, statements: list[Statement], inputs: dict[str, str], tensors: set[str], main: str
    ) -> None:
        self.statements = statements
        self.inputs = inputs
        self.tensors = tensors
        self.main = main
        self.values: frozenset[str] = frozenset()
        self.lists: frozenset[str] = frozenset()
        self.chain_of: dict[str, int] = {}
        self.members: list[list[str]] = []
        self.last_use: dict[str, int] = {}
        self.uses: dict[str, int] = {}
        self.definitions: dict[str, int] = {}
        # What takes over the name of the first input is `main`: an input that has another name
        # still tells its shape.
        stays = next(iter(inputs), None) if main not in inputs.values() else None
        for index, statement in enumerate(statements):
            made = set(defined(statement))
            values = set(values_in(statement))
            for name in set(names_in(statement)):
                if name in values or name != stays:
                    self.last_use[name] = index
                self.uses[name] = self.uses.get(name, 0) + (name in values - made)
            for name in defined(statement):
                self.definitions.setdefault(name, index)
        for name in inputs:
            self._start(name)

    def _start(self, name: str) -> None:
        self.chain_of[name] = len(self.members)
        self.members.append([name])

    def _join(self, name: str, other: str) -> None:
        chain = self.chain_of[other]
        self.chain_of[name] = chain
        self.members[chain].append(name)

    def names(self) -> dict[str, str]:
        main_chain = 0 if self.inputs else -1
        for index, statement in enumerate(self.statements):
            for name in defined(statement):
                if name in self.chain_of:
                    continue
                before = self._predecessor(index, statement, name, main_chain)
                if before is not None and (before in self.lists) != (name in self.lists):
                    before = None
                if before is None:
                    self._start(name)
                else:
                    self._join(name, before)
        return self._choose(main_chain)

    def _predecessor(
        self, index: int, statement: Statement, name: str, main_chain: int
    ) -> str | None:
        """The local whose name `name` takes over: one that nothing reads any more."""
        if not isinstance(statement, Assign) or not statement.flows:
            return None
        bound = list(target_names(statement.targets))
        if bound != [name] or statement.targets[0] != name:
            return None
        if isinstance(statement.value, ex.Name) and self._is_last(statement.value.id, index):
            return statement.value.id
        read = list(dict.fromkeys(n for n in names_in(statement) if n in self.chain_of))
        flowing = [n for n in read if self._flows(n)]
        dying = [n for n in flowing if self._is_last(n, index)]
        only = flowing[0] if len(flowing) == 1 and dying else None
        if only is not None and self.uses[only] == 1 and not self._is_unpacked(only):
            return only
        if len(flowing) >= 2:
            for n in dying:
                if self.chain_of[n] == main_chain:
                    return n
            branches = [n for n in dying if n not in self.inputs]
            holder = self._holder(main_chain)
            if holder is not None and self._is_dead(holder, index) and len(branches) >= 2:
                return holder
        return None

    def _is_unpacked(self, name: str) -> bool:
        """Whether `name` is one of several that a statement binds."""
        index = self.definitions.get(name)
        statement = None if index is None else self.statements[index]
        return isinstance(statement, Assign) and len(statement.targets) > 1

    def _flows(self, name: str) -> bool:
        return name in self.tensors or name in self.inputs

    def _is_last(self, name: str, index: int) -> bool:
        """Whether `name` holds its chain's name and is read here for the last time."""
        return (
            name in self.chain_of
            and self.last_use.get(name, -1) == index
            and self._holder(self.chain_of[name]) == name
        )

    def _holder(self, chain: int) -> str | None:
        if not 0 <= chain < len(self.members):
            return None
        return self.members[chain][-1]

    def _is_dead(self, name: str, index: int) -> bool:
        return self.last_use.get(name, -1) <= index

    def _choose(self, main_chain: int) -> dict[str, str]:
        names = Names()
        final: dict[str, str] = {}
        for name, emitted in self.inputs.items():
            final[name] = emitted
            names.taken.add(emitted)
        if 0 <= main_chain < len(self.members) and len(self.members[main_chain]) > 1:
            first, *rest = self.members[main_chain]
            title = (
                self.main
                if self.main not in names.taken or final[first] == self.main
                else final[first]
            )
            names.taken.add(title)
            for name in rest:
                final[name] = title
        returned = self._returned()
        modules: set[str] = set()
        order = sorted(range(len(self.members)), key=lambda c: c != returned)
        for chain in order:
            members = self.members[chain]
            if chain == main_chain:
                continue
            mine = [m for m in members if m not in self.inputs]
            if not mine:
                continue
            given = final.get(members[0]) if members[0] in self.inputs else None
            own = len(mine) == 1 and mine[0] in self.values
            runs = chain == returned and not own and not self.lists & set(mine)
            lead = [self.main] if runs else []
            candidates = [*lead, *self._candidates(mine)]
            if _is_module(mine[0]) and candidates[0] in modules:  # each loop walks its own
                given = candidates[0]
            title = given or names.choose(*candidates)
            modules |= {title} if _is_module(mine[0]) else set()
            for name in mine:
                final[name] = title
        return final

    def _returned(self) -> int:
        """The chain of the value that is returned, of several the first; -1 for none."""
        last = self.statements[-1] if self.statements else None
        if not isinstance(last, Return):
            return -1
        return next(
            (self.chain_of[n] for n in names_in(last) if n in self.chain_of and self._flows(n)), -1
        )

    def _beside(self, name: str) -> list[str]:
        """A name for one item beside that of all, or for all beside that of one."""
        item, whole = plain(name), plain(name.removesuffix("#"))
        if name.endswith("#") and f"{name}#" in self.definitions:  # of one step of a scan
            return [f"{item}_t"]
        if _is_module(name) and item == whole:
            return ["layer", "block"]
        stacked = f"{name}##" in self.definitions
        if f"{name}#" in self.definitions and "." in name and not stacked:
            return [f"all_{item}"] if plain(f"{name}#") == item else []
        return []

    def _candidates(self, members: list[str]) -> list[str]:
        named = [m for m in reversed(members) if m in self.values]
        spec = [plain(m) for m in (*named, members[0], members[-1])]
        spec = [s for s in spec if s.isidentifier() and not shadows_builtin(s)]
        if len(members) > 1 and not named:
            return ["out", *spec, "hidden", "y"]
        spec = [*self._beside(members[0]), *spec]
        return [*spec, *(f"{s}_" for s in spec), "out", "y"]


def _is_module(name: str) -> bool:
    """Whether a local stands for one module of a list."""
    return name.endswith("#") and not name.endswith("##") and "." not in name
