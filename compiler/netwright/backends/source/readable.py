"""From one statement a node to code as a person writes it: dropped, nested and renamed.

`forward` gives every node a local of its own. Here what nobody reads is dropped, a value with
one reader is nested into it while the line stays short, and values along the main path share the
name `x`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netwright.backends.source.code import (
    Assign,
    Evaluate,
    For,
    If,
    Raise,
    Return,
    SetAttribute,
    Statement,
    target_names,
)
from netwright.backends.source.naming import Names, shadows_builtin, singular
from netwright.ir import expr as ex
from netwright.ir.printer import rebuild, to_source

WIDTH = 88
INDENT = 8

# Walking ------------------------------------------------------------------------------------


def expressions(statement: Statement) -> Iterator[ex.Expr]:
    """The expressions of a statement, in the order in which they are evaluated."""
    match statement:
        case Assign(value=value) | Evaluate(value=value) | Return(value=value) | Raise(value=value):
            yield value
        case SetAttribute(value=value):
            yield value
        case If(condition=condition, body=body, otherwise=otherwise):
            yield condition
            for inner in (*body, *otherwise):
                yield from expressions(inner)
        case For(iterable=iterable, body=body):
            yield iterable
            for inner in body:
                yield from expressions(inner)


def names_in(statement: Statement) -> Iterator[str]:
    """Every name that a statement reads, once for each time."""
    for expr in expressions(statement):
        for e in ex.walk(expr):
            if isinstance(e, ex.Name):
                yield e.id


def comprehension_names(statement: Statement) -> Iterator[str]:
    """The names that comprehensions in a statement bind."""
    for expr in expressions(statement):
        for e in ex.walk(expr):
            if isinstance(e, ex.Comprehension):
                for target in e.targets:
                    yield from target.strip("()").split(", ")


def defined(statement: Statement) -> Iterator[str]:
    """Every name that a statement binds."""
    match statement:
        case Assign(targets=targets):
            yield from target_names(targets)
        case If(body=body, otherwise=otherwise):
            for inner in (*body, *otherwise):
                yield from defined(inner)
        case For(targets=targets, body=body):
            yield from target_names(targets)
            for inner in body:
                yield from defined(inner)
    if isinstance(statement, Assign | Return | Evaluate):
        yield from comprehension_names(statement)


def map_names(statement: Statement, change: Callable[[ex.Name], ex.Expr | None]) -> Statement:
    """The statement with names in its expressions replaced; it is changed in place and returned."""

    def visit(e: ex.Expr) -> ex.Expr | None:
        return change(e) if isinstance(e, ex.Name) else None

    def again(expr: ex.Expr) -> ex.Expr:
        return rebuild(expr, visit)

    match statement:
        case Assign() | Evaluate() | Return() | Raise() | SetAttribute():
            statement.value = again(statement.value)
        case If():
            statement.condition = again(statement.condition)
            for inner in (*statement.body, *statement.otherwise):
                map_names(inner, change)
        case For():
            statement.iterable = again(statement.iterable)
            for inner in statement.body:
                map_names(inner, change)
    return statement


# Dropping -----------------------------------------------------------------------------------


def drop_unused(statements: list[Statement]) -> list[Statement]:
    """Without statements whose results nobody reads; unread targets of an unpacking become `_`."""
    while True:
        read = {name for s in statements for name in names_in(s)}
        kept = [s for s in statements if not _is_dead(s, read)]
        for statement in kept:
            _blank(statement, read)
        if len(kept) == len(statements):
            return kept
        statements = kept


def _is_dead(statement: Statement, read: set[str]) -> bool:
    if isinstance(statement, Assign):
        return not any(name in read for name in target_names(statement.targets))
    if isinstance(statement, For):
        made = set(defined(statement)) | set(_appended_to(statement))
        return not made & read
    return False


def _appended_to(statement: For) -> Iterator[str]:
    for inner in statement.body:
        if isinstance(inner, Evaluate) and isinstance(inner.value, ex.Call):
            func = inner.value.func
            if (
                isinstance(func, ex.Attribute)
                and isinstance(func.value, ex.Name)
                and func.name == "append"
            ):
                yield func.value.id


def _blank(statement: Statement, read: set[str]) -> None:
    if isinstance(statement, Assign):
        statement.targets = _blanked(statement.targets, read)
    elif isinstance(statement, For):
        for inner in statement.body:
            _blank(inner, read)


def _blanked(targets: tuple[object, ...], read: set[str]) -> tuple[object, ...]:
    if len(targets) == 1 and isinstance(targets[0], str):
        return targets
    return tuple(
        _blanked(t, read) if isinstance(t, tuple) else (t if t in read else "_") for t in targets
    )


# Nesting ------------------------------------------------------------------------------------


def nest(statements: list[Statement]) -> list[Statement]:
    """With single-use values written where they are used, while that reads well and keeps the
    order."""
    statements = list(statements)
    for index in range(len(statements) - 1, 0, -1):
        if _merge(statements[index - 1], statements[index], statements):
            del statements[index - 1]
    return statements


def _merge(producer: Statement, consumer: Statement, statements: list[Statement]) -> bool:
    """Nest the value of `producer` into `consumer`, if it may be; whether it was done."""
    if not isinstance(producer, Assign) or not isinstance(consumer, Assign | Return):
        return False
    if len(producer.targets) != 1 or not isinstance(producer.targets[0], str):
        return False
    name = producer.targets[0]
    reads = sum(1 for s in statements for n in names_in(s) if n == name)
    if reads != 1 or sum(1 for s in statements for n in defined(s) if n == name) != 1:
        return False
    if name not in ex.free_names(consumer.value) or not _in_order(
        consumer.value, name, producer.value
    ):
        return False
    read = [n for n in ex.free_names(producer.value) if n not in ("self", "F", "torch")]
    position = statements.index(consumer)
    begins = any(n in names_in(s) for n in read for s in statements[position:])
    if not _reads_well(producer.value, consumer, name, begins):
        return False
    value = producer.value
    candidate = rebuild(
        consumer.value, lambda e: value if isinstance(e, ex.Name) and e.id == name else None
    )
    if not _fits(candidate, consumer, begins):
        return False
    consumer.value = candidate
    if consumer.span.line == 1:
        consumer.span = producer.span
    return True


def _fits(value: ex.Expr, consumer: Assign | Return, begins: bool) -> bool:
    if isinstance(consumer, Return) and isinstance(consumer.value, ex.Name):
        return True
    if _module_depth(value) > (2 if begins or _is_residual(value) else 1):
        return False
    lead = "return " if isinstance(consumer, Return) else "x = "
    if isinstance(consumer, Assign) and len(consumer.targets) > 1:
        lead = ", ".join(t if isinstance(t, str) else "(_, _)" for t in consumer.targets) + " = "
    text = to_source(value)
    for marker in ("@", "#", "!"):
        text = text.replace(marker, "")
    return INDENT + len(lead) + len(text) <= WIDTH and _depth(value) <= 4


def _module_depth(expr: ex.Expr) -> int:
    """How deep calls of modules nest in one another."""
    below = max((_module_depth(c) for c in ex.children(expr)), default=0)
    return below + 1 if is_module_call(expr) else below


def _is_residual(expr: ex.Expr) -> bool:
    """Whether an operator joins branches, perhaps under an activation."""
    while isinstance(expr, ex.Call) and not is_module_call(expr) and expr.args:
        expr = expr.args[0]
    return isinstance(expr, ex.Binary)


def _depth(expr: ex.Expr) -> int:
    """How deep calls nest in arguments; the links of a method chain count once."""
    if isinstance(expr, ex.Call):
        inner = [_depth(a) for a in (*expr.args, *(k.value for k in expr.keywords))]
        receiver = _depth(expr.func.value) if isinstance(expr.func, ex.Attribute) else 0
        return max(1 + max(inner, default=0), receiver)
    return max((_depth(c) for c in ex.children(expr)), default=0)


def _in_order(consumer: ex.Expr, name: str, value: ex.Expr) -> bool:
    """Whether nothing with an effect runs in `consumer` before it reads `name`."""
    if _is_pure(value):
        return not _under_condition(consumer, name)
    for e in _evaluation_order(consumer):
        if isinstance(e, ex.Name) and e.id == name:
            return not _under_condition(consumer, name)
        if isinstance(e, ex.Call) and not _is_pure_call(e):
            return False
    return False


def _evaluation_order(expr: ex.Expr) -> Iterator[ex.Expr]:
    for child in ex.children(expr):
        yield from _evaluation_order(child)
    yield expr


def _under_condition(expr: ex.Expr, name: str) -> bool:
    """Whether `name` is read in a branch or in a loop of a comprehension."""
    for e in ex.walk(expr):
        branches: tuple[ex.Expr, ...] = ()
        if isinstance(e, ex.IfElse):
            branches = (e.then, e.otherwise)
        elif isinstance(e, ex.Comprehension):
            branches = (e.element, *e.conditions)
        if any(name in ex.free_names(b) for b in branches):
            return True
    return False


_RANDOM = ("dropout", "drop_path", "rand", "bernoulli", "checkpoint")


def _is_pure_call(call: ex.Call) -> bool:
    text = to_source(call.func)
    return not text.startswith("self.") and "#" not in text and not any(r in text for r in _RANDOM)


def _is_pure(expr: ex.Expr) -> bool:
    return all(_is_pure_call(e) for e in ex.walk(expr) if isinstance(e, ex.Call))


def is_module_call(expr: ex.Expr) -> bool:
    """`self.norm(x)`."""
    return (
        isinstance(expr, ex.Call)
        and isinstance(expr.func, ex.Attribute | ex.Index)
        and to_source(expr.func).startswith("self.")
        and not isinstance(_root_call(expr.func), ex.Call)
    )


def _root_call(func: ex.Expr) -> ex.Expr:
    while isinstance(func, ex.Attribute | ex.Index):
        func = func.value
    return func


def _reads_well(value: ex.Expr, consumer: Assign | Return, name: str, begins: bool) -> bool:
    """The manners of nesting: residuals are nested, chains of modules stay one a line."""
    target = consumer.value
    if isinstance(value, ex.IfElse | ex.Comprehension | ex.ListExpr):
        return isinstance(value, ex.ListExpr) or isinstance(consumer, Return)
    if isinstance(target, ex.IfElse) or isinstance(value, ex.Literal):
        return isinstance(value, ex.Literal | ex.Name)
    if isinstance(value, ex.Name | ex.Attribute | ex.Index):
        return True
    if isinstance(target, ex.Name):  # a bare return or an alias
        return True
    holder = _holder(target, name)
    if is_module_call(value):
        if isinstance(holder, ex.Call) and is_module_call(holder):
            # Below a residual, or where a branch begins; not in a plain chain of modules.
            return holder is not target or (isinstance(consumer, Assign) and begins)
        return not (isinstance(holder, ex.Call) and len(holder.args) + len(holder.keywords) > 2)
    if isinstance(holder, ex.Call) and is_module_call(holder):
        return _links(value) <= 1 and not isinstance(value, ex.Binary)
    if isinstance(holder, ex.Attribute):  # a method on a value
        return (
            not isinstance(value, ex.Binary | ex.Compare | ex.Unary)
            and _links(value) + _links(target) <= 3
        )
    if isinstance(holder, ex.Call) and len(holder.args) + len(holder.keywords) > 2:
        return False
    if isinstance(value, ex.Binary):
        return len(to_source(target)) < 40
    return _links(value) <= 2


def _holder(expr: ex.Expr, name: str) -> ex.Expr | None:
    """The expression that has the name `name` as a direct part."""
    for e in ex.walk(expr):
        if any(isinstance(c, ex.Name) and c.id == name for c in ex.children(e)):
            return e
    return None


def _links(expr: ex.Expr) -> int:
    """The method calls in the longest chain of `expr`."""
    count = 0
    current = expr
    while True:
        if isinstance(current, ex.Call) and isinstance(current.func, ex.Attribute):
            if to_source(current.func).startswith(("self.", "F.", "torch.")) and isinstance(
                _root_call(current.func), ex.Name
            ):
                return count
            count += 1
            current = current.func.value
        elif isinstance(current, ex.Attribute | ex.Index):
            current = current.value
        else:
            return count


# Renaming -----------------------------------------------------------------------------------


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
        _rename_targets(statement, final)
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


def _rename_targets(statement: Statement, final: dict[str, str]) -> None:
    if isinstance(statement, Assign | For):
        statement.targets = _final(statement.targets, final)
    match statement:
        case If(body=body, otherwise=otherwise):
            for inner in (*body, *otherwise):
                _rename_targets(inner, final)
        case For(body=body):
            for inner in body:
                _rename_targets(inner, final)
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
        for index, statement in enumerate(statements):
            made = set(defined(statement))
            for name in set(names_in(statement)):
                self.last_use[name] = index
                self.uses[name] = self.uses.get(name, 0) + (name not in made)
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
        only = flowing[0] if len(flowing) == 1 and dying else ""
        if only and self.uses[only] == 1 and not self._is_unpacked(only):
            return only
        if len(flowing) >= 2:
            for n in dying:
                if self.chain_of[n] == main_chain:
                    return n
            holder = self._holder(main_chain)
            if holder is not None and self._is_dead(holder, index) and len(dying) >= 2:
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
        order = sorted(range(len(self.members)), key=lambda c: c != returned)
        for chain in order:
            members = self.members[chain]
            if chain == main_chain:
                continue
            mine = [m for m in members if m not in self.inputs]
            if not mine:
                continue
            given = final.get(members[0]) if members[0] in self.inputs else None
            lead = [self.main] if chain == returned else []
            title = given or names.choose(*lead, *self._candidates(mine))
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

    def _candidates(self, members: list[str]) -> list[str]:
        named = [m for m in reversed(members) if m in self.values]
        spec = [plain(m) for m in (*named, members[0], members[-1])]
        spec = [s for s in spec if s.isidentifier() and not shadows_builtin(s)]
        if len(members) > 1 and not named:
            return ["out", *spec, "hidden", "y"]
        return [*spec, *(f"{s}_" for s in spec), "out", "y"]


def plain(name: str) -> str:
    """A local's name without the emitter's marks: `layers.kv` as `kv`, `blocks#` as `block`."""
    if name.endswith("##"):
        return f"{plain(name.rstrip('#'))}_steps"
    if name.endswith("#"):
        bare = name.rstrip("#")
        return singular(bare.rpartition(".")[2])
    name = name.rstrip("!")
    head, _, tail = name.rpartition(".")
    if head and tail in ("output", "x"):
        return head
    return tail
