"""Elaboration: the generic program with chosen params becomes a typed instance tree.

Every size is then a number or a symbol of the run time, every condition decided. Equal instances
of a block (same params, same input types) are elaborated once and shared.

Optional inputs of a model and `training` are decided at call, so a model is elaborated once for
each *case*: which optional inputs are given, and in which mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from netwright.diagnostics import Diagnostic, Label, Report
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, SizeTooLarge, ground, known, symbol
from netwright.ir.instance import (
    CallBlock,
    CallModule,
    Instance,
    ModuleChild,
    Path,
    WeightDecl,
)
from netwright.ir.printer import to_source
from netwright.ir.program import (
    Block,
    BufferNode,
    ExprNode,
    InlineNode,
    ModuleNode,
    Node,
    ParameterNode,
)
from netwright.ir.types import TensorType
from netwright.ir.values import (
    POISON,
    ModuleValue,
    Outputs,
    Scope,
    Tensor,
    TensorList,
    Value,
    describe,
    is_poison,
    rescoped,
    tensors,
    to_type,
)
from netwright.ops.binding import check_kind
from netwright.ops.broadcast import show_shape
from netwright.ops.entry import ModuleOp, OpError
from netwright.passes import loops, weights
from netwright.passes.evaluate import (
    Evaluator,
    Fault,
    Frame,
    Handle,
    Silent,
    fault,
    first,
    op_fault,
)
from netwright.passes.interface import Binder, type_text
from netwright.passes.numbers import NumberError, SizeUnknown
from netwright.passes.params import bind_params
from netwright.passes.work import spend, visit
from netwright.source import NOWHERE, Span

MAX_CHILDREN = 250_000
"""Budget on modules and blocks after expansion, those of equal blocks counted each time."""

MAX_DEPTH = 64
"""Budget on blocks within blocks."""


@dataclass(frozen=True)
class Call:
    """One use of a module: where, under which path, with which inputs instead of the written
    ones."""

    path: Path
    span: Span
    carried: Mapping[str, Value] | None = None


class Elaborator:
    """Elaborates blocks into instances, each distinct one once. Faults go to `report`."""

    def __init__(self, report: Report, training: bool = False, symbolic: bool = False) -> None:
        self.report = report
        self.training = training
        self.symbolic = symbolic
        self._memo: dict[Any, Instance] = {}
        self._depth = 0
        self._sizes: dict[Instance, int] = {}

    # Instances --------------------------------------------------------------------------

    def instantiate(
        self,
        block: Block,
        args: Mapping[str, tuple[Value, Span]],
        inputs: Mapping[str, Value],
        scope: Scope,
        call: Span,
        defs: Mapping[str, ex.Expr] | None = None,
    ) -> Instance:
        """The instance of `block` for these params and inputs (absent optional inputs left out)."""
        params = bind_params(block, args, scope, call)
        names = {**dict(scope.table), **params}
        given = self._given_inputs(block, inputs, call)

        def evaluate(dim: ex.Expr, dims: Mapping[str, Size]) -> Value:
            frame = Frame(Instance(block, scope, {}, {}), {**names, **dims}, symbolic=self.symbolic)
            frame.defs = dict(defs or {})
            frame.root = False
            return Evaluator(frame).value(dim)

        binder = Binder(block, names, evaluate)
        dims = binder.bind(given, call)
        return self._instance(block, scope, params, given, dims, call, defs)

    def _given_inputs(
        self, block: Block, inputs: Mapping[str, Value], call: Span
    ) -> dict[str, Value]:
        given: dict[str, Value] = {}
        for declared in block.inputs:
            value = inputs.get(declared.name)
            if value is None and not declared.optional:
                raise Fault(
                    Diagnostic(
                        "E0213",
                        f"`{block.name}` needs the input `{declared.name}`",
                        call,
                        "",
                        (Label(declared.span, f"`{declared.name}` is declared here"),),
                        f"give it under `from`: `{declared.name}: ...`, "
                        "or declare it `optional: true`",
                    )
                )
            given[declared.name] = first(value)
        return given

    def inline(
        self, node: InlineNode, frame: Frame, call: Call, given: Mapping[str, Value]
    ) -> Instance:
        """The instance of an inline block: what it captured stands beside its inputs."""
        params: dict[str, Value] = {}
        inputs: dict[str, Value] = dict(given)
        for name in node.captures:
            if name in inputs or name not in frame.names:
                continue
            value = frame.names[name]
            holder = inputs if _has_tensors(value) else params
            holder[name] = value
        defs = self._inline_defs(frame, params)
        return self._instance(node.block, frame.instance.scope, params, inputs, {}, call.span, defs)

    def _inline_defs(self, frame: Frame, params: Mapping[str, Value]) -> Mapping[str, ex.Expr]:
        if not self.symbolic:
            return {}
        return {
            name: frame.defs.get(name, ex.Name(name))
            for name in params
            if frame.root or name in frame.defs
        }

    def _instance(
        self,
        block: Block,
        scope: Scope,
        params: dict[str, Value],
        inputs: Mapping[str, Value],
        dims: dict[str, Size],
        call: Span,
        defs: Mapping[str, ex.Expr] | None,
    ) -> Instance:
        key = (
            block,
            scope,
            tuple(params.items()),
            tuple((k, to_type(v)) for k, v in inputs.items()),
            self.training,
        )
        key = _hashable(key)
        found = self._memo.get(key)
        if found is not None:
            if found not in self._sizes:
                fault("E0218", f"the block `{block.name}` holds itself", call)
            return found
        if self._depth >= MAX_DEPTH:
            fault("E0501", f"blocks nest deeper than {MAX_DEPTH}", call)
        instance = Instance(
            block,
            scope,
            dict(params),
            {k: renew(v, k, call) for k, v in inputs.items()},
            dict(dims),
        )
        self._memo[key] = instance
        self._depth += 1
        try:
            self._fill(instance, defs or {}, root=False)
        finally:
            self._depth -= 1
        return instance

    def root(self, instance: Instance) -> Instance:
        """Fill an instance whose inputs, params and dims are set: a model, or a class at hand."""
        self._fill(instance, {}, root=True)
        return instance

    def _fill(self, instance: Instance, defs: Mapping[str, ex.Expr], root: bool) -> None:
        block = instance.block
        instance.training = self.training
        names = {**instance.dims, **instance.params, **instance.inputs}
        for declared in block.inputs:
            names.setdefault(declared.name, None)
        frame = Frame(instance, names, training=self.training, symbolic=self.symbolic)
        frame.defs, frame.root = dict(defs), root
        if self.symbolic and not root:
            for name, size in instance.dims.items():
                written = frame.to_expr(size)
                if written is not None:
                    frame.defs.setdefault(name, written)
        source = next(iter(instance.inputs.items()), None)
        if source is not None and source[1] is not None:
            frame.running, frame.running_from = first(source[1]), source[0]
        self._check_where(frame)
        for node in block.nodes:
            self._node(frame, node)
        self._outputs(frame)
        instance.values = frame.names
        self._weigh(instance)

    def _weigh(self, instance: Instance) -> None:
        """Hold what `instance` expands to against the budget; equal blocks are elaborated once
        only."""
        children = instance.children.values()
        size = 1 + sum(self._sizes.get(c, 1) if isinstance(c, Instance) else 1 for c in children)
        self._sizes[instance] = size
        if size > MAX_CHILDREN:
            span = instance.block.span
            fault(
                "E0501",
                f"`{instance.block.name}` holds {size} modules, the limit is {MAX_CHILDREN}",
                span,
            )

    def _check_where(self, frame: Frame) -> None:
        unbound = _unbound_dims(frame)
        for constraint in frame.instance.block.where:
            if unbound & set(ex.free_names(constraint)):
                continue  # it speaks of an input that is absent here
            try:
                holds = Evaluator(frame).condition(constraint)
            except Fault as error:
                if error.diagnostic.code in ("E0306", "E0410"):
                    frame.instance.constraints.append(constraint)  # decided at run time
                else:
                    self.report.add(error.diagnostic)
                continue
            except Silent:
                continue
            if not holds:
                self._broken(frame, constraint)

    def _broken(self, frame: Frame, constraint: ex.Expr) -> None:
        values = []
        for name in ex.free_names(constraint):
            value = frame.names.get(name, frame.instance.scope.table.get(name))
            if isinstance(value, int | float | Dim):
                values.append(f"`{name}` is {value}")
        self.report.add(
            Diagnostic(
                "E0401",
                f"`{to_source(constraint)}` does not hold in `{frame.instance.block.name}`",
                constraint.span,
                ", ".join(values),
            )
        )

    def _outputs(self, frame: Frame) -> None:
        block = frame.instance.block
        if not block.outputs:
            several = isinstance(frame.last, Outputs)
            frame.instance.outputs = dict(frame.last.items) if several else {"": frame.last}
            return
        for output in block.outputs:
            try:
                value = first(Evaluator(frame).value(output.value))
                if output.type is not None:
                    self._check_output(frame, output, value)
            except Fault as error:
                self.report.add(error.diagnostic)
                value = POISON
            except Silent:
                value = POISON
            except SizeTooLarge as error:
                self.report.add(Diagnostic("E0501", str(error), output.span))
                value = POISON
            frame.instance.outputs[output.name] = value

    def _check_output(self, frame: Frame, output: Any, value: Value) -> None:
        scope = frame.instance.scope

        def evaluate(dim: ex.Expr, dims: Mapping[str, Size]) -> Value:
            inner = Frame(
                frame.instance, {**dict(scope.table), **frame.names, **dims}, symbolic=False
            )
            return Evaluator(inner).value(dim)

        from netwright.ir.program import Input

        known_names = {k: v for k, v in frame.names.items() if isinstance(v, int | Dim)}
        declared = Input(output.name, output.type, span=output.type.span)
        binder = Binder(frame.instance.block, {**dict(scope.table), **known_names}, evaluate)
        try:
            binder.bind_one(declared, value, output.value.span)
        except Fault as error:
            found = error.diagnostic
            raise Fault(
                Diagnostic(
                    "E0309",
                    f"the output `{output.name}` is declared {type_text(output.type)}, "
                    f"but is {describe(value)}",
                    output.type.span,
                    "",
                    (Label(output.value.span, "its value is computed here"),),
                    found.help,
                )
            ) from None

    # Nodes ------------------------------------------------------------------------------

    def _node(self, frame: Frame, node: Node) -> None:
        frame.node = node
        visit(node.span)
        try:
            if node in frame.instance.scope.module.faulty:
                raise Silent
            value = self._value_of(frame, node)
        except Fault as error:
            self.report.add(error.diagnostic)
            value = POISON
        except Silent:
            value = POISON
        except (NumberError, ZeroDivisionError) as error:
            self.report.add(Diagnostic("E0410", str(error), node.span))
            value = POISON
        except SizeTooLarge as error:
            self.report.add(Diagnostic("E0501", str(error), node.span))
            value = POISON
        except SizeUnknown as unknown:
            self.report.add(
                Diagnostic(
                    "E0306",
                    f"the size `{unknown.size}` is only known at run time, "
                    "but is needed to build the model",
                    node.span,
                )
            )
            value = POISON
        self._take_value(frame, node, value)

    def _value_of(self, frame: Frame, node: Node) -> Value:
        match node:
            case ModuleNode() | InlineNode():
                return self._module_node(frame, node)
            case ExprNode():
                return self._expr_node(frame, node)
            case ParameterNode():
                return self._parameter(frame, node)
            case BufferNode():
                return self._buffer(frame, node)
        raise TypeError(type(node).__name__)

    def _expr_node(self, frame: Frame, node: ExprNode) -> Value:
        control = node.control
        if control.when is not None:
            holds = Evaluator(frame).condition(control.when)
            frame.fact(node, "when", holds)
            if not holds:
                return self._otherwise(frame, node, frame.running)
        return Evaluator(frame, self.call_again).value(node.value)

    def _take_value(self, frame: Frame, node: Node, value: Value) -> None:
        targets = node.targets if isinstance(node, ExprNode) else (node.name,)
        frame.fact(node, "kind", kind_of(value))
        if len(targets) > 1:
            for name, part in zip(targets, self._unpack(node, targets, value), strict=True):
                self._name(frame, name, part)
            return
        self._name(frame, node.name, value)
        if isinstance(value, ModuleValue):
            return
        flows = isinstance(node, ModuleNode | InlineNode | ExprNode)
        bare = first(value)
        if flows and (isinstance(bare, Tensor) or value is POISON):
            frame.running, frame.running_from = bare, node.name
        if isinstance(bare, Tensor) or flows:
            frame.last = value

    def _name(self, frame: Frame, name: str, value: Value) -> None:
        if frame.symbolic and type(value) is int and frame.root:
            value = symbol(name, value, expr=ex.Name(name))
        elif frame.symbolic and isinstance(value, Dim) and frame.root and known(value) is not None:
            frame.locals[name] = value
            value = symbol(name, known(value), expr=ex.Name(name))
        elif frame.symbolic and not frame.root and isinstance(value, int | float | Dim):
            written = frame.to_expr(value)
            if written is not None:
                frame.defs[name] = written
        frame.names[name] = value
        for tensor in tensors(value):
            if not tensor.label:
                tensor.label = name

    def _unpack(self, node: Node, targets: tuple[str, ...], value: Value) -> tuple[Value, ...]:
        if is_poison(value):
            return (POISON,) * len(targets)
        parts: tuple[Value, ...] | None = None
        if isinstance(value, Outputs):
            parts = tuple(value.items.values())
        elif isinstance(value, tuple):
            parts = value
        if parts is None or len(parts) != len(targets):
            found = describe(value) if parts is None else f"{len(parts)} values"
            self.report.add(
                Diagnostic(
                    "E0305",
                    f"{len(targets)} names for {found}",
                    node.name_span,
                    help="`.unbind(0)` makes a list of a tensor's first dim"
                    if parts is None
                    else "",
                )
            )
            return (POISON,) * len(targets)
        return parts

    # Parameters and buffers -------------------------------------------------------------

    def _parameter(self, frame: Frame, node: ParameterNode) -> Value:
        evaluator = Evaluator(frame)
        if node.control.when is not None:
            holds = evaluator.condition(node.control.when)
            frame.fact(node, "when", holds)
            if not holds:
                return evaluator.value(node.control.otherwise) if node.control.otherwise else None
        shape = evaluator.value(node.shape)
        shape = shape if isinstance(shape, tuple) else (shape,)
        for size in shape:
            if isinstance(size, bool) or not isinstance(size, int | Dim):
                fault(
                    "E0305",
                    f"a parameter's shape is a list of sizes, found {describe(size)}",
                    node.shape.span,
                )
            if isinstance(size, Dim) and known(size) is None:
                raise SizeUnknown(size)
        frame.fact(node, "shape", shape)
        frozen = node.control.frozen is not None and evaluator.condition(node.control.frozen)
        name = ".".join(loops.path_of(self, frame, node, None))
        initial = None if node.init is None else weights.initial(evaluator, node.init)
        weight = WeightDecl(
            name,
            tuple(shape),
            "float",
            frozen=frozen,
            init=node.init,
            initial=initial,
            span=node.span,
        )
        return self._own(frame, node, weight)

    def _buffer(self, frame: Frame, node: BufferNode) -> Value:
        evaluator = Evaluator(frame)
        if node.control.when is not None:
            holds = evaluator.condition(node.control.when)
            frame.fact(node, "when", holds)
            if not holds:
                return evaluator.value(node.control.otherwise) if node.control.otherwise else None
        first_step = len(frame.instance.steps)
        value = first(evaluator.value(node.value))
        if isinstance(value, int | float | bool) or (
            isinstance(value, tuple) and not any(tensors(value))
        ):
            fault(
                "E0305",
                "a buffer is a tensor",
                node.value.span,
                help="`tensor(...)` makes one of numbers",
            )
        if not isinstance(value, Tensor):
            fault("E0305", f"a buffer is a tensor, found {describe(value)}", node.value.span)
        for size in value.type.shape:
            if known(size) is None:
                raise SizeUnknown(ground(size))  # type: ignore[arg-type]
        steps = weights.constant_steps(frame.instance.steps, value, node.value)
        del frame.instance.steps[first_step:]
        name = ".".join(loops.path_of(self, frame, node, None))
        shape, dtype = value.type.shape, value.type.dtype
        weight = WeightDecl(
            name, shape, dtype, True, node.persistent, steps=steps, value=value, span=node.span
        )
        return self._own(frame, node, weight)

    def _own(self, frame: Frame, node: Node, weight: WeightDecl) -> Tensor:
        self._claim(frame, (weight.name,), node)
        frame.instance.weights[weight.name] = weight
        frame.handles[node.name] = Handle((weight.name,), weight)
        expr = ex.Name(node.name, span=node.span)
        return Evaluator(frame).read_weight((weight.name,), weight, expr)

    def _claim(self, frame: Frame, path: Path, node: Node) -> None:
        taken = frame.claims.setdefault(path, node)
        if taken is not node:
            fault(
                "E0220",
                f"`{node.name}` and `{taken.name}` both keep their weights at `{'.'.join(path)}`",
                node.name_span,
                notes=(Label(taken.name_span, f"`{taken.name}` stands here"),),
                help="give one of them another `key`, "
                "or call the first node again to share its weights",
            )

    # Modules ----------------------------------------------------------------------------

    def _module_node(self, frame: Frame, node: ModuleNode | InlineNode) -> Value:
        if node.control.loop is not None:
            return loops.run(self, frame, node)
        return self.once(frame, node, Call(loops.path_of(self, frame, node, None), node.span))

    def once(self, frame: Frame, node: ModuleNode | InlineNode, call: Call) -> Value:
        """One instance of a node: its condition, its arguments, its inputs, its result."""
        visit(node.span)
        evaluator = Evaluator(frame, self.call_again)
        if node.control.when is not None:
            holds = evaluator.condition(node.control.when)
            frame.fact(node, "when", holds)
            if not holds:
                return self._otherwise(frame, node, self._passing(frame, node, call))
        if isinstance(node, InlineNode):
            return self._call_inline(frame, node, call)
        callee = evaluator.value(node.callee)
        if not isinstance(callee, ModuleValue):
            fault("E0305", f"{describe(callee)} is not a module", node.callee.span)
        if callee.block is None:
            return self._call_op(frame, node, callee, call)
        return self._call_block(frame, node, callee, call)

    def _otherwise(self, frame: Frame, node: Node, passing: Value) -> Value:
        if node.control.otherwise is not None:
            return Evaluator(frame, self.call_again).value(node.control.otherwise)
        if passing is None:
            fault(
                "E0213",
                f"`{node.name}` has no input to pass on",
                node.name_span,
                help="give it one under `from`, or an `else`",
            )
        return passing

    def _passing(self, frame: Frame, node: ModuleNode | InlineNode, call: Call) -> Value:
        """What flows on where a node is switched off: its input."""
        if call.carried:
            return next(iter(call.carried.values()))
        given = node.given
        evaluator = Evaluator(frame, self.call_again)
        if given.positional:
            return evaluator.value(given.positional[0])
        if given.named:
            return evaluator.value(next(iter(given.named.values())))
        frame.fact(node, "input", frame.running_from)
        return frame.running

    def inputs_of(
        self, frame: Frame, node: ModuleNode | InlineNode, names: list[str], call: Call, callee: str
    ) -> dict[str, Value]:
        """What a node receives, by input name."""
        evaluator = Evaluator(frame, self.call_again)
        given = node.given
        values: dict[str, Value] = {}
        carried = call.carried or {}
        if given.implicit and names:
            if names[0] not in carried:
                if frame.running is None:
                    fault(
                        "E0213",
                        f"`{node.name}` has no input",
                        node.span,
                        help="give it one under `from`",
                    )
                if frame.running is POISON:
                    raise Silent
                frame.fact(node, "input", frame.running_from)
                values[names[0]] = frame.running
        if len(given.positional) > len(names):
            fault(
                "E0214",
                f"`{callee}` takes {len(names)} input{'s' * (len(names) != 1)}, "
                f"but receives {len(given.positional)}",
                given.positional[len(names)].span,
            )
        for name, expr in zip(names, given.positional, strict=False):
            if name not in carried:
                values[name] = first(evaluator.value(expr))
        for name, expr in given.named.items():
            if name not in names:
                help = _near(name, names)
                fault("E0214", f"`{callee}` has no input `{name}`", expr.span, help=help)
            if name not in carried:
                values[name] = first(evaluator.value(expr))
        values.update(carried)
        return values

    def _call_op(self, frame: Frame, node: ModuleNode, callee: ModuleValue, call: Call) -> Value:
        op: ModuleOp = callee.target
        evaluator = Evaluator(frame, self.call_again)
        given = self.inputs_of(frame, node, [a.name for a in op.inputs], call, op.name)
        args: dict[str, Value] = dict(callee.args)
        for name, expr in node.args.items():
            args[name] = evaluator.value(expr)
        _check_args(node, op.name, args, [arg.name for arg in op.args])
        child = self._module_child(frame, node, op, args, given)
        frame.fact(node, "partial", dict(callee.args))
        frame.fact(node, "child", child)
        self._claim(frame, call.path, node)
        frame.instance.children[call.path] = child
        frame.handles[node.name] = Handle(call.path, child)
        return self._run_module(frame, call, child, given, node)

    def _module_child(
        self,
        frame: Frame,
        node: ModuleNode,
        op: ModuleOp,
        args: Mapping[str, Value],
        given: Mapping[str, Value],
    ) -> ModuleChild:
        types = {k: to_type(v) for k, v in given.items()}
        bound: dict[str, Value] = {}
        try:
            for arg in op.args:
                if arg.name in args:
                    bound[arg.name] = check_kind(arg, args[arg.name])
                elif arg.name in op.infer:
                    inferred = op.infer[arg.name](types)
                    frame.fact(node, f"infer:{arg.name}", inferred)
                    bound[arg.name] = inferred
                elif arg.required:
                    message = f"`{op.name}` needs the argument `{arg.name}`"
                    fault("E0203", message, node.callee.span)
                else:
                    bound[arg.name] = arg.default
            weights = self._weights(op, bound)
        except OpError as error:
            raise Fault(self._op_fault(error, node, given)) from None
        except (AttributeError, IndexError, TypeError, KeyError):
            # An inference rule over inputs that are not there or of another kind: the rule says
            # it better.
            weights = ()
            if not given or any(not isinstance(v, Tensor) for v in given.values()):
                fault(
                    "E0305",
                    f"`{op.name}` wants a tensor",
                    node.span,
                    label=", ".join(describe(v) for v in given.values()),
                )
            raise
        for weight in weights:
            for size in weight.shape:
                if known(size) is None:
                    fault(
                        "E0306",
                        f"`{op.name}` has a weight of shape {show_shape(weight.shape)}, "
                        f"but `{size}` is only known at run time",
                        node.span,
                        help="give the input a fixed size there, or name a param in its type",
                    )
        frozen = node.control.frozen is not None and Evaluator(frame).condition(node.control.frozen)
        return ModuleChild(op, bound, weights, frozen, node.span)

    def _weights(self, op: ModuleOp, bound: Mapping[str, Value]) -> tuple[WeightDecl, ...]:
        if op.weights is None:
            from netwright.ops.fallback import weights_by_fake

            declared = weights_by_fake(op, bound)
        else:
            declared = op.weights(bound)
        return tuple(WeightDecl(w.name, w.shape, w.dtype, w.buffer, w.persistent) for w in declared)

    def _op_fault(self, error: OpError, node: ModuleNode, given: Mapping[str, Value]) -> Diagnostic:
        spans = dict(node.arg_spans)
        expr: ex.Expr = ex.Name(node.name, span=node.span)
        found = op_fault(error, expr, tuple(given.values()), spans)
        colon = ":" if found.message.startswith("`") else ""
        return Diagnostic(
            found.code,
            f"`{node.name}`{colon} {found.message}",
            found.span,
            found.label,
            found.notes,
            found.help,
        )

    def _run_module(
        self, frame: Frame, call: Call, child: ModuleChild, given: Mapping[str, Value], node: Node
    ) -> Value:
        op: ModuleOp = child.op
        types: dict[str, Any] = {k: to_type(v) for k, v in child.args.items()}
        try:
            forward: dict[str, Value] = {}
            for arg in op.inputs:
                value = given.get(arg.name, None if arg.required else arg.default)
                if value is None and arg.required:
                    fault("E0213", f"`{op.name}` needs the input `{arg.name}`", call.span)
                check_kind(arg, to_type(value))
                forward[arg.name] = value
            types.update({k: to_type(v) for k, v in forward.items()})
            if op.rule is not None:
                result = op.rule(types)
            else:
                from netwright.ops.fallback import infer_by_fake

                result = infer_by_fake(op, types)
        except OpError as error:
            if isinstance(node, ModuleNode):
                raise Fault(self._op_fault(error, node, given)) from None
            raise Fault(
                op_fault(error, ex.Name("", span=call.span), tuple(given.values()), {})
            ) from None
        many = isinstance(result, tuple)
        types_of: tuple[TensorType, ...] = result if isinstance(result, tuple) else (result,)
        results = tuple(Tensor(t, "", call.span) for t in types_of)
        checkpoint = self._checkpoint(frame, node)
        frame.instance.steps.append(
            CallModule(call.path, child, forward, results, checkpoint, node=node, span=call.span)
        )
        if not many:
            return results[0]
        names = op.outputs or tuple(str(k) for k in range(len(results)))
        return Outputs(dict(zip(names[: len(results)], results, strict=True)))

    def _checkpoint(self, frame: Frame, node: Node) -> bool:
        condition = node.control.checkpoint
        return condition is not None and Evaluator(frame).condition(condition)

    def _call_block(self, frame: Frame, node: ModuleNode, callee: ModuleValue, call: Call) -> Value:
        block = callee.block
        assert block is not None and callee.scope is not None
        evaluator = Evaluator(frame, self.call_again)
        given = self.inputs_of(frame, node, [i.name for i in block.inputs], call, block.name)
        args = {k: (v, node.span) for k, v in callee.args}
        frame.fact(node, "partial", dict(callee.args))
        defs: dict[str, ex.Expr] = {}
        for name, expr in node.args.items():
            args[name] = (evaluator.value(expr), node.arg_spans.get(name, expr.span))
        _check_args(node, block.name, args, [param.name for param in block.params])
        if self.symbolic:
            defs = self._block_defs(frame, callee, args)
        scope = callee.scope
        is_model = scope.module.model is block
        if is_model:
            scope = model_scope(block, args, scope, node.span)
            args = {name: (rescoped(value, scope), span) for name, (value, span) in args.items()}
        instance = self.instantiate(block, args, given, scope, node.span, defs)
        if node.control.take:
            from netwright.passes.cut import take

            instance = take(self, instance, node.control.take, node.control.take_span)
            taken = self._enter(frame, node, call, instance, given)
            several = tuple(taken.items.values()) if isinstance(taken, Outputs) else (taken,)
            return several[0] if node.control.single_take else several
        return self._enter(frame, node, call, instance, given)

    def _block_defs(
        self, frame: Frame, callee: ModuleValue, args: Mapping[str, tuple[Value, Span]]
    ) -> dict[str, ex.Expr]:
        """What the callee's names are in the terms of the class at hand, where that can be
        written."""
        defs: dict[str, ex.Expr] = {}
        assert callee.scope is not None
        same_file = callee.scope is frame.instance.scope
        for name, value in callee.scope.table.items():
            written = (
                ex.Name(name)
                if same_file and frame.root
                else frame.defs.get(name)
                if same_file
                else None
            )
            if written is None:
                written = frame.to_expr(value)
            if written is not None:
                defs[name] = written
        for name, (value, _) in args.items():
            written = frame.to_expr(value)
            if written is not None:
                defs[name] = written
            else:
                defs.pop(name, None)
        return defs

    def _call_inline(self, frame: Frame, node: InlineNode, call: Call) -> Value:
        names = [i.name for i in node.block.inputs] or [""]
        given = self.inputs_of(frame, node, names, call, node.name)
        instance = self.inline(node, frame, call, given)
        captured = {
            k: frame.names[k] for k in instance.inputs if k in node.captures and k not in given
        }
        return self._enter(frame, node, call, instance, {**given, **captured})

    def _enter(
        self, frame: Frame, node: Node, call: Call, instance: Instance, inputs: Mapping[str, Value]
    ) -> Value:
        frame.fact(node, "child", instance)
        given = {k: to_type(v) for k, v in inputs.items()}
        frame.fact(node, "given", given)
        frame.fact(node, "dims", self._sizes_known(instance, given))
        self._claim(frame, call.path, node)
        frame.instance.children[call.path] = instance
        if node.control.frozen is not None and Evaluator(frame).condition(node.control.frozen):
            frame.instance.frozen.add(call.path)
        frame.handles[node.name] = Handle(call.path, instance)
        return self._run_block(frame, node, call, instance, inputs)

    def _sizes_known(self, instance: Instance, given: Mapping[str, Any]) -> dict[str, Size]:
        """What the callee's names of sizes are here; an inline block's by input and axis
        (`x.1`)."""
        sizes = dict(instance.dims)
        if instance.block.inline:
            for name, type_ in given.items():
                if isinstance(type_, TensorType):
                    sizes.update({f"{name}.{k}": d for k, d in enumerate(type_.shape)})
        return sizes

    def _run_block(
        self,
        frame: Frame,
        node: Node | None,
        call: Call,
        instance: Instance,
        inputs: Mapping[str, Value],
    ) -> Value:
        pairs: dict[Tensor, Tensor] = {}
        value = outputs_value(instance.outputs, pairs)
        checkpoint = node is not None and self._checkpoint(frame, node)
        frame.instance.steps.append(
            CallBlock(
                call.path,
                instance,
                dict(inputs),
                tuple(pairs.items()),
                checkpoint,
                node=node,
                span=call.span,
            )
        )
        if is_poison(value) and not isinstance(value, Outputs):
            return POISON
        return value

    def call_again(
        self,
        frame: Frame,
        handle: Handle,
        positional: list[Value],
        named: dict[str, Value],
        expr: ex.Call,
    ) -> Value:
        """A node's module on other inputs, with the same weights."""
        child = handle.child
        span = expr.span
        call = Call(handle.path, span)
        assert not isinstance(child, WeightDecl)
        if isinstance(child, ModuleChild):
            names = [a.name for a in child.op.inputs]
        else:
            names = [i.name for i in child.block.inputs] or [""]
        given = {**dict(zip(names, map(first, positional), strict=False)), **named}
        assert frame.node is not None
        if isinstance(child, ModuleChild):
            return self._run_module(frame, call, child, given, frame.node)
        if child.block.inline:
            captured = {k: frame.names[k] for k in child.inputs if k in frame.names}
            given = {**captured, **given}
        again = self._instance_again(child, given, span)
        mine = {(k, w.shape) for k, w in child.all_weights()}
        if {(k, w.shape) for k, w in again.all_weights()} != mine:
            fault(
                "E0301", "called again with other sizes, its weights would have other shapes", span
            )
        frame.fact(expr, "child", again)
        return self._run_block(frame, frame.node, call, again, given)

    def _instance_again(self, child: Instance, given: Mapping[str, Value], span: Span) -> Instance:
        block = child.block
        if block.inline:
            inputs = {**{k: v for k, v in child.inputs.items() if k not in given}, **given}
            return self._instance(block, child.scope, child.params, inputs, {}, span, {})
        args = {k: (v, span) for k, v in child.params.items()}
        return self.instantiate(block, args, given, child.scope, span)


