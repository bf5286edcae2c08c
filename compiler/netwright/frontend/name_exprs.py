"""Names inside expressions: each must be known before it is read, and fit the place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netwright.diagnostics import MAX_ERRORS, Diagnostic, Label, Report
from netwright.frontend.builtins import (
    CONSTANTS,
    DTYPE_NAMES,
    NUMBER_FUNCTIONS,
    functions,
    is_function,
)
from netwright.frontend.identifiers import closest, did_you_mean
from netwright.frontend.scope import Binding, BlockCallee, FileScope, Scope
from netwright.ir.expr import Attribute, Call, Comprehension, Expr, Keyword, Name, children
from netwright.ops import table
from netwright.ops.entry import FunctionOp
from netwright.ops.functions import refusal
from netwright.source import Span

_CONTAINERS = {
    "Sequential": "the nodes of a `graph` follow one another, inside a node too",
    "ModuleList": "`repeat` makes a chain of modules, `each` one for every item",
    "ModuleDict": "give each module a node of its own",
}
"""Classes of torch.nn that hold modules, and what a spec has instead."""
NODE_OF_ITS_OWN = "give it a node of its own"
_KINDS = {
    "node": "a value",
    "input": "an input",
    "param": "a param",
    "dim": "a dim",
    "index": "a loop's name",
}
_WORDS = {
    **dict.fromkeys(("true", "yes", "on"), "True"),
    **dict.fromkeys(("false", "no", "off"), "False"),
    **dict.fromkeys(("null", "none", "nil"), "None"),
}
_PREFIXES = frozenset({"torch", "nn", "F", "self", "np", "math", "model"})
"""What Python code writes before a dot, where a spec names nodes, functions and modules alone."""
_Bound = frozenset[str]


@dataclass(slots=True)
class Level:
    """A scope while its nodes are read.

    pending  names that its nodes define, and where
    open     some names could not be read, so that nothing is said about unknown ones
    current  the names of the node that is being read
    """

    scope: Scope
    pending: Mapping[str, Span]
    parent: Level | None = None
    open: bool = False
    current: frozenset[str] = frozenset()

    def later(self, name: str) -> Span | None:
        """Where `name` is defined further down, on this level or around it."""
        at: Level | None = self
        while at is not None:
            if name in at.pending and name not in at.scope.names:
                return at.pending[name]
            at = at.parent
        return None

    def with_scope(self, scope: Scope) -> Level:
        """The same place with more names in scope."""
        return Level(scope, self.pending, self.parent, self.open, self.current)


@dataclass(slots=True)
class Absent:
    """A name that is read and that nothing bears, with all the places where it stands."""

    fault: Diagnostic
    places: list[Span]

    def error(self) -> Diagnostic:
        first, *others = sorted(self.places, key=lambda at: (at.line, at.column))[:MAX_ERRORS]
        notes = (*self.fault.notes, *(Label(at, "and here") for at in others))
        return replace(self.fault, span=first, notes=notes)


@dataclass(slots=True)
class ExprNames:
    """Checks expressions; remembers what they use, by where it is defined."""

    file: FileScope
    report: Report
    used: set[Span] = field(default_factory=set)
    used_params: set[str] = field(default_factory=set)
    used_blocks: set[str] = field(default_factory=set)
    absent: dict[tuple[str, Span | None], Absent] = field(default_factory=dict)
    """What `missed` noted."""

    def fault(
        self, code: str, message: str, span: Span, help: str = "", notes: tuple[Label, ...] = ()
    ) -> None:
        self.report.add(Diagnostic(code, message, span, notes=notes, help=help))

    def missed(
        self,
        code: str,
        message: str,
        span: Span,
        help: Callable[[], str] = str,
        notes: tuple[Label, ...] = (),
        defined: Span | None = None,
    ) -> None:
        """Note a name that nothing bears at this place, or that is `defined` further down."""
        known = self.absent.get((message, defined))
        if known is not None:
            known.places.append(span)
            return
        fault = Diagnostic(code, message, span, notes=notes, help=help())
        self.absent[message, defined] = Absent(fault, [span])
        if len(self.absent) > MAX_ERRORS:
            self.report_missed()

    def take_over(self, part: ExprNames) -> None:
        """Add what a part, checked on its own, found."""
        self.report.extend(part.report)
        for key, absent in part.absent.items():
            self.absent.setdefault(key, Absent(absent.fault, [])).places.extend(absent.places)

    def report_missed(self) -> None:
        """One error for each name, at its first place, the others beside it."""
        for absent in self.absent.values():
            self.report.add(absent.error())

    def use(self, name: str, binding: Binding) -> None:
        self.used.add(binding.span)
        if binding.kind == "param":
            self.used_params.add(name)

    def value(self, expr: Expr, level: Level, bound: _Bound = frozenset()) -> None:
        """Check an expression that gives a value."""
        if isinstance(expr, Name):
            self.name(expr, level, bound)
        elif isinstance(expr, Call):
            self.call(expr, level, bound)
        elif isinstance(expr, Attribute) and self.is_namespace(expr.value, level, bound):
            self.module_in_expression(expr, level)
        elif isinstance(expr, Comprehension):
            self.value(expr.iterable, level, bound)
            inner = bound | set(expr.targets)
            for part in (expr.element, *expr.conditions):
                self.value(part, level, inner)
        else:
            for child in children(expr):
                self.value(child, level, bound)

    def values(self, exprs: Iterable[Expr], level: Level) -> None:
        for expr in exprs:
            self.value(expr, level)

    def is_namespace(self, expr: Expr, level: Level, bound: _Bound) -> bool:
        return (
            isinstance(expr, Name)
            and expr.id in self.file.uses
            and expr.id not in bound
            and level.scope.lookup(expr.id) is None
        )

    def name(self, expr: Name, level: Level, bound: _Bound) -> None:
        if expr.id in bound:
            return
        binding = level.scope.lookup(expr.id)
        if binding is not None:
            self.use(expr.id, binding)
        elif expr.id not in CONSTANTS and expr.id not in DTYPE_NAMES:
            self.unknown(expr, level)

    def unknown(self, expr: Name, level: Level) -> None:
        """A name that no value bears here."""
        name = expr.id
        if self.forward(expr, level) or level.open:
            return
        if self.file.callee(expr) is not None or name in self.file.uses:
            self.module_in_expression(expr, level)
        elif is_function(name):
            message = f"`{name}` is a function, not a value"
            self.missed("E0204", message, expr.span, lambda: _calling(name))
        else:
            message = f"there is no `{name}` here"
            self.missed("E0204", message, expr.span, lambda: self.close(name, level))

    def close(self, name: str, level: Level) -> str:
        if name in _WORDS:
            return f"write `{_WORDS[name]}`"
        if name in _PREFIXES:
            return "nodes, functions and modules are named alone: `fc(x)`, `relu(x)`, `Linear(...)`"
        if name == "i":
            return "`i` counts inside a loop"
        return did_you_mean(name, (*level.scope.visible(), *CONSTANTS))

    def close_callable(self, name: str, level: Level) -> str:
        if name in _CONTAINERS or _family(name):
            return _CONTAINERS.get(name) or _family(name)
        known = (*self.file.blocks, *table.MODULES, *functions(), *level.scope.visible())
        return did_you_mean(name, known)

    def close_module(self, name: str, level: Level) -> str:
        if name in _CONTAINERS or _family(name):
            return _CONTAINERS.get(name) or _family(name)
        known = (*self.file.blocks, *table.MODULES, *self.file.uses, *level.scope.visible())
        return did_you_mean(name, known)

    def forward(self, expr: Name, level: Level) -> bool:
        """Report a name that is defined further down; whether it is."""
        if expr.id in level.current:
            message = f"`{expr.id}` reads itself"
            self.missed("E0208", message, expr.span, defined=level.pending.get(expr.id))
            return True
        place = level.later(expr.id)
        if place is None:
            return False
        note = (Label(place, f"`{expr.id}` is defined here"),)
        message = f"`{expr.id}` is read before it is defined"
        self.missed("E0208", message, expr.span, lambda: "move it up", note, place)
        return True

    def module_in_expression(self, expr: Expr, level: Level) -> None:
        callee = level.scope.called(expr)
        if callee is None:
            self.unknown_module(expr, level)
            return
        if isinstance(callee, BlockCallee):
            self.used_blocks.add(callee.block.name)
        message = f"the module `{text_of(expr)}` cannot stand inside an expression"
        self.fault("E0305", message, expr.span, NODE_OF_ITS_OWN)

    def call(self, expr: Call, level: Level, bound: _Bound) -> None:
        func = expr.func
        if isinstance(func, Name):
            self.called(expr, func, level, bound)
        elif isinstance(func, Attribute):
            if self.is_namespace(func.value, level, bound):
                self.module_in_expression(func, level)
            else:
                self.value(func.value, level, bound)
                if not self.unread(func.value, level, bound):
                    self.method(expr, func)
        elif isinstance(func, Call) and self.is_module(func, level):
            self.module_in_expression(func.func, level)
            self.arguments(func, level, bound)
        else:
            self.value(func, level, bound)
        self.arguments(expr, level, bound)

    def arguments(self, expr: Call, level: Level, bound: _Bound) -> None:
        for arg in expr.args:
            self.value(arg, level, bound)
        for keyword in expr.keywords:
            self.value(keyword.value, level, bound)

    def is_module(self, call: Call, level: Level) -> bool:
        return level.scope.called(call.func) is not None

    def unread(self, expr: Expr, level: Level, bound: _Bound) -> bool:
        """Whether what stands before a dot is a name that nothing bears: then it is said already,
        and what comes after the dot may be anything."""
        if isinstance(expr, Attribute):
            return self.unread(expr.value, level, bound)
        if not isinstance(expr, Name) or expr.id in bound:
            return False
        return level.scope.lookup(expr.id) is None and expr.id not in CONSTANTS

    def method(self, call: Call, func: Attribute) -> None:
        """A method goes by its name; what it is called on is known to elaboration only."""
        name = func.name
        op = table.method_named(name)
        refused = refusal(name) if op is None else None
        if refused is not None:
            self.fault(refused.code, refused.message, _last(func), refused.help)
        elif op is None:
            message = f"there is no method `{name}`"
            self.missed("E0201", message, _last(func), lambda: _close_method(name))
        else:
            self.keywords(call, op)

    def keywords(self, call: Call, op: FunctionOp | None) -> None:
        """Arguments by names that a function does not have, whatever its inputs are."""
        if op is None or op.name in NUMBER_FUNCTIONS:
            return
        known = [arg.name for arg in op.args]
        if any(arg.variadic and arg.keyword for arg in op.args):
            return
        for keyword in call.keywords:
            if keyword.name in known:
                continue
            module = _module_meant(op.name, keyword.name)
            if module is not None:
                message = f"`{op.name}` has no argument `{keyword.name}`"
                self.fault("E0202", message, keyword.span, f"the module is called `{module}`")
                return
            self.unknown_argument(op.name, keyword, known)

    def unknown_argument(self, callee: str, keyword: Keyword, known: Sequence[str]) -> None:
        message = f"`{callee}` has no argument `{keyword.name}`"
        listed = f"they are {listing(known)}" if known else "it takes none"
        help = did_you_mean(keyword.name, known) or listed
        self.fault("E0202", message, keyword.span, help)

    def called(self, call: Call, func: Name, level: Level, bound: _Bound) -> None:
        """A name before a bracket: a node called again, a function, or a module out of place."""
        name = func.id
        binding = None if name in bound else level.scope.lookup(name)
        if binding is not None and binding.unsure:
            self.use(name, binding)
        elif binding is not None and binding.module:
            self.use(name, binding)
            if binding.kind != "node":
                self.module_in_expression(func, level)
            elif level.pending.get(name) != binding.span:
                self.called_inside(func, binding)
            elif is_function(name):
                self.hides(func, binding)
        elif self.file.callee(func) is not None and name not in bound:
            self.module_in_expression(func, level)
        elif is_function(name):
            if not level.open:
                self.keywords(call, table.FUNCTIONS.get(name))
        elif binding is not None:
            message = f"`{name}` is {_KINDS[binding.kind]} and cannot be called"
            self.fault("E0305", message, func.span)
        elif name not in bound:
            self.unknown_function(func, level)

    def called_inside(self, func: Name, binding: Binding) -> None:
        message = f"`{func.id}` stands outside this `graph`, and cannot be called in it"
        note = Label(binding.span, f"the node `{func.id}`")
        help = "its weights may be read inside, as names under `from`"
        self.fault("E0305", message, func.span, help, (note,))

    def hides(self, func: Name, binding: Binding) -> None:
        message = f"the node `{func.id}` hides the function of that name"
        note = Label(binding.span, f"the node `{func.id}`")
        help = "if the function is meant, give the node another name"
        self.fault("W0604", message, func.span, help, (note,))

    def unknown_function(self, func: Name, level: Level) -> None:
        if self.forward(func, level) or level.open:
            return
        refused = refusal(func.id)
        if refused is not None:
            self.fault(refused.code, refused.message, func.span, refused.help)
            return
        message = f"there is no function or module `{func.id}`"
        self.missed("E0201", message, func.span, lambda: self.close_callable(func.id, level))

    def unknown_module(self, expr: Expr, level: Level) -> None:
        """A name that should be a module's and is none."""
        if isinstance(expr, Attribute) and isinstance(expr.value, Name):
            self.unknown_member(expr, expr.value.id)
            return
        if not isinstance(expr, Name):
            self.fault("E0201", "this names no module", expr.span)
            return
        binding = level.scope.lookup(expr.id)
        if binding is not None and binding.unsure:
            self.use(expr.id, binding)
        elif binding is not None:
            self.use(expr.id, binding)
            help = f"a node is called again as `{expr.id}(x)`" if binding.module else ""
            message = f"`{expr.id}` is {_KINDS[binding.kind]}, not a module"
            self.fault("E0201", message, expr.span, help)
        elif is_function(expr.id) and not level.open:
            message = f"`{expr.id}` is a function, not a module"
            self.fault("E0201", message, expr.span, f"write `{expr.id}(x)`")
        elif not self.forward(expr, level) and not level.open:
            message = f"there is no module `{expr.id}`"
            self.missed("E0201", message, expr.span, lambda: self.close_module(expr.id, level))

    def unknown_member(self, expr: Attribute, namespace: str) -> None:
        module = self.file.uses.get(namespace)
        if module is None:
            message = f"there is no namespace `{namespace}`"
            uses = self.file.uses
            self.missed("E0201", message, expr.value.span, lambda: did_you_mean(namespace, uses))
            return
        known = [*module.blocks, *module.variants]
        if module.model is not None:
            known.append(module.model.name)
        message = f"`{namespace}` has no block or model `{expr.name}`"
        self.missed("E0201", message, expr.span, lambda: did_you_mean(expr.name, known))


