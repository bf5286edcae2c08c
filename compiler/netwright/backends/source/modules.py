"""The modules that a constructor builds: `nn.Linear(...)`, `Block(...)`, lists and chains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from netwright.backends.source.attributes import Part, refuse
from netwright.backends.source.build_time import BuildTime, is_call
from netwright.backends.source.chains import is_sequential
from netwright.backends.source.code import as_tuple, call, path
from netwright.backends.source.context import ClassContext, CtorArg
from netwright.backends.source.words import ctor_name
from netwright.ir import expr as ex
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.printer import rebuild, replace_names
from netwright.ir.program import InlineNode, Loop, ModuleNode, Node
from netwright.ir.values import ModuleValue, Value
from netwright.ops.entry import Arg, ModuleOp

IDENTITY = ex.Call(path("nn.Identity"))


class Modules(BuildTime):
    """Writes the expression that builds a node's module or modules."""

    def module(self, node: ModuleNode | InlineNode) -> ex.Expr:
        """The expression that builds a node's module or modules."""
        if node.control.loop is None or node.control.shared or node.control.loop.kind == "scan":
            return self._one(node)
        if isinstance(node, InlineNode) and node.flat:
            return call("nn.Sequential", *self.numbered(node))
        listed = self.listed(node)
        if is_sequential(self.context, node):
            return call(
                "nn.Sequential",
                *(listed.items if isinstance(listed, ex.ListExpr) else [ex.Star(listed)]),
            )
        return call("nn.ModuleList", listed)

    def listed(self, node: ModuleNode | InlineNode, below: tuple[Part, ...] = ()) -> ex.Expr:
        """`[Block(...) for i in range(n)]`; `below` are levels between the list and the module."""
        if self.over_modules(node):
            return self._each_module(node)
        if self._of_several_classes(node):
            return self._each_class(node, below)
        return self._comprehended(node, lambda value: self.nested(value, below))

    def numbered(self, node: ModuleNode | InlineNode) -> list[ex.Expr]:
        """What a node of a `flat` graph adds to the `nn.Sequential` around it."""
        if not self.facts.found(node, "child"):
            return []
        if self.over_modules(node) or self._of_several_classes(node):
            whole = self.listed(node)
            assert isinstance(whole, ex.ListExpr)
            items = list(whole.items)
            return [ex.Star(i) for i in items] if isinstance(node, InlineNode) else items
        loop = node.control.loop
        self.bound.append(set() if loop is None else set(loop.names))
        try:
            items, condition = self._numbered_once(node), self._condition(node)
        finally:
            self.bound.pop()
        if loop is not None:
            return [self._numbered_each(node, loop, items, condition)]
        if condition is None:
            return items
        return [ex.Star(ex.IfElse(condition, ex.ListExpr(tuple(items)), ex.ListExpr(())))]

    def _numbered_once(self, node: ModuleNode | InlineNode) -> list[ex.Expr]:
        """The modules of one iteration."""
        child = self.facts.found(node, "child")[0]
        if isinstance(node, ModuleNode):
            return [self._one(node)]
        context = self.context.of(child)
        if context.is_chain:
            return _chain_items(context, self, node)
        return [ex.Star(self._class_call(node, context, child))]

    def _condition(self, node: Node) -> ex.Expr | None:
        """The condition of a node in a `flat` graph, where it decides how the modules count."""
        when = node.control.when
        if when is None:
            return None
        if not self.is_build(when):
            message = f"`{node.name}` stands in a `flat` graph, but is switched when it is called"
            refuse(node, message, "let the condition read nothing but params and sizes")
        return self.expr(when) if len(set(self.facts.found(node, "when"))) > 1 else None

    def _numbered_each(
        self,
        node: ModuleNode | InlineNode,
        loop: Loop,
        items: list[ex.Expr],
        condition: ex.Expr | None,
    ) -> ex.Expr:
        """`*[layer for i in range(n) for layer in (conv, norm)]`."""
        flat = isinstance(node, InlineNode)
        first = items[0]
        whole = first.value if isinstance(first, ex.Star) else ex.TupleExpr(tuple(items))
        conditions = () if condition is None else (condition,)
        read = [n for part in (whole, *conditions) for n in ex.free_names(part)]
        targets, iterable = self._loop_over(node, [n for n in read if n in loop.names])
        element = whole if flat else first
        made = ex.Comprehension(element, targets, iterable, conditions, span=node.span)
        if not flat:
            return ex.Star(made)
        name = "layer" if "layer" not in (*read, *targets) else "module"
        return ex.Star(ex.Flattened(name, made, span=node.span))

    def named(self, node: ModuleNode | InlineNode, levels: tuple[Part, ...]) -> ex.Expr:
        """`{str(2 * i): Block(...) for i in range(n)}`: modules under computed names."""

        def pair(value: ex.Expr) -> ex.Entry:
            return ex.Entry(self.level(levels[0]), self.nested(value, levels[1:]))

        if node.control.loop is None or node.control.shared:
            return ex.DictExpr((pair(self._one(node)),))
        return self._comprehended(node, pair)

    def level(self, part: Part) -> ex.Expr:
        """The name of a level as a string."""
        return ex.Literal(part.text) if part.expr is None else part.named(self.expr(part.expr))

    def nested(self, value: ex.Expr, levels: tuple[Part, ...]) -> ex.Expr:
        """`value` in a dict for each of `levels`: `nn.ModuleDict({"proj": ...})`."""
        for part in reversed(levels):
            value = call("nn.ModuleDict", ex.DictExpr((ex.Entry(self.level(part), value),)))
        return value

    def _comprehended(
        self, node: ModuleNode | InlineNode, form: Callable[[ex.Expr], ex.Expr]
    ) -> ex.Expr:
        """A list comprehension over a node's loop, each module written in a `form`."""
        loop = node.control.loop
        assert loop is not None
        if self._of_several_classes(node):
            _refuse_several(node)
        self.bound.append(set(loop.names))
        try:
            value = self._one(node)
            when = node.control.when
            differs = set(self.facts.found(node, "when")) == {True, False}
            if when is not None and differs and self.is_build(when):
                value = ex.IfElse(self.expr(when), value, IDENTITY)
            value = form(value)
        finally:
            self.bound.pop()
        used = [n for n in ex.free_names(value) if n in loop.names]
        names, iterable = self._loop_over(node, used)
        return ex.Comprehension(value, names, iterable, span=node.span)

    def over_modules(self, node: ModuleNode | InlineNode) -> bool:
        """Whether a loop runs over a list of modules, which are then written out."""
        loop, callee = node.control.loop, getattr(node, "callee", None)
        return loop is not None and isinstance(callee, ex.Name) and callee.id in loop.targets

    def _each_module(self, node: ModuleNode | InlineNode) -> ex.Expr:
        """`[nn.ReLU(), nn.SiLU()]`."""
        count = len(self.facts.sample.facts[node, "child"])
        made = [replace_names(self._one(node, k), {"i": ex.Literal(k)}) for k in range(count)]
        return ex.ListExpr(tuple(made))

    def _of_several_classes(self, node: ModuleNode | InlineNode) -> bool:
        """Whether no one call can be written for all iterations of a loop."""
        if isinstance(getattr(node, "callee", None), ex.Index):  # `kinds[i]`, a list of modules
            runs = [_kinds(i, node) for i in self.facts.instances]
            if any(kind != run[0] for run in runs for kind in run):
                return True
        return len(set(self._classes(self.facts.found(node, "child")))) > 1

    def _classes(self, made: Sequence[object]) -> tuple[str, ...]:
        """The classes of what a loop makes, without those that `take` leaves out."""
        return tuple(self.context.of(c).name for c in self._kept(made) if isinstance(c, Instance))

    def _kept(self, made: Sequence[object]) -> list[object]:
        known = self.context.model.class_of
        return [c for c in made if not isinstance(c, Instance) or c in known]

    def _each_class(self, node: ModuleNode | InlineNode, below: tuple[Part, ...]) -> ex.Expr:
        """`[First(0), Other(1), Other(2)]`: the iterations of several classes, written out."""
        runs = [i.facts.get((node, "child"), []) for i in self.facts.instances]
        rows = {self._classes(run) for run in runs if run}
        loop = node.control.loop
        assert loop is not None
        counts = {len(self._kept(run)) for run in runs if run}
        if len(rows) > 1 or len(counts) > 1 or not self.is_build(loop.iterable):
            _refuse_several(node)
        self.bound.append(set(loop.names))
        try:
            made = [self.nested(self._one(node, k), below) for k in range(counts.pop())]
        finally:
            self.bound.pop()
        placed = [replace_names(m, self._step(node, k)) for k, m in enumerate(made)]
        return ex.ListExpr(tuple(rebuild(m, _picked) for m in placed))

    def _step(self, node: ModuleNode | InlineNode, k: int) -> dict[str, ex.Expr]:
        """What the names of a loop are in iteration `k`."""
        loop = node.control.loop
        assert loop is not None
        names: dict[str, ex.Expr] = {"i": ex.Literal(k)}
        steps: list[Any] = self.facts.sample.facts.get((node, "iteration"), [])
        parts = [loop.iterable]
        if is_call(loop.iterable, "zip") and isinstance(loop.iterable, ex.Call):
            parts = list(loop.iterable.args)
        for number, target in enumerate(loop.targets):
            part = parts[min(number, len(parts) - 1)]
            counted = k < len(steps) and steps[k].get(target) == k
            item = ex.Index(self.expr(part), (ex.Literal(k),))
            names[target] = ex.Literal(k) if counted else item
        return names

    def _loop_over(
        self, node: ModuleNode | InlineNode, used: list[str]
    ) -> tuple[tuple[str, ...], ex.Expr]:
        loop = node.control.loop
        assert loop is not None
        source, targets = loop.iterable, list(loop.targets) or ["i"]
        if loop.kind == "repeat" and len(targets) == 1:
            name = targets[0] if targets[0] in used else "_"
            counts = True not in self.facts.found(node, "listed")
            if not counts and not self.is_build(source):
                return self._over_tensors(node, source, targets, used)
            iterable = self.expr(source)
            if counts:
                iterable = call("range", self._left(node) or iterable)
            if "i" in used and targets[0] != "i":
                return ("i", name), call("enumerate", iterable)
            return (name,), iterable
        if self.is_build(source):
            if is_call(source, "enumerate") and targets[0] not in used:
                assert isinstance(source, ex.Call)
                return tuple(t if t in used else "_" for t in targets[1:]), self.expr(
                    source.args[0]
                )
            if "i" in used and "i" not in targets:
                return ("i", *_packed(targets)), call("enumerate", self.expr(source))
            return tuple(t if t in used else "_" for t in targets), self.expr(source)
        return self._over_tensors(node, source, targets, used)

    def _left(self, node: ModuleNode | InlineNode) -> ex.Expr | None:
        """How many iterations `take` leaves of a loop, where it drops some."""
        counts = self.facts.found(node, "count")
        left = sum(path[0] == node.name for path in self.facts.sample.children)
        if not self.facts.cut or node.control.key is not None or left in (0, *counts):
            return None
        return ex.Literal(left)

    def _over_tensors(
        self, node: ModuleNode | InlineNode, source: ex.Expr, targets: list[str], used: list[str]
    ) -> tuple[tuple[str, ...], ex.Expr]:
        """A loop over tensors, which do not exist yet: over the lists beside them, or a count."""
        counter = "i"
        if is_call(source, "enumerate") and isinstance(source, ex.Call):
            counter, *targets = targets
            source = source.args[0]
        parts = (
            list(source.args)
            if is_call(source, "zip") and isinstance(source, ex.Call)
            else [source]
        )
        beside = [
            (t, p) for t, p in zip(targets, parts, strict=False) if t in used and self.is_build(p)
        ]
        if beside:
            names = [t for t, _ in beside]
            lists = [self.expr(p) for _, p in beside]
            whole = lists[0] if len(lists) == 1 else call("zip", *lists)
            if counter in used:
                return (counter, *_packed(names)), call("enumerate", whole)
            return tuple(names), whole
        counts = {count for count in self.facts.found(node, "count") if count}
        if len(counts) > 1:
            _refuse_several(node)
        name = counter if counter in used else "_"
        return (name,), call("range", ex.Literal(max(counts, default=0)))

    def _one(self, node: ModuleNode | InlineNode, index: int = 0) -> ex.Expr:
        """One module: `nn.Linear(...)`, `Block(...)` or a short `nn.Sequential(...)`."""
        child = self.facts.found(node, "child")[index]
        if isinstance(child, ModuleChild):
            assert isinstance(node, ModuleNode)
            branches = self.facts.branches(node)
            if branches is not None:
                return self._chosen(node, branches)
            return self._op_module(node, child.op, index)
        context = self.context.of(child)
        if context.is_chain:
            return call("nn.Sequential", *_chain_items(context, self, node))
        return self._class_call(node, context, child, index)

    def _chosen(self, node: ModuleNode, branches: tuple[int, int]) -> ex.Expr:
        """`nn.ReLU() if plain else nn.GELU()`."""
        assert isinstance(node.callee, ex.IfElse)
        made = self.facts.found(node, "child")
        then, otherwise = (self._op_module(node, made[k].op, k) for k in branches)
        return ex.IfElse(self.expr(node.callee.condition), then, otherwise, span=node.span)

    def _op_module(self, node: ModuleNode, op: ModuleOp, index: int = 0) -> ex.Expr:
        partial = self._partial(node, index)
        given: dict[str, ex.Expr] = {}
        for arg in op.args:
            if arg.name in node.args:
                value = self.expr(node.args[arg.name])
                given[arg.name] = as_tuple(value) if op.path.startswith("nn.") else value
            elif arg.name in partial:
                given[arg.name] = self._held(node, arg.name, partial[arg.name])
            elif arg.name in op.infer:
                given[arg.name] = self._inferred(node, arg.name)
        return ex.Call(path(self._path_of(op)), *_arranged(op.args, given), span=node.span)

    def _path_of(self, op: ModuleOp) -> str:
        if not op.path.startswith("nn."):
            package, _, name = op.path.rpartition(".")
            self.extras.imports.add(f"from {package} import {name}")
            return name
        return op.path

    def _inferred(self, node: Node, name: str) -> ex.Expr:
        sizes = self.facts.sizes
        if (node, f"infer:{name}") in sizes:
            return self.expr(sizes[node, f"infer:{name}"])
        items: list[ex.Expr] = []
        while (node, f"infer:{name}:{len(items)}") in sizes:
            items.append(self.expr(sizes[node, f"infer:{name}:{len(items)}"]))
        return ex.ListExpr(tuple(items))

    def _partial(self, node: Node, index: int = 0) -> Mapping[str, Value]:
        found = self.facts.found(node, "partial")
        return found[index] if found else {}

    def _held(self, node: Node, name: str, value: Value) -> ex.Expr:
        """An argument of the module that a param holds: a size as the param's default has it."""
        chosen = self.facts.sizes.get((node, f"partial:{name}"))
        return _literal(value) if chosen is None else self.expr(chosen)

    def _class_call(
        self, node: ModuleNode | InlineNode, context: ClassContext, child: Instance, index: int = 0
    ) -> ex.Expr:
        args: list[ex.Expr] = []
        keywords: list[ex.Keyword] = []
        for arg in context.ctor:
            value = self.class_argument(node, arg, child, index)
            if value is None:
                continue
            if arg.default is None and arg.derived is None and not keywords:
                args.append(value)
            else:
                keywords.append(ex.Keyword(arg.name, value))
        return ex.Call(ex.Name(context.name), tuple(args), tuple(keywords), span=node.span)

    def class_argument(
        self, node: ModuleNode | InlineNode, arg: CtorArg, child: Instance, index: int = 0
    ) -> ex.Expr | None:
        source = arg.source
        if arg.call_site is not None:
            return self.expr(arg.call_site)
        if isinstance(node, ModuleNode) and source in node.args:
            value = self.expr(node.args[source])
            return as_tuple(value) if "tuple[" in arg.annotation else value
        partial = self._partial(node, index)
        if source in partial:
            return self._held(node, source, partial[source])
        size = self.facts.sizes.get((node, f"dim:{source}"))
        if size is not None:
            return self.expr(size)
        if any(p.name == source for p in child.block.params):
            return (
                None
                if arg.default is not None or arg.derived is not None
                else _literal(child.params[source])
            )
        same_file = child.scope.params == self.facts.sample.scope.params and (
            child.scope.module is self.facts.sample.scope.module
        )
        if child.block.inline or same_file:
            return self.name(source)
        return _literal(child.scope.table[source])


