"""A whole model: params chosen, inputs typed, elaborated for every case that is decided at call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from math import lcm

from netwright.diagnostics import Diagnostic, Report, TooManyErrors
from netwright.ir import expr as ex
from netwright.ir.dims import Dim, Size, SizeTooLarge, substitute, symbol
from netwright.ir.instance import Instance, Path, WeightDecl
from netwright.ir.program import Block, InlineNode, Module, ModuleNode, Node
from netwright.ir.types import TensorType
from netwright.ir.values import Scope, Tensor, TensorList, Value, describe, is_poison, rescoped
from netwright.passes.elaborate import Elaborator
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent, fault
from netwright.passes.frame import Frame
from netwright.passes.interface import model_input
from netwright.passes.one_build import check_one_build
from netwright.passes.params import bind_params, model_args
from netwright.passes.work import Exhausted, metered, spend, visit
from netwright.source import NOWHERE

MAX_CASES = 16
"""Above this many combinations of optional inputs, only none, all, and each alone are
elaborated."""


@dataclass(frozen=True)
class Case:
    """Which optional inputs are given at call, and whether the model trains."""

    given: frozenset[str] = frozenset()
    training: bool = False

    def __str__(self) -> str:
        given = ", ".join(sorted(self.given)) or "none"
        return f"given {given}; {'training' if self.training else 'evaluation'}"


@dataclass(frozen=True, eq=False)
class Elaboration:
    """A model elaborated for its cases. `cases` holds the plain one (nothing optional,
    evaluation) first.

    `given` names the params that the variant or an override gave.
    """

    module: Module
    block: Block
    variant: str | None
    scope: Scope
    params: Mapping[str, Value]
    given: frozenset[str]
    cases: Mapping[Case, Instance] = field(default_factory=dict)

    @property
    def primary(self) -> Instance:
        return next(iter(self.cases.values()))

    def weights(self) -> dict[Path, WeightDecl]:
        """Every weight that any case needs, by path."""
        found: dict[Path, WeightDecl] = {}
        for instance in self.cases.values():
            for path, weight in instance.all_weights():
                spend(4)
                found.setdefault(path, weight)
        return found


def elaborate(
    module: Module, variant: str | None, overrides: Mapping[str, Value], report: Report
) -> Elaboration | None:
    """The model of `module` with these params; None where its params are at fault, or it is too
    large."""
    try:
        with metered(module):
            return _elaborate(module, variant, overrides, report)
    except Exhausted as exhausted:
        report.add(exhausted.diagnostic)
    except TooManyErrors:
        pass
    return None


def _elaborate(
    module: Module, variant: str | None, overrides: Mapping[str, Value], report: Report
) -> Elaboration | None:
    block = module.model
    assert block is not None
    visit(block.span)
    try:
        empty = Scope.of(module, {})
        args = model_args(module, variant, overrides)
        params = bind_params(block, args, empty, block.span)
    except Fault as error:
        report.add(error.diagnostic)
        return None
    except Silent:
        return None
    scope = Scope.of(module, params)
    params = {name: rescoped(value, scope) for name, value in params.items()}
    modes: dict[bool, Elaborator] = {}
    cases: dict[Case, Instance] = {}
    for case in all_cases(block, module):
        elaborator = modes.setdefault(case.training, Elaborator(report, case.training))
        instance = model_instance(block, scope, params, case.given, report)
        if instance is None:
            return None
        try:
            cases[case] = elaborator.root(instance)
        except Fault as error:
            report.add(error.diagnostic)
            return None
    if len(cases) > 1 and not report.errors:
        check_one_build({_in_words(case): built for case, built in cases.items()}, report)
    _check_told(module, block, cases, report)
    return Elaboration(module, block, variant, scope, params, frozenset(args), cases)


def _in_words(case: Case) -> str:
    given = f", given {', '.join(f'`{name}`' for name in sorted(case.given))}" if case.given else ""
    return f"in {'training' if case.training else 'evaluation'}{given}"


def _check_told(
    module: Module, block: Block, cases: Mapping[Case, Instance], report: Report
) -> None:
    """A model that could not be elaborated has a diagnostic that says so, whatever happened."""
    poisoned = any(is_poison(v) for i in cases.values() for v in i.outputs.values())
    if poisoned and not report.errors and not module.faulty:
        message = f"`{block.name}` could not be elaborated, and nothing says why"
        help = "this is a fault of netwright: please report it with the spec"
        report.add(Diagnostic("E0410", message, block.span, help=help))


def model_instance(
    block: Block, scope: Scope, params: Mapping[str, Value], given: frozenset[str], report: Report
) -> Instance | None:
    """The model's empty instance: its inputs as symbols, for the given optional inputs."""
    try:
        sizes = _Sizes(block, scope, params)
        inputs: dict[str, Value] = {}
        for declared in block.inputs:
            if declared.optional and declared.name not in given:
                inputs[declared.name] = None
                continue
            inputs[declared.name] = model_input(
                declared.type, declared.name, declared.span, sizes.size
            )
    except Fault as error:
        report.add(error.diagnostic)
        return None
    except Silent:
        return None
    except SizeTooLarge as error:
        report.add(Diagnostic("E0501", str(error), block.span))
        return None
    instance = Instance(block, scope, dict(params), inputs, sizes.dims)
    for name, size in sizes.defined(inputs).items():
        spend(8 * (len(instance.dims) + len(instance.inputs)))
        instance.dims = {k: substitute(d, {name: size}) for k, d in instance.dims.items()}
        instance.inputs = {k: _with_size(v, name, size) for k, v in instance.inputs.items()}
    return instance