def _family(name: str) -> str:
    """The remedy for `BatchNorm` without its number of dims."""
    found = [f"`{name}{n}d`" for n in (1, 2, 3) if f"{name}{n}d" in table.MODULES]
    return f"write {', '.join(found[:-1])} or {found[-1]}" if len(found) > 1 else ""


def _module_meant(function: str, argument: str) -> str | None:
    """The module that a function was taken for, `Conv2d` for `conv2d`: it has the argument."""
    module = table.MODULES.get(closest(function, table.MODULES) or "")
    has = module is not None and argument in {arg.name for arg in module.args}
    return module.name if module is not None and has else None


def _close_method(name: str) -> str:
    if name == "size":
        return "sizes are read as `x.shape[0]`"
    return did_you_mean(name, functions())


def _calling(name: str) -> str:
    """The remedy for a function's name without brackets."""
    op = did_you_mean(name, table.MODULES)
    return f"call it: `{name}(x)`" + (f"; or {op}" if op else "")


def _last(expr: Attribute) -> Span:
    """The name after the dot, with which the expression ends."""
    at = expr.span
    return Span(at.file, at.end_line, at.end_column - len(expr.name), at.end_line, at.end_column)


def listing(names: Iterable[str]) -> str:
    """Names as a text."""
    return ", ".join(f"`{name}`" for name in names)


def text_of(expr: Expr) -> str:
    """A module's name as written."""
    if isinstance(expr, Attribute):
        return f"{text_of(expr.value)}.{expr.name}"
    return expr.id if isinstance(expr, Name) else "..."