def _chain_items(context: ClassContext, outer: Modules, node: Node) -> list[ex.Expr]:
    """The modules of an inline chain, written in its parent's names."""
    inner = Modules(outer.extras, context)
    nodes = [n for n in context.block.nodes if isinstance(n, ModuleNode)]
    if context.flat:
        items = [item for n in nodes for item in inner.numbered(n)]
    else:
        items = [inner.module(n) for n in nodes]
    renames: dict[str, ex.Expr] = {}
    for name in inner.needed:
        size = outer.facts.sizes.get((node, f"dim:{name}"))
        if name in inner.hoisted:
            renames[name] = outer.expr(inner.hoisted[name])
        else:
            renames[ctor_name(context, name)] = (
                outer.expr(size) if size is not None else outer.name(name)
            )
    return [replace_names(item, renames) for item in items]


def _picked(expr: ex.Expr) -> ex.Expr | None:
    """What an iteration's number decides: `a` for `[a, b][0]` and `a if 0 == 0 else b`, `a[0]` for
    `a[1 - 1]`."""
    match expr:
        case ex.Index(value=ex.ListExpr(items=items), items=(ex.Literal(value=int(k)),)):
            return items[k]
        case ex.Index(value, items=(ex.Binary("-", ex.Literal(int(a)), ex.Literal(int(b))),)):
            return ex.Index(value, (ex.Literal(a - b),), span=expr.span)
        case ex.IfElse(ex.Compare(ex.Literal(a), ("==",), (ex.Literal(b),)), then, otherwise):
            return rebuild(then if a == b else otherwise, _picked)
    return None