def _with_size(value: Value, name: str, size: Size) -> Value:
    """A model input with the symbol `name` replaced."""
    if isinstance(value, Tensor):
        shape = tuple(substitute(d, {name: size}) for d in value.type.shape)
        return Tensor(TensorType(value.type.dtype, shape), value.label, value.span)
    if isinstance(value, TensorList):
        shape = tuple(substitute(d, {name: size}) for d in value.item.shape)
        return TensorList(TensorType(value.item.dtype, shape), value.label)
    return value


class _Sizes:
    """Dims of a model's own inputs: params as numbers, new names as symbols."""

    def __init__(self, block: Block, scope: Scope, params: Mapping[str, Value]) -> None:
        self.dims: dict[str, Size] = {}
        self._names = dict(params)
        self._frame = Frame(Instance(block, scope, dict(params), {}), dict(params))
        self._block = block
        self._scales, self._equal = _facts(block, self._frame)

    def size(self, dim: ex.Expr) -> Size:
        if isinstance(dim, ex.Name) and dim.id not in self._names:
            return self._symbol(dim.id)
        value = Evaluator(self._frame).value(dim)
        if isinstance(value, bool) or not isinstance(value, int | Dim):
            fault("E0305", f"a dim is an integer, found {describe(value)}", dim.span)
        return value

    def defined(self, inputs: Mapping[str, Value]) -> dict[str, Size]:
        """Sizes that `where` defines by the others: `S == past_len + T`, for the inputs at hand."""
        names = {**self._names, **self.dims, **inputs}
        frame = Frame(Instance(self._block, self._frame.instance.scope, {}, {}), names)
        found: dict[str, Size] = {}
        for constraint in self._block.where:
            if not isinstance(constraint, ex.Compare) or constraint.ops != ("==",):
                continue
            left, right = constraint.left, constraint.rights[0]
            if (
                not isinstance(left, ex.Name)
                or isinstance(right, ex.Name)
                or left.id not in self.dims
            ):
                continue
            try:
                value = Evaluator(frame).value(right)
            except (Fault, Silent):
                continue
            if isinstance(value, int | Dim) and not isinstance(value, bool):
                found[left.id] = value
        return found

    def _symbol(self, name: str) -> Size:
        if name not in self.dims:
            same_as = self._equal.get(name)
            self.dims[name] = (
                self._symbol(same_as)
                if same_as is not None
                else symbol(name, scale=self._scales.get(name, 1))
            )
            self._frame.names[name] = self.dims[name]
        return self.dims[name]


def _facts(block: Block, frame: Frame) -> tuple[dict[str, int], dict[str, str]]:
    """What `where` says of symbolic dims: `H % 32 == 0` gives a scale, `H == W` an equality."""
    scales: dict[str, int] = {}
    equal: dict[str, str] = {}
    for constraint in block.where:
        if not isinstance(constraint, ex.Compare) or constraint.ops != ("==",):
            continue
        left, right = constraint.left, constraint.rights[0]
        if isinstance(left, ex.Name) and isinstance(right, ex.Name):
            if left.id not in frame.names and right.id not in frame.names:
                equal[right.id] = left.id
        elif isinstance(left, ex.Binary) and left.op == "%" and isinstance(left.left, ex.Name):
            if left.left.id in frame.names or not (
                isinstance(right, ex.Literal) and right.value == 0
            ):
                continue
            try:
                divisor = Evaluator(frame).number(left.right)
            except (Fault, Silent):
                continue
            if isinstance(divisor, int) and divisor > 0:
                scales[left.left.id] = lcm(scales.get(left.left.id, 1), divisor)
    return scales, equal


def all_cases(block: Block, module: Module) -> Iterator[Case]:
    """The cases of a model, the plain one first."""
    optional = [i.name for i in block.inputs if i.optional]
    if 2 ** len(optional) <= MAX_CASES:
        sets = [frozenset(c) for n in range(len(optional) + 1) for c in combinations(optional, n)]
    else:
        sets = [frozenset(), *(frozenset([o]) for o in optional), frozenset(optional)]
    modes = (False, True) if reads_training(module) else (False,)
    for training in modes:
        for given in sets:
            yield Case(given, training)


def reads_training(module: Module) -> bool:
    """Whether anything in the file, or a file it uses, is decided by `training`."""
    files = _files(module, set())
    return any(_block_reads_training(block) for file in files for block in file.all_blocks())


def _files(module: Module, seen: set[Module]) -> set[Module]:
    """A file and those that it uses, each once: files that use others twice make many paths."""
    if module not in seen:
        seen.add(module)
        for used in module.uses.values():
            _files(used, seen)
    return seen


def _block_reads_training(block: Block) -> bool:
    read = any(_mentions_training(node) for node in block.nodes)
    return read or _names_training(output.value for output in block.outputs)


def _mentions_training(node: Node) -> bool:
    """Whether a node, or what is inside it, reads `training`."""
    if isinstance(node, InlineNode) and _block_reads_training(node.block):
        return True
    exprs: list[ex.Expr | None] = [getattr(node, "value", None), getattr(node, "shape", None)]
    if isinstance(node, ModuleNode):
        exprs += node.args.values()
    if isinstance(node, ModuleNode | InlineNode):
        exprs += [*node.given.positional, *node.given.named.values()]
    control = node.control
    exprs += [control.when, control.otherwise, control.frozen, control.checkpoint]
    exprs += [None if control.loop is None else control.loop.iterable]
    exprs += [part.expr for part in control.key or ()]
    return _names_training(expr for expr in exprs if isinstance(expr, ex.Expr))


def _names_training(exprs: Iterable[ex.Expr | None]) -> bool:
    held = (e for expr in exprs if expr is not None for e in ex.walk(expr))
    return any(isinstance(e, ex.Name) and e.id == "training" for e in held)


__all__ = ["NOWHERE", "Case", "Elaboration", "all_cases", "elaborate", "model_instance"]
