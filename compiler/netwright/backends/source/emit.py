"""A model's facts to the code IR of one file: classes leaves first, the model last."""

from __future__ import annotations

from typing import Any

from netwright.backends.source import initialise
from netwright.backends.source.attributes import Location, location
from netwright.backends.source.code import (
    Argument,
    Assign,
    Class,
    Evaluate,
    File,
    Function,
    If,
    Return,
    SetAttribute,
    Statement,
    call,
    path,
    self_attr,
)
from netwright.backends.source.constraints import at_build, at_call
from netwright.backends.source.constructor import Constructor
from netwright.backends.source.containers import is_list, siblings
from netwright.backends.source.context import (
    ClassContext,
    CtorArg,
    ForwardArg,
    annotation,
    contexts,
    is_modules,
    is_plain,
    tensor_annotation,
    tensorish,
)
from netwright.backends.source.forward import DIM, Forward
from netwright.backends.source.legend import legend
from netwright.backends.source.naming import Names, camel, snake
from netwright.backends.source.places import resolve
from netwright.backends.source.readable import (
    defined,
    drop_unused,
    map_names,
    names_in,
    nest,
    plain,
    rename,
)
from netwright.ir import expr as ex
from netwright.ir.classes import ModelFacts
from netwright.ir.instance import Instance, ModuleChild
from netwright.ir.printer import literal, replace_names
from netwright.ir.program import Block, ExprNode, InlineNode, Method, ModuleNode, Node, Param
from netwright.ir.values import ModuleValue, Outputs, Tensor, Value
from netwright.ops.table import MODULES

BUILTINS = frozenset({
    "range", "len", "enumerate", "zip", "sum", "min", "max", "abs", "round", "int", "float",
    "bool", "reversed", "isinstance", "tuple", "ValueError", "str",
})  # fmt: skip
GLOBALS = BUILTINS | {
    "self",
    "torch",
    "nn",
    "F",
    "math",
    "checkpoint",
    "drop_path",
    "linear_scan",
    "make_divisible",
}