def _check_args(node: ModuleNode, callee: str, args: Iterable[str], known: Sequence[str]) -> None:
    """A module that is a param's value shows only now which arguments it has."""
    for name in args:
        if name not in known:
            span = node.arg_spans.get(name, node.span)
            fault("E0202", f"`{callee}` has no argument `{name}`", span, help=_near(name, known))


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`?" if near else ""


def _unbound_dims(frame: Frame) -> set[str]:
    """Names of sizes that only an absent input would bind."""
    named: set[str] = set()
    for declared in frame.instance.block.inputs:
        if frame.instance.inputs.get(declared.name) is None:
            type_ = declared.type
            while type_.item is not None:
                type_ = type_.item
            named.update(d.id for d in type_.dims if isinstance(d, ex.Name))
    return {n for n in named if n not in frame.names and n not in frame.instance.scope.table}


def model_scope(
    block: Block, args: Mapping[str, tuple[Value, Span]], outer: Scope, call: Span
) -> Scope:
    """What the blocks of a model's file see when the model has these args."""
    params = bind_params(block, args, Scope.of(outer.module, {}), call)
    return Scope.of(outer.module, params)


def outputs_value(outputs: Mapping[str, Value], pairs: dict[Tensor, Tensor]) -> Value:
    """A callee's outputs as a value of the caller, every tensor renewed and noted in `pairs`."""
    renewed = {k: _paired(v, pairs) for k, v in outputs.items()}
    if list(renewed) == [""]:
        return renewed[""]
    return Outputs(renewed) if len(renewed) > 1 else next(iter(renewed.values()), None)


def _paired(value: Value, pairs: dict[Tensor, Tensor]) -> Value:
    if isinstance(value, Tensor):
        if value not in pairs:
            pairs[value] = Tensor(value.type, "", value.span)
        return pairs[value]
    if isinstance(value, tuple):
        return tuple(_paired(v, pairs) for v in value)
    if isinstance(value, Outputs):
        return Outputs({k: _paired(v, pairs) for k, v in value.items.items()})
    return value


def renew(value: Value, label: str, span: Span) -> Value:
    """A copy of `value` with tensors of its own: what an instance calls its inputs."""
    if isinstance(value, Tensor):
        return Tensor(value.type, label or value.label, span)
    if isinstance(value, TensorList):
        return TensorList(value.item, label)
    if isinstance(value, tuple):
        return tuple(renew(v, f"{label}[{k}]", span) for k, v in enumerate(value))
    if isinstance(value, Outputs):
        return Outputs({k: renew(v, f"{label}.{k}", span) for k, v in value.items.items()})
    return value


def _has_tensors(value: Value) -> bool:
    if isinstance(value, Tensor | TensorList):
        return True
    if isinstance(value, tuple):
        return any(_has_tensors(v) for v in value)
    return isinstance(value, Outputs) and any(_has_tensors(v) for v in value.items.values())


def kind_of(value: Value) -> str:
    """What a node holds: tensor, outputs, list, number, module or nothing."""
    if isinstance(value, Tensor):
        return "tensor"
    if isinstance(value, Outputs):
        return "outputs"
    if isinstance(value, tuple):
        return "tensors" if _has_tensors(value) else "list"
    if isinstance(value, ModuleValue):
        return "module"
    return "none" if value is None else "number"


def _hashable(key: Iterable[Any]) -> Any:
    return tuple(_freeze(k) for k in key)


def _freeze(value: Any) -> Any:
    if isinstance(value, float | bool | int):
        return (type(value).__name__, value)
    if isinstance(value, tuple | list):
        spend(len(value))
        return tuple(_freeze(v) for v in value)
    return value


__all__ = [
    "NOWHERE",
    "Call",
    "Elaborator",
    "TensorType",
    "kind_of",
    "model_scope",
    "outputs_value",
    "renew",
]