def _kinds(instance: Instance, node: Node) -> list[tuple[object, object]]:
    """What each iteration of a loop takes from a list of modules: the op and its arguments."""
    made = instance.facts.get((node, "child"), [])
    partial = instance.facts.get((node, "partial"), [])
    return [(getattr(child, "op", None), given) for child, given in zip(made, partial, strict=True)]


def _refuse_several(node: Node) -> NoReturn:
    refuse(
        node,
        f"the iterations of `{node.name}` need several classes",
        "write those that differ as nodes of their own",
    )


def _packed(targets: list[str]) -> tuple[str, ...]:
    return (targets[0],) if len(targets) == 1 else (f"({', '.join(targets)})",)


def _arranged(
    args: tuple[Arg, ...], given: Mapping[str, ex.Expr]
) -> tuple[tuple[ex.Expr, ...], tuple[ex.Keyword, ...]]:
    """What a person writes by position, the rest by name: `nn.Conv2d(3, 64, kernel_size=7)`."""
    positional: list[ex.Expr] = []
    keywords: list[ex.Keyword] = []
    for arg in args:
        if arg.name not in given:
            continue
        by_position = (arg.required or arg.name == "p") and arg.name != "kernel_size"
        if by_position and not keywords and len(positional) == _before(args, arg):
            positional.append(given[arg.name])
        else:
            keywords.append(ex.Keyword(arg.name, given[arg.name]))
    return tuple(positional), tuple(keywords)


def _before(args: tuple[Arg, ...], arg: Arg) -> int:
    return [a.name for a in args].index(arg.name)


def _literal(value: Value) -> ex.Expr:
    if isinstance(value, tuple):
        return ex.TupleExpr(tuple(_literal(v) for v in value))
    assert not isinstance(value, ModuleValue)
    return ex.Literal(value)