class Emitter:
    """Writes the classes of one model; holds what they share."""

    def __init__(self, model: ModelFacts) -> None:
        self.model = model
        self.contexts = contexts(model)
        self.helpers: set[str] = set()
        self.imports: set[str] = set()
        self._containers: dict[ClassContext, dict[str, list[tuple[Location, Any]]]] = {}
        self._attributes: dict[tuple[ClassContext, str], str] = {}
        self._hoisted: dict[ClassContext, dict[str, ex.Expr]] = {}
        self._ctor_names: dict[tuple[ClassContext, str], str] = {}

    # What the translators ask ---------------------------------------------------------------

    def context_of(self, instance: Instance) -> ClassContext:
        return self.contexts[self.model.class_of[instance]]

    def attribute_path(self, context: ClassContext, node: Node) -> tuple[str, ...]:
        where = location(node)
        return tuple(p.text for p in where.parts if not p.dynamic)

    def access(self, context: ClassContext, node: Node) -> ex.Expr:
        """How a method reaches a node's module, container, parameter or buffer."""
        where = location(node)
        group = self.container(context, where.head)
        if group is None or len(where.parts) == 1:
            return self_attr(where.head)
        expr = self_attr(where.head)
        for level, part in enumerate(where.parts[1:], 1):
            listed = is_list(context, siblings(group, where, level), level)
            if part.dynamic:
                break
            index = ex.Literal(int(part.text) if listed else part.text)
            expr = ex.Index(expr, (index,))
        else:
            return expr
        if not listed:
            return call(ex.Attribute(expr, "values"))
        if level == 1 and len(group) > 1:
            return ex.Index(expr, (self._slice(context, group, node),))
        return expr

    def _slice(
        self, context: ClassContext, group: list[tuple[Location, Any]], node: Node
    ) -> ex.Expr:
        """The part of a shared container that holds a loop's modules."""
        start = 0
        for where, other in group:
            count = (
                max(context.facts.found(other, "count") or [1])
                if where.loops and len(where.parts) == 2
                else 1
            )
            if other is node:
                after = other is not group[-1][1]
                stop = ex.Literal(start + count) if after else None
                return ex.Slice(ex.Literal(start) if start else None, stop, None)
            start += count
        raise LookupError(node.name)

    def container(self, context: ClassContext, head: str) -> list[tuple[Location, Any]] | None:
        """The nodes that keep their weights below one attribute, where several do or a key says
        so."""
        if context not in self._containers:
            groups: dict[str, list[tuple[Location, Any]]] = {}
            for node in context.block.nodes:
                if isinstance(node, ModuleNode | InlineNode) and context.facts.found(node, "child"):
                    where = location(node)
                    groups.setdefault(where.head, []).append((where, node))
            self._containers[context] = {
                k: g for k, g in groups.items() if self._is_container(context, g)
            }
        return self._containers[context].get(head)

    def _is_container(
        self, context: ClassContext, group: list[tuple[Location, ModuleNode | InlineNode]]
    ) -> bool:
        """Whether what stands below one attribute is more than a module or a plain loop."""
        if len(group) > 1:
            return any(len(where.parts) > 1 for where, _ in group)
        where, _ = group[0]
        if len(where.parts) == 2 and where.parts[1].dynamic:
            return not is_list(context, group, 1)
        return len(where.parts) > 1

    def is_sequential(self, context: ClassContext, node: ModuleNode | InlineNode) -> bool:
        """Whether a chain of equal modules can be an `nn.Sequential`: one tensor in, one out."""
        loop = node.control.loop
        made = context.facts.found(node, "child")
        if loop is None or loop.kind != "repeat" or loop.collect or node.control.shared or not made:
            return False
        where = location(node)
        last = len(where.parts) - 1
        counts = last > 1 and is_list(context, [(where, node)], last)
        if node.control.checkpoint is not None or (
            last > 0 and where.parts[last].dynamic and not counts
        ):
            return False
        given = node.given
        if len(given.positional) + len(given.named) > 1:
            return False
        if any(isinstance(c, Instance) and len(c.outputs) != 1 for c in made):
            return False
        child = made[0]
        if isinstance(child, ModuleChild):
            return not child.op.outputs
        inner = self.context_of(child)
        return inner.is_chain or len(inner.inputs) == 1

    def is_sequential_class(self, context: ClassContext) -> bool:
        """Whether a block is nothing but modules called 0, 1, 2, ... in a row: a class over
        `nn.Sequential`."""
        facts, block = context.facts, context.block
        if context.is_root or facts.cut or len(block.inputs) > 1:
            return False
        modules = [
            n
            for n in block.nodes
            if not (isinstance(n, ExprNode) and n.name in self.hoisted(context))
        ]
        if (
            any(not isinstance(n, ModuleNode) or not n.given.implicit for n in modules)
            or len(block.outputs) > 0
        ):
            return False
        if len(modules) == 1 and modules[0].control.loop is not None:
            where = location(modules[0])
            return (
                len(where.parts) == 1
                and where.parts[0].dynamic
                and isinstance(modules[0], ModuleNode)
                and self.is_sequential(context, modules[0])
            )
        return (
            not block.inline
            and bool(modules)
            and all(
                isinstance(n, ModuleNode)
                and n.name == str(k)
                and is_plain(n)
                and facts.found(n, "child")
                for k, n in enumerate(modules)
            )
        )

    def _sole_input(self, context: ClassContext) -> list[ForwardArg]:
        name = context.block.inputs[0].name if context.block.inputs else ""
        return [ForwardArg(name, "input", "Tensor")]

    def becomes_identity(self, context: ClassContext, node: ModuleNode | InlineNode) -> bool:
        """Whether a node that is off can be `nn.Identity()`: one tensor in, one out, decided at
        build."""
        when = node.control.when
        if (
            when is None
            or node.control.otherwise is not None
            or not Forward(self, context).is_build(when)
        ):
            return False
        made = context.facts.found(node, "child")
        given = node.given
        if not made or len(given.positional) + len(given.named) > 1 or self._shares(context, node):
            return False
        child = made[0]
        if isinstance(child, ModuleChild):
            return not child.op.outputs
        inner = self.context_of(child)
        return len(child.outputs) == 1 and (inner.is_chain or len(inner.inputs) == 1)

    def _shares(self, context: ClassContext, node: Node) -> bool:
        """Whether another node keeps its weights in the same place, under another condition."""
        place = [p.text for p in location(node).parts]
        return any(
            other is not node and [p.text for p in location(other).parts] == place
            for other in context.block.nodes
            if isinstance(other, ModuleNode | InlineNode)
        )

    def nodes_of(self, context: ClassContext) -> list[Node]:
        """The nodes of a class: all of its block's, or what a cut left of them."""
        facts = context.facts
        if not facts.cut:
            return list(context.block.nodes)
        alive = {step.node for i in facts.instances for step in i.steps}
        return [n for n in context.block.nodes if n in alive or isinstance(n, ExprNode)]

    def hoisted(self, context: ClassContext) -> dict[str, ex.Expr]:
        """Numbers of an inline block that follow from its loop's counter: the parent passes
        them."""
        if context in self._hoisted:
            return self._hoisted[context]
        found: dict[str, ex.Expr] = {}
        if context.block.inline and context.parent is not None:
            counters = self._counters(context)
            for node in context.block.nodes:
                if not isinstance(node, ExprNode) or len(node.targets) != 1:
                    continue
                kinds = set(context.facts.found(node, "kind"))
                if not kinds or not kinds <= {"number", "list"}:
                    continue
                reads = set(ex.free_names(node.value))
                own = {n.name for n in context.block.nodes} | set(context.facts.dims)
                if reads & (counters | set(found)) and not (reads & own) - set(found):
                    found[node.name] = replace_names(node.value, found)
        self._hoisted[context] = found
        return found

    def _counters(self, context: ClassContext) -> set[str]:
        """The names that the loop around an inline block binds."""
        assert context.parent is not None
        for node in context.parent.block.nodes:
            if (
                isinstance(node, InlineNode)
                and node.block is context.block
                and node.control.loop is not None
            ):
                loop = node.control.loop
                return set(loop.names)
        return set()

    def attribute_for(self, context: ClassContext, name: str) -> str:
        """The attribute that keeps a number for `forward`; a node of the same name has the name."""
        key = (context, name)
        if key not in self._attributes:
            nodes = {n.name for n in context.block.nodes if not isinstance(n, ExprNode)}
            plain_name = self.ctor_name(context, name)
            self._attributes[key] = plain_name if plain_name not in nodes else f"{plain_name}_value"
        return self._attributes[key]

    def ctor_name(self, context: ClassContext, name: str) -> str:
        """A name as a constructor's argument: a dim in a single capital becomes a word."""
        key = (context, name)
        if key in self._ctor_names:
            return self._ctor_names[key]
        chosen = name
        if name in context.facts.dims and not name.islower():
            taken = set(context.facts.sample.params) | reads(context.block)
            chosen = Names(taken).choose(*self._dim_words(context, name))
        self._ctor_names[key] = chosen
        return chosen

    def _dim_words(self, context: ClassContext, name: str) -> list[str]:
        """Words for a dim: what the parents call it, or what the first module that needs it
        does."""
        words: list[str] = []
        for facts in self.model.classes:
            for (place, kind), expr in facts.sizes.items():
                if kind == f"dim:{name}" and isinstance(place, Node) and isinstance(expr, ex.Name):
                    children = facts.found(place, "child")
                    if any(
                        isinstance(c, Instance) and self.model.class_of.get(c) is context.facts
                        for c in children
                    ):
                        words.append(expr.id)
        if len(set(words)) == 1 and words[0].islower():
            return [words[0], f"{words[0]}_size", snake(name)]
        for (_, kind), expr in context.facts.sizes.items():
            if kind.startswith("infer:") and isinstance(expr, ex.Name) and expr.id == name:
                word = kind.split(":")[1]
                return [
                    {"normalized_shape": "dim", "num_features": "channels", "embed_dim": "dim"}.get(
                        word, word
                    ),
                    "dim",
                    snake(name),
                ]
        return ["dim" if name in ("C", "D") else snake(name), snake(name), f"{snake(name)}_size"]

    def flag_name(self, context: ClassContext, forward: Forward, expr: ex.Expr, hint: str) -> str:
        """A name for a condition that is kept for `forward`."""
        for name, known_expr in forward.flags.items():
            if known_expr is expr:
                return name
        taken = {n.name for n in context.block.nodes} | set(forward.flags) | set(forward.stored)
        residual = any(
            isinstance(n, ExprNode)
            and isinstance(n.value, ex.IfElse)
            and n.value.condition is expr
            and isinstance(n.value.then, ex.Binary)
            for n in context.block.nodes
        )
        candidates = ["has_residual"] if residual else []
        candidates.append(f"use_{hint}" if hint else "enabled")
        return Names(taken).choose(*candidates)

    def einsum(self, args: Any, keywords: Any) -> tuple[Any, Any]:
        """An einsum's pattern in torch's letters."""
        from netwright.ops.einsum import letters

        if args and isinstance(args[0], ex.Literal) and isinstance(args[0].value, str):
            return (ex.Literal(letters(args[0].value)), *args[1:]), keywords
        return args, keywords

    def chain_items(self, context: ClassContext, outer: Constructor, node: Node) -> list[ex.Expr]:
        """The modules of an inline chain, written in its parent's names."""
        constructor = Constructor(self, context, None)
        items = [constructor.module(n) for n in context.block.nodes if isinstance(n, ModuleNode)]
        renames: dict[str, ex.Expr] = {}
        for name in constructor.needed:
            size = outer.facts.sizes.get((node, f"dim:{name}"))
            if name in constructor.hoisted:
                renames[name] = outer.expr(constructor.hoisted[name])
            else:
                renames[self.ctor_name(context, name)] = (
                    outer.expr(size) if size is not None else outer.name(name)
                )
        return [replace_names(item, renames) for item in items]

    # Classes --------------------------------------------------------------------------------

    def file(self) -> File:
        """The whole file."""
        classes: list[Class] = []
        for facts in self.model.classes:
            context = self.contexts[facts]
            if context.is_chain:
                continue
            classes += self._class(context)
        root = self.contexts[self.model.root]
        return File(
            self._title(),
            [],
            legend(self.model),
            sorted(self.imports),
            sorted(self.helpers),
            classes,
            root.name,
        )

    def _title(self) -> str:
        doc = " ".join(self.model.block.doc.split()).split(". ")[0].rstrip(".")
        name = self.model.variant or self.model.block.name
        return f"{name}: {doc}." if doc else f"{name}."

    def _class(self, context: ClassContext) -> list[Class]:
        forward = Forward(self, context)
        if self.is_sequential_class(context):
            context.inputs = self._sole_input(context)
            constructor = Constructor(self, context, None)
            items = constructor.sequential_items()
            context.ctor = self._ctor_args(context, constructor)
            build = Evaluate(call(ex.Attribute(call("super"), "__init__"), *items))
            arguments = [Argument(a.name, a.annotation, self._default(a)) for a in context.ctor]
            only = Function("__init__", arguments, "None", [*self._derived(context), build])
            doc = " ".join(context.block.doc.split())
            return [Class(context.name, doc, [only], base="nn.Sequential", span=context.block.span)]
        fields = self._output_class(context)
        body = self._forward_body(context, forward, fields[0].name if fields else None)
        further = [m for method in self._methods(context) for m in self._method(context, method)]
        forward.stored.update(context.stored)
        constructor = Constructor(self, context, forward)
        made = [*at_build(constructor), *constructor.build()]
        methods: list[Function] = []
        if context.is_root:
            made += self._ties()
            more, methods = self._init(constructor)
            made += more
        context.ctor = self._ctor_args(context, constructor)
        made = self._derived(context) + _used_numbers(made)
        init = Function(
            "__init__",
            [Argument(a.name, a.annotation, self._default(a)) for a in context.ctor],
            "None",
            [Evaluate(call(ex.Attribute(call("super"), "__init__"))), *made],
        )
        signature = [_argument(a) for a in context.inputs]
        returns = self._returns(context, fields)
        run = Function("forward", signature, returns, body)
        doc = context.block.doc
        entries = [m for m in further if isinstance(m, Function)]
        whole = Class(
            context.name,
            " ".join(doc.split()),
            [init, *methods, *entries, run],
            [Argument(name, "Tensor") for name in constructor.buffers],
            span=context.block.span,
        )
        return [*fields, *(m for m in further if isinstance(m, Class)), whole]

    def _methods(self, context: ClassContext) -> tuple[Method, ...]:
        return self.model.module.methods if context.is_root else ()

    def _default(self, arg: CtorArg) -> str | None:
        if arg.derived is not None:
            return "None"
        return None if arg.default is None else literal(_tuple_value(arg.default))

    # forward --------------------------------------------------------------------------------

    def _forward_body(
        self, context: ClassContext, forward: Forward, output_class: str | None
    ) -> list[Statement]:
        forward.statements += at_call(forward)
        forward.run(tuple(self.nodes_of(context)))
        statements = [*forward.statements, Return(self._result(context, forward, output_class))]
        statements = resolve(nest(drop_unused(statements)), forward.places, DIM)
        context.inputs = self._forward_args(context, forward, statements)
        return self._renamed(forward, statements, context.inputs)

    def _renamed(
        self, forward: Forward, statements: list[Statement], inputs: list[ForwardArg]
    ) -> list[Statement]:
        """The statements with their final names."""
        local = {d for s in statements for d in defined(s) if "." in d or "!" in d}
        names = {a.source: a.name for a in inputs}
        values = frozenset(n for n, node in forward.nodes.items() if isinstance(node, ExprNode))
        return rename(statements, names, forward.tensors | local, "x", values, forward.lists())[0]

    # Methods --------------------------------------------------------------------------------

    def _method(self, context: ClassContext, method: Method) -> list[Class | Function]:
        """A further entry point: the part of the graph from the values it enters with to its
        outputs."""
        forward = Forward(self, context)
        forward.run(context.block.nodes)
        entries = {name: to_name(value) for name, value in method.inputs.items()}
        entered = set(entries.values())
        kept = [s for s in forward.statements if entered.isdisjoint(defined(s))]
        made: list[Class | Function] = []
        values = [(name, forward.expr(value)) for name, value in method.outputs.items()]
        result: ex.Expr = values[0][1]
        sample = context.facts.sample
        returns = "Tensor"
        if len(values) > 1:
            returns = f"{context.name}{camel(method.name)}Output"
            made.append(
                Class(
                    returns,
                    f"What `{context.name}.{method.name}` returns.",
                    fields=[Argument(n, "Tensor") for n, _ in values],
                    base="NamedTuple",
                )
            )
            result = ex.Call(ex.Name(returns), (), tuple(ex.Keyword(n, v) for n, v in values))
        statements = nest(drop_unused([*kept, Return(result)]))
        forward.places.enter({v: sample.values.get(v) for v in entered})
        statements = resolve(statements, forward.places, DIM)
        inputs = [ForwardArg(value, name, "Tensor") for name, value in entries.items()]
        inputs += [
            a
            for a in self._forward_args(context, forward, statements)
            if self._reads(statements, a.source)
        ]
        inputs = sorted({a.source: a for a in reversed(inputs)}.values(), key=lambda a: a.optional)
        body = self._renamed(forward, statements, inputs)
        arguments = [_argument(a) for a in inputs]
        context.stored.update(forward.stored)
        made.append(Function(method.name, arguments, returns, body, doc=method.doc))
        return made

    def _reads(self, statements: list[Statement], name: str) -> bool:
        return any(name in names_in(s) for s in statements)

    def _result(self, context: ClassContext, forward: Forward, output_class: str | None) -> ex.Expr:
        facts = context.facts
        if facts.cut:
            context.returns_list = True
            names = [ex.Name(p) for p in facts.cut]
            return (
                ex.ListExpr(tuple(forward.name(n.id) for n in names))
                if len(names) > 1
                else forward.name(facts.cut[0])
            )
        if not context.block.outputs and len(facts.sample.outputs) > 1:
            name = _last(facts.sample)
            context.outputs = list(facts.sample.outputs)
            return ex.TupleExpr(tuple(ex.Name(f"{name}.{o}") for o in context.outputs))
        if not context.block.outputs:
            context.outputs = [""]
            return forward.name(_last(facts.sample))
        values = [(o.name, forward.expr(o.value)) for o in context.block.outputs]
        context.outputs = [n for n, _ in values]
        if len(values) == 1:
            return values[0][1]
        if output_class is not None:
            return ex.Call(ex.Name(output_class), (), tuple(ex.Keyword(n, v) for n, v in values))
        return ex.TupleExpr(tuple(v for _, v in values))

    def _forward_args(
        self, context: ClassContext, forward: Forward, statements: list[Statement]
    ) -> list[ForwardArg]:
        """What `forward` takes: the declared inputs, and for an inline block what it reads from
        around it."""
        local = {d for s in statements for d in defined(s)}
        read: dict[str, None] = {}
        for statement in statements:
            for name in names_in(statement):
                if name not in local and name not in GLOBALS and not self._is_class(name):
                    read.setdefault(name)
        declared = [i.name for i in context.block.inputs]
        sources = [n for n in declared if self._is_given(context, n)]
        if context.block.inline:
            sources = [n for n in (*declared, "", *read) if n in read]
            sources = list(dict.fromkeys(sources))
        taken = Names()
        args: list[ForwardArg] = []
        names = {s: taken.choose(plain(s), f"{plain(s)}_in") for s in sources if s}
        for source in sources:
            value = self._input_value(context, source)
            name = names[source] if source else taken.choose("x", "hidden", "y")
            kind = tensor_annotation(value) if tensorish(value) else "int"
            args.append(ForwardArg(source, name, kind, self._is_optional(context, source)))
        return sorted(args, key=lambda a: a.optional)

    def _is_class(self, name: str) -> bool:
        return any(name in (c.name, f"{c.name}Output") for c in self.contexts.values())

    def _is_given(self, context: ClassContext, name: str) -> bool:
        return context.is_root or any(
            i.inputs.get(name) is not None for i in context.facts.instances
        )

    def _is_optional(self, context: ClassContext, source: str) -> bool:
        name = source.partition(".")[0]
        return any(
            name in i.inputs and i.inputs[name] is None for i in context.facts.instances
        ) or any(
            name not in i.inputs and name in i.params and i.params[name] is None
            for i in context.facts.instances
        )

    def _input_value(self, context: ClassContext, source: str) -> Value:
        head, _, tail = source.partition(".")
        for instance in context.facts.instances:
            value = instance.inputs.get(head)
            if isinstance(value, Outputs):
                value = value.items.get(tail, value.first)
            if value is not None:
                return value
        return None

    def _output_class(self, context: ClassContext) -> list[Class]:
        """The NamedTuple that the model returns when it has several outputs."""
        outputs = context.block.outputs
        if not context.is_root or len(outputs) < 2:
            return []
        sample = context.facts.sample
        fields = [Argument(o.name, tensor_annotation(sample.outputs[o.name])) for o in outputs]
        return [
            Class(
                f"{context.name}Output",
                f"What `{context.name}` returns.",
                fields=fields,
                base="NamedTuple",
            )
        ]

    def _returns(self, context: ClassContext, fields: list[Class]) -> str:
        if fields:
            return fields[0].name
        sample = context.facts.sample
        if context.returns_list:
            return "list[Tensor]" if len(context.facts.cut) > 1 else "Tensor"
        kinds = [tensor_annotation(v) for v in sample.outputs.values()]
        return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"

    # __init__ -------------------------------------------------------------------------------

    def _ctor_args(self, context: ClassContext, constructor: Constructor) -> list[CtorArg]:
        """The arguments: sizes of inputs, required params, what is seen from around, params with
        defaults."""
        facts, block = context.facts, context.block
        declared = {p.name: p for p in block.params}
        if context.is_root:
            for param in reversed(block.params):  # what a derived default reads is needed too
                self._root_arg(context, param, constructor)
            return [
                a
                for p in block.params
                if (a := self._root_arg(context, p, constructor)) is not None
            ]
        first: list[CtorArg] = []
        required: list[CtorArg] = []
        around: list[CtorArg] = []
        optional: list[CtorArg] = []
        order = (
            list(facts.dims)
            + list(declared)
            + list(facts.sample.scope.table)
            + list(constructor.needed)
        )
        pending = sorted(constructor.needed, key=order.index)
        for name in dict.fromkeys(pending):
            emitted = self.ctor_name(context, name)
            if name in constructor.hoisted:
                value = facts.sample.values.get(name)
                around.append(
                    CtorArg(name, emitted, annotation(value), call_site=constructor.hoisted[name])
                )
            elif name in facts.dims:
                first.append(CtorArg(name, emitted, "int"))
            elif name in declared:
                arg = self._param_arg(context, declared[name], constructor)
                (
                    optional if arg.default is not None or arg.derived is not None else required
                ).append(arg)
            else:
                value = facts.sample.params.get(name, facts.sample.scope.table.get(name))
                around.append(CtorArg(name, emitted, annotation(value)))
        return [*first, *required, *around, *optional]

    def _param_arg(self, context: ClassContext, param: Param, constructor: Constructor) -> CtorArg:
        value = context.facts.sample.params[param.name]
        kind = annotation(value) if value is not None else _declared_type(param)
        if param.optional:
            kind = f"{kind} | None"
        if param.default is None:
            default: ex.Expr | None = ex.Literal(None) if param.optional else None
            return CtorArg(param.name, param.name, kind, default)
        if not ex.free_names(param.default):
            return CtorArg(param.name, param.name, kind, param.default)
        return CtorArg(
            param.name, param.name, f"{kind} | None", derived=constructor.expr(param.default)
        )

    def _root_arg(
        self, context: ClassContext, param: Param, constructor: Constructor
    ) -> CtorArg | None:
        if param.name not in constructor.needed:
            return None
        value = self.model.params[param.name]
        if isinstance(value, ModuleValue) or is_modules(value):
            return None
        kind = annotation(value) if value is not None else _declared_type(param)
        if param.optional:
            kind = f"{kind} | None"
        given = param.name in self.model.given
        if param.default is not None and ex.free_names(param.default) and not given:
            return CtorArg(
                param.name, param.name, f"{kind} | None", derived=constructor.expr(param.default)
            )
        return CtorArg(param.name, param.name, kind, _value_expr(value))

    def _derived(self, context: ClassContext) -> list[Statement]:
        """`if hidden is None: hidden = 4 * dim`."""
        made: list[Statement] = []
        for arg in context.ctor:
            if arg.derived is not None:
                name = ex.Name(arg.name)
                absent = ex.Compare(name, ("is",), (ex.Literal(None),))
                made.append(If(absent, [Assign((arg.name,), _as_tuple(arg.derived))]))
        return made

    # Ties and initialisation ----------------------------------------------------------------

    def _ties(self) -> list[Statement]:
        made: list[Statement] = []
        for target, source in self.model.ties:
            statement = SetAttribute(self._weight(target), self._weight(source), comment="tied")
            made.append(statement)
        return made

    def _weight(self, dotted: str) -> ex.Expr:
        return self_attr(*dotted.split("."))

    def _init(self, constructor: Constructor) -> tuple[list[Statement], list[Function]]:
        classes = set(MODULES) | {c.name for c in self.contexts.values()}
        statements, methods = initialise.rules(self.model.module.init, classes, constructor)
        for method in methods:
            for statement in method.body:
                _qualify(statement, {c.name for c in self.contexts.values()})
        return statements, methods


