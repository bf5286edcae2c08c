"""A value with one reader is written where it is read, while the line stays short.

`forward` gives every node a local of its own. What becomes of that is a matter of manners:
residuals are nested, chains of modules stay one a line, and nothing with an effect changes its
turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netwright.backends.source.code import Assign, Return, Statement
from netwright.backends.source.in_place import writes
from netwright.backends.source.naming import plain
from netwright.backends.source.walk import defined, names_in
from netwright.ir import expr as ex
from netwright.ir.printer import rebuild, to_source

WIDTH = 88
INDENT = 8


def nest(statements: list[Statement], in_place: frozenset[str]) -> list[Statement]:
    """With single-use values written where they are used, while that reads well and keeps the
    order.

    in_place  how the modules are reached that write over what they are given
    """
    kept: list[Statement] = statements[-1:]
    uses = _Uses(statements)
    for producer in reversed(statements[:-1]):
        consumer = kept[-1]
        if not _merge(producer, consumer, uses, in_place):
            kept.append(producer)
        uses.later.update(names_in(producer))
    return kept[::-1]


class _Uses:
    """How often each name is read and bound, and what the consumer at hand or a later one reads.

    A value that moves into its reader takes its names along, so that nothing of this changes but
    for the name that it had, which nobody asks for again.
    """

    def __init__(self, statements: list[Statement]) -> None:
        self.reads = Counter(name for s in statements for name in names_in(s))
        self.bindings = Counter(name for s in statements for name in defined(s))
        self.later = {name for s in statements[-1:] for name in names_in(s)}


def _merge(producer: Statement, consumer: Statement, uses: _Uses, in_place: frozenset[str]) -> bool:
    """Nest the value of `producer` into `consumer`, if it may be; whether it was done."""
    if not isinstance(producer, Assign) or not isinstance(consumer, Assign | Return):
        return False
    if len(producer.targets) != 1 or not isinstance(producer.targets[0], str):
        return False
    name = producer.targets[0]
    if uses.reads[name] != 1 or uses.bindings[name] != 1:
        return False
    if name not in ex.free_names(consumer.value) or not _in_order(
        consumer.value, name, producer.value
    ):
        return False
    written = writes(producer.value, in_place) or writes(consumer.value, in_place)
    if written and not _is_first(consumer.value, name):
        return False
    read = [n for n in ex.free_names(producer.value) if n not in ("self", "F", "torch")]
    begins = any(n in uses.later for n in read)
    if not _reads_well(producer.value, consumer, name, begins):
        return False
    value = producer.value
    candidate = rebuild(
        consumer.value, lambda e: value if isinstance(e, ex.Name) and e.id == name else None
    )
    candidate = rebuild(candidate, _item)
    if not _fits(candidate, consumer, begins):
        return False
    consumer.value = candidate
    if consumer.span.line == 1:
        consumer.span = producer.span
    return True


def _item(expr: ex.Expr) -> ex.Expr | None:
    """`last` for `[None, last][-1]`: what a list written here has at a place, if all are names."""
    if not isinstance(expr, ex.Index) or not isinstance(expr.value, ex.ListExpr):
        return None
    items = expr.value.items
    at = to_source(expr.items[0]) if len(expr.items) == 1 else ""
    number = int(at) if at.removeprefix("-").isdecimal() else None
    simple = all(isinstance(item, ex.Name | ex.Literal) for item in items)
    if number is None or not simple or not -len(items) <= number < len(items):
        return None
    return items[number]


def _fits(value: ex.Expr, consumer: Assign | Return, begins: bool) -> bool:
    if isinstance(consumer, Return) and isinstance(consumer.value, ex.Name):
        return True
    if _module_depth(value) > (2 if begins or _is_residual(value) else 1):
        return False
    lead = "return " if isinstance(consumer, Return) else "x = "
    if isinstance(consumer, Assign) and len(consumer.targets) > 1:
        named = (plain(t) if isinstance(t, str) else "(_, _)" for t in consumer.targets)
        lead = ", ".join(named) + " = "
    text = to_source(rebuild(value, _as_written))
    return INDENT + len(lead) + len(text) <= WIDTH and _depth(value) <= 4


def _as_written(expr: ex.Expr) -> ex.Expr | None:
    """A name without the emitter's marks, about as long as it will be."""
    return ex.Name(plain(expr.id).replace("@", "")) if isinstance(expr, ex.Name) else None


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


def _is_first(consumer: ex.Expr, name: str) -> bool:
    """Whether `consumer` computes nothing before it reads `name`."""
    for e in _evaluation_order(consumer):
        if isinstance(e, ex.Name) and e.id == name:
            return True
        if not isinstance(e, ex.Name | ex.Literal | ex.Attribute):
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