def _argument(arg: ForwardArg) -> Argument:
    if arg.optional:
        return Argument(arg.name, f"{arg.annotation} | None", "None")
    return Argument(arg.name, arg.annotation)


def to_name(value: ex.Expr) -> str:
    """The local that a method's entry names: a node, or one of its results."""
    if isinstance(value, ex.Attribute):
        return f"{to_name(value.value)}.{value.name}"
    assert isinstance(value, ex.Name)
    return value.id


def reads(block: Block) -> set[str]:
    """Every name that the expressions of a block read."""
    found: set[str] = set()
    for node in block.nodes:
        exprs: list[ex.Expr | None] = [
            node.control.when,
            node.control.otherwise,
            getattr(node, "value", None),
        ]
        if isinstance(node, ModuleNode):
            exprs += [*node.args.values(), *node.given.positional, *node.given.named.values()]
        for expr in exprs:
            if isinstance(expr, ex.Expr):
                found.update(ex.free_names(expr))
    return found


def _qualify(statement: Statement, local: set[str]) -> None:
    """`isinstance(module, Linear)` as `isinstance(module, nn.Linear)`; the file's own classes
    stay."""

    def change(name: ex.Name) -> ex.Expr | None:
        parts = name.id.split(" | ")
        if not all(p in MODULES or p in local for p in parts):
            return None
        classes = [ex.Name(p) if p in local else path(f"nn.{p}") for p in parts]
        union: ex.Expr = classes[0]
        for other in classes[1:]:
            union = ex.Binary("|", union, other)
        return union

    map_names(statement, change)


def _used_numbers(statements: list[Statement]) -> list[Statement]:
    """Without numbers that nothing reads."""
    return drop_unused(statements)


def _last(instance: Instance) -> str:
    """The node that a block without `outputs` gives."""
    wanted = next(iter(instance.outputs.values()))
    for node in reversed(instance.block.nodes):
        value = instance.values.get(node.name)
        if value is wanted or (isinstance(value, Outputs) and value.first is wanted):
            return node.name
    for name, value in instance.values.items():
        if value is wanted and isinstance(value, Tensor | tuple):
            return name
    raise LookupError(instance.block.name)


def _value_expr(value: Value) -> ex.Expr:
    if isinstance(value, tuple):
        return ex.TupleExpr(tuple(_value_expr(v) for v in value))
    return ex.Literal(value)


def _tuple_value(default: ex.Expr) -> Any:
    """A default as a Python value: lists become tuples, so that a default is never shared."""
    if isinstance(default, ex.Literal):
        return default.value
    if isinstance(default, ex.ListExpr | ex.TupleExpr):
        return tuple(_tuple_value(i) for i in default.items)
    if isinstance(default, ex.Unary):
        return -_tuple_value(default.operand)
    from netwright.ir.printer import to_source

    return to_source(default)


def _as_tuple(value: ex.Expr) -> ex.Expr:
    """A list as a tuple, since that is what a list param is declared as."""
    if isinstance(value, ex.Comprehension):
        return call(
            "tuple",
            ex.Comprehension(value.element, value.targets, value.iterable, value.conditions, True),
        )
    return ex.TupleExpr(value.items) if isinstance(value, ex.ListExpr) else value


def _declared_type(param: Param) -> str:
    if param.type.startswith("list["):
        return f"tuple[{param.type[5:-1]}, ...]"
    return param.type
