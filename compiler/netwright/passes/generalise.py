"""From instances back to classes: every inferred size as an expression over the class's own names.

Each class is elaborated again for each of its distinct instances, its integers being symbols
that carry the instance's number as a witness. Decisions fall as they fell for the numbers, and
every inferred size comes out as a polynomial over the class's names. An expression is taken only
if it gives the right number in every instance and iteration; where none does, the instances are
split into several classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netwright.diagnostics import Report
from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts, ModelFacts, Site
from netwright.ir.dims import Dim, Size, add, cancel, known, mul, symbol
from netwright.ir.instance import Instance
from netwright.ir.printer import rebuild, to_source
from netwright.ir.program import (
    Block,
    BufferNode,
    ExprNode,
    InlineNode,
    Loop,
    ModuleNode,
    Node,
    ParameterNode,
    TypeExpr,
)
from netwright.ir.sizes import size_to_expr
from netwright.ir.types import TensorType
from netwright.ir.values import ModuleValue, Outputs, Scope, Tensor, TensorList, Value
from netwright.passes.elaborate import Elaborator
from netwright.passes.evaluate import Evaluator, Fault, Frame, Silent
from netwright.passes.model import Elaboration
from netwright.passes.numbers import NumberError, SizeUnknown
from netwright.passes.ties import ties

Parent = tuple[ClassFacts, Node, int, int]
"""The class, node, instance number and iteration that make a child."""


def generalise(elaboration: Elaboration) -> ModelFacts:
    """The classes of the emitted file, leaves first."""
    groups = _collect(elaboration)
    while True:
        classes, class_of, parents = _classes(groups)
        for facts in classes:  # parents first, since an inline block reads its parent's symbols
            for number, instance in enumerate(facts.instances):
                facts.symbolic.append(_symbolic(facts, instance, parents.get(facts, []), number))
        split = _choose_all(classes, class_of)
        if split is None:
            break
        groups = _regroup(groups, *split)
    ordered = _leaves_first(classes, class_of)
    return ModelFacts(
        elaboration.module,
        elaboration.block,
        elaboration.variant,
        elaboration.scope,
        elaboration.params,
        ordered,
        class_of,
        ties(elaboration, Report()),
        elaboration.given,
    )


# Grouping -----------------------------------------------------------------------------------

Groups = dict[tuple[Block, tuple[str, ...], int], list[Instance]]


def _collect(elaboration: Elaboration) -> Groups:
    """All distinct instances of the model's cases, by block, outermost first."""
    groups: Groups = {}
    modules: dict[tuple[Block, tuple[str, ...]], dict[object, int]] = {}
    seen: set[Instance] = set()
    queue = list(elaboration.cases.values())
    while queue:
        instance = queue.pop(0)
        if instance in seen:
            continue
        seen.add(instance)
        place = (instance.block, instance.cut)
        kinds = modules.setdefault(place, {})
        group = kinds.setdefault(_modules(instance), len(kinds))
        groups.setdefault((*place, group), []).append(instance)
        queue += _made(instance)
    return groups


def _modules(instance: Instance) -> object:
    """The params that hold modules: no constructor takes them, so that each choice is a class."""
    held = [(k, v) for k, v in instance.params.items() if _holds_module(v)]
    return tuple(held)


def _holds_module(value: Value) -> bool:
    if isinstance(value, tuple):
        return any(_holds_module(v) for v in value)
    return isinstance(value, ModuleValue)


def _made(instance: Instance) -> Iterator[Instance]:
    """The instances that `instance` makes, including those that it calls again on other inputs."""
    for child in instance.children.values():
        if isinstance(child, Instance):
            yield child
    for (_, kind), found in instance.facts.items():
        if kind == "child":
            yield from (f for f in found if isinstance(f, Instance) and not instance.cut)


def _classes(
    groups: Groups,
) -> tuple[list[ClassFacts], dict[Instance, ClassFacts], dict[ClassFacts, list[Parent]]]:
    classes = [
        ClassFacts(block, cut, list(found), group=n) for (block, cut, n), found in groups.items()
    ]
    class_of = {i: facts for facts in classes for i in facts.instances}
    parents: dict[ClassFacts, list[Parent]] = {}
    for facts in classes:
        for number, instance in enumerate(facts.instances):
            for (place, kind), found in instance.facts.items():
                if kind != "child":
                    continue
                for iteration, child in enumerate(found):
                    if (
                        isinstance(child, Instance)
                        and child in class_of
                        and isinstance(place, Node)
                    ):
                        parents.setdefault(class_of[child], []).append(
                            (facts, place, number, iteration)
                        )
    return _parents_first(classes, class_of), class_of, parents


def _parents_first(
    classes: list[ClassFacts], class_of: Mapping[Instance, ClassFacts]
) -> list[ClassFacts]:
    return list(reversed(_leaves_first(classes, class_of)))


def _leaves_first(
    classes: list[ClassFacts], class_of: Mapping[Instance, ClassFacts]
) -> list[ClassFacts]:
    """Classes in the order in which a file defines them: what a class uses stands before it."""
    ordered: list[ClassFacts] = []
    visited: set[ClassFacts] = set()

    def visit(facts: ClassFacts) -> None:
        if facts in visited:
            return
        visited.add(facts)
        for instance in facts.instances:
            for child in _made(instance):
                if child in class_of:
                    visit(class_of[child])
        ordered.append(facts)

    visit(classes[0])
    return ordered


def _regroup(groups: Groups, facts: ClassFacts, values: list[object]) -> Groups:
    """`groups` with the instances of one class split by what was found at a site."""
    new: Groups = {}
    for (block, cut, n), found in groups.items():
        if block is not facts.block or cut != facts.cut or n != facts.group:
            new[block, cut, n] = found
            continue
        taken = {m for (b, c, m) in groups if b is block and c == cut}
        by_value: dict[object, list[Instance]] = {}
        for instance, value in zip(found, values, strict=True):
            by_value.setdefault(value, []).append(instance)
        for k, part in enumerate(by_value.values()):
            new[block, cut, n if k == 0 else max(taken) + k] = part
    return new


# The symbolic look --------------------------------------------------------------------------


def _symbolic(
    facts: ClassFacts, instance: Instance, parents: list[Parent], number: int
) -> Instance:
    """`instance` elaborated again with its integers as symbols."""
    params = {k: _as_symbol(k, v) for k, v in instance.params.items()}
    scope = Scope(
        instance.scope.module,
        instance.scope.params,
        {k: _as_symbol(k, v) for k, v in instance.scope.table.items()},
    )
    dims: dict[str, Size] = {}
    for name, size in instance.dims.items():
        dims[name] = _as_symbol(name, known(size)) if known(size) is not None else size
    given = _given_types(facts, parents)
    for name in _unbound(instance):
        dims.setdefault(name, symbol(name, 0, expr=ex.Name(name)))
    names = {**scope.table, **params, **dims}
    shapes = _Shapes(facts, names, dims)
    inputs = {k: shapes.input(k, v, given.get(k)) for k, v in instance.inputs.items()}
    for name, size in dims.items():
        number_of = known(size)
        if number_of is not None:
            facts.dims.setdefault(name, number_of)
    training = bool(instance.training)
    elaborator = Elaborator(Report(), training, symbolic=True)
    return elaborator.root(Instance(instance.block, scope, params, inputs, dims))


def _unbound(instance: Instance) -> Iterator[str]:
    """Names of sizes that only an absent input would bind; they count as 0 (`in_channels +
    skip_channels`)."""
    known_names = {**instance.scope.table, **instance.params, **instance.dims}
    for declared in instance.block.inputs:
        if instance.inputs.get(declared.name) is None:
            for dim in declared.type.dims:
                if isinstance(dim, ex.Name) and dim.id not in known_names:
                    yield dim.id


def _as_symbol(name: str, value: Value) -> Value:
    if type(value) is int:
        return symbol(name, value, expr=ex.Name(name))
    return value


def _given_types(facts: ClassFacts, parents: list[Parent]) -> dict[str, list[Any]]:
    """For an inline block: what its parents give under each input's name, in their terms."""
    given: dict[str, list[Any]] = {}
    if not facts.block.inline:
        return given
    for parent, node, number, iteration in parents:
        if number >= len(parent.symbolic):
            continue
        found = parent.symbolic[number].facts.get((node, "given"), [])
        if iteration < len(found):
            types: dict[str, Any] = found[iteration]  # type: ignore[assignment]
            for name, type_ in types.items():
                given.setdefault(name, []).append(type_)
    return given


class _Shapes:
    """Types of a class's inputs in the class's terms."""

    def __init__(
        self, facts: ClassFacts, names: Mapping[str, Value], dims: dict[str, Size]
    ) -> None:
        self.facts = facts
        self.names = names
        self.dims = dims
        self.declared = {i.name: i.type for i in facts.block.inputs}

    def input(self, name: str, value: Value, given: list[Any] | None) -> Value:
        if isinstance(value, Tensor):
            return Tensor(self._type(name, value.type, given), name, value.span)
        if isinstance(value, TensorList):
            return TensorList(self._type(name, value.item, None), name)
        if isinstance(value, tuple):
            return tuple(self.input(name, v, _items(given, k)) for k, v in enumerate(value))
        if isinstance(value, Outputs):
            items = {
                k: self.input(f"{name}_{k}", v, _named(given, k)) for k, v in value.items.items()
            }
            return Outputs(items)
        return value

    def _type(self, name: str, actual: TensorType, given: list[Any] | None) -> TensorType:
        declared = self.declared.get(name)
        while declared is not None and declared.item is not None:
            declared = declared.item
        if declared is not None and declared.dtype:
            return TensorType(actual.dtype, self._from_declared(name, declared, actual.shape))
        shape = [
            self._from_parents(name, k, d, actual.rank, given) for k, d in enumerate(actual.shape)
        ]
        return TensorType(actual.dtype, tuple(shape))

    def _from_declared(
        self, name: str, declared: TypeExpr, shape: tuple[Size, ...]
    ) -> tuple[Size, ...]:
        dots = next((k for k, d in enumerate(declared.dims) if isinstance(d, ex.Dots)), None)
        result = list(shape)
        for k, dim in enumerate(declared.dims):
            if isinstance(dim, ex.Dots):
                continue
            at = k if dots is None or k < dots else k - len(declared.dims) + len(shape)
            result[at] = self._declared_size(dim, shape[at])
        for k, size in enumerate(result):
            if type(size) is int and size != 1 and dots is not None:
                result[k] = self._fresh(name, k, size, len(shape))
        return tuple(result)

    def _declared_size(self, dim: ex.Expr, actual: Size) -> Size:
        if isinstance(dim, ex.Name):
            found = self.names.get(dim.id, self.dims.get(dim.id, actual))
            return found if isinstance(found, int | Dim) else actual
        if isinstance(dim, ex.Literal) or known(actual) is None:
            return actual
        frame = Frame(self.facts.sample, {**self.names, **self.dims}, symbolic=True)
        try:
            value = Evaluator(frame).value(dim)
        except (Fault, Silent):
            return actual
        return value if isinstance(value, int | Dim) else actual

    def _from_parents(
        self, name: str, axis: int, actual: Size, rank: int, given: list[Any] | None
    ) -> Size:
        """A dim of an inline block's input: the parent's expression where the block can write it
        too."""
        if known(actual) is None:
            return actual
        sizes = [t.shape[axis] for t in given or [] if isinstance(t, TensorType) and axis < t.rank]
        if sizes and all(_key(s) == _key(sizes[0]) for s in sizes):
            here = next((s for s in sizes if known(s) == known(actual)), sizes[0])
            written = size_to_expr(here)
            if isinstance(written, ex.Literal):
                return actual
            if written is not None and all(n in self.names for n in ex.free_names(written)):
                return here
            if isinstance(written, ex.Name):
                return self._bound(written.id, known(actual), f"{name}.{axis}")
        return self._fresh(name, axis, known(actual), rank)

    def _fresh(self, name: str, axis: int, number: int | None, rank: int) -> Size:
        assert number is not None
        if number == 1:
            return 1
        if rank >= 4 and axis == 1:
            base = "in_channels"
        elif axis == rank - 1:
            base = "in_features"
        else:
            base = f"{name or 'x'}_size"
        return self._bound(base, number, f"{name}.{axis}")

    def _bound(self, base: str, number: int | None, place: str) -> Size:
        found = self.dims.get(base)
        if found is not None and known(found) == number:
            return found
        free = base
        for suffix in ("", "_other", "_third"):
            free = base + suffix
            if free not in self.names and free not in self.dims:
                break
        self.dims[free] = symbol(free, number, expr=ex.Name(free))
        self.facts.places.setdefault(free, place)
        return self.dims[free]


def _key(size: Size) -> str:
    """`size` as text in which witnesses do not count."""
    return size.key if isinstance(size, Dim) else str(size)


def _items(given: list[Any] | None, index: int) -> list[Any] | None:
    if given is None:
        return None
    return [g[index] for g in given if isinstance(g, tuple) and index < len(g)]


def _named(given: list[Any] | None, name: str) -> list[Any] | None:
    if given is None:
        return None
    found = []
    for g in given:
        if isinstance(g, tuple):
            found += [
                v
                for item in g
                if isinstance(item, tuple) and len(item) == 2
                for k, v in [item]
                if k == name
            ]
    return found


# Choosing -----------------------------------------------------------------------------------


def _choose_all(
    classes: list[ClassFacts], class_of: Mapping[Instance, ClassFacts]
) -> tuple[ClassFacts, list[object]] | None:
    """Choose every site's expression; where a class has to be split, that class and by what."""
    for facts in _leaves_first(classes, class_of):
        for site, found in _sites(facts, class_of).items():
            chosen = _choose(facts, site, found)
            if chosen is None:
                return facts, [tuple(known(s) for s in sizes) for sizes in found]
            facts.sizes[site] = chosen
        facts.needs = _needs(facts)
    return None


def _needs(facts: ClassFacts) -> set[str]:
    """Names of input sizes that the constructor reads: in chosen expressions, arguments and
    shapes."""
    read: set[str] = set()
    for (_, kind), expr in facts.sizes.items():
        if not kind.startswith("einops"):
            read.update(ex.free_names(expr))
    for node in facts.block.nodes:
        read.update(_read_by(node, facts))
    return {name for name in facts.dims if name in read}


def _read_by(node: Node, facts: ClassFacts) -> Iterator[str]:
    exprs: list[ex.Expr | None] = [node.control.when]
    if node.control.loop is not None and node.control.loop.kind == "repeat":
        exprs.append(node.control.loop.iterable)
    if isinstance(node, ModuleNode):
        exprs += node.args.values()
    elif isinstance(node, ParameterNode):
        exprs.append(node.shape)
    elif isinstance(node, BufferNode) or (isinstance(node, ExprNode) and _is_number(node, facts)):
        exprs.append(node.value)
    elif isinstance(node, InlineNode):
        yield from (n for n in node.captures if n in facts.dims and _inner_reads(node, n))
    for expr in exprs:
        if expr is not None:
            yield from ex.free_names(expr)


def _inner_reads(node: InlineNode, name: str) -> bool:
    """Whether an inline block's own constructor reads `name`."""
    inner = ClassFacts(node.block, ())
    inner.dims = {name: 0}
    return any(name in set(_read_by(n, inner)) for n in node.block.nodes)


def _is_number(node: ExprNode, facts: ClassFacts) -> bool:
    return bool(facts.instances) and all(k in ("number", "list") for k in facts.found(node, "kind"))


def _sites(
    facts: ClassFacts, class_of: Mapping[Instance, ClassFacts]
) -> dict[Site, list[list[Size]]]:
    """Every place where a size was inferred: for each instance, a list by iteration."""
    sites: dict[Site, list[list[Size]]] = {}
    for number, instance in enumerate(facts.symbolic):
        for (place, kind), found in instance.facts.items():
            needs = _needed_there(facts, place, class_of) if kind == "dims" else {}
            for site, sizes in _sizes_of(place, kind, found, needs):
                rows = sites.setdefault(site, [[] for _ in facts.symbolic])
                rows[number] = sizes
    return sites


def _needed_there(
    facts: ClassFacts, place: object, class_of: Mapping[Instance, ClassFacts]
) -> dict[str, str]:
    """What the classes that are built at a place need to know of their inputs' sizes, and where
    it is."""
    needs: dict[str, str] = {}
    for child in facts.found(place, "child"):
        if isinstance(child, Instance) and child in class_of:
            there = class_of[child]
            needs.update({name: there.places.get(name, name) for name in there.needs})
    return needs


def _sizes_of(
    place: object, kind: str, found: list[Any], needs: Mapping[str, str]
) -> Iterator[tuple[Site, list[Size]]]:
    if kind.startswith("infer:"):
        if all(isinstance(f, int | Dim) for f in found):
            yield (place, kind), found
        elif all(isinstance(f, tuple) for f in found):
            for k in range(len(found[0])):
                yield (place, f"{kind}:{k}"), [f[k] for f in found]
    elif kind == "dims":
        for name, key in sorted(needs.items()):
            yield (place, f"dim:{name}"), [f.get(key, 0) for f in found]
    elif kind == "einops":
        for k, step in enumerate(found[0]):
            for at, sizes in _step_sizes(step.args):
                rows = [_at(f[k].args, at) for f in found]
                if sizes and all(isinstance(r, Dim) and known(r) is not None for r in rows):
                    yield (place, f"einops:{k}:{at[0]}:{at[1]}"), rows


def _step_sizes(args: tuple[Any, ...]) -> Iterator[tuple[tuple[int, int], bool]]:
    for j, arg in enumerate(args):
        if isinstance(arg, tuple):
            for m, item in enumerate(arg):
                yield (j, m), isinstance(item, Dim)
        else:
            yield (j, -1), isinstance(arg, Dim)


def _at(args: tuple[Any, ...], at: tuple[int, int]) -> Any:
    return args[at[0]] if at[1] < 0 else args[at[0]][at[1]]


def _choose(facts: ClassFacts, site: Site, found: list[list[Size]]) -> ex.Expr | None:
    """One expression that fits every instance and iteration."""
    place, _ = site
    actual = [[known(s) for s in sizes] for sizes in found]
    flat = [n for numbers in actual for n in numbers]
    if flat and all(type(s) is int and s == flat[0] for sizes in found for s in sizes):
        return ex.Literal(flat[0])
    loop = place.control.loop if isinstance(place, Node) and not place.control.shared else None
    counter = _counter(facts, place, loop) if loop is not None else ""
    for candidate in _candidates(found, counter):
        if _fits(facts, place, candidate, actual):
            return candidate
    if flat and all(n == flat[0] for n in flat):
        return ex.Literal(flat[0])
    if loop is not None and all(numbers == actual[0] for numbers in actual):
        listed = ex.ListExpr(tuple(ex.Literal(n) for n in actual[0]))
        return ex.Index(listed, (ex.Name(counter),))
    return None


def _candidates(found: list[list[Size]], counter: str) -> Iterator[ex.Expr]:
    """Expressions to try, the plainest first: one for all, then by iteration."""
    tried: set[str] = set()
    firsts: list[Size] = []
    rests: list[Size] = []
    for sizes in found:
        for k, size in enumerate(sizes):
            (firsts if k == 0 else rests).append(size)
            if isinstance(size, int) or size.key in tried:
                continue
            tried.add(size.key)
            for form in (cancel(size), size):
                written = size_to_expr(form)
                if written is not None:
                    yield written
    if not counter or not rests:
        return
    index = ex.Name(counter)
    yield from _by_index(index, max(found, key=len))
    yield from _first_and_rest(index, firsts, rests)
    if isinstance(firsts[0], Dim | int) and len(found[0]) > 1:
        growth = add(found[0][1], mul(found[0][0], -1))
        linear = size_to_expr(add(found[0][0], mul(symbol(index.id, None), growth)))
        if linear is not None:
            yield linear


def _by_index(index: ex.Name, sizes: list[Size]) -> Iterator[ex.Expr]:
    """`dims[i]` where the iterations have `dims[0]`, `dims[1]`, ..., `dims[2 - i]` backwards."""
    if len(sizes) < 2:
        return
    written = size_to_expr(sizes[1])
    before = size_to_expr(sizes[0])
    if written is None:
        return
    if before is not None:
        between = _between(before, written, index)
        if between is not None:
            yield between

    def change(e: ex.Expr) -> ex.Expr | None:
        return index if isinstance(e, ex.Literal) and e.value == 1 else None

    yield rebuild(written, change)


def _between(a: ex.Expr, b: ex.Expr, index: ex.Name) -> ex.Expr | None:
    """The expression that is `a` at 0 and `b` at 1, where they differ in neighbouring integers."""
    if isinstance(a, ex.Literal) and isinstance(b, ex.Literal):
        return _step(a.value, b.value, index) if a.value != b.value else a
    left, right = ex.children(a), ex.children(b)
    if type(a) is not type(b) or len(left) != len(right):
        return None
    if not left:
        return a if to_source(a) == to_source(b) else None
    made: dict[int, ex.Expr] = {}
    for x, y in zip(left, right, strict=True):
        part = _between(x, y, index)
        if part is None:
            return None
        made[id(x)] = part
    return rebuild(a, lambda e: made.get(id(e)))


def _step(a: object, b: object, index: ex.Name) -> ex.Expr | None:
    if type(a) is not int or type(b) is not int or abs(a - b) != 1:
        return None
    if b < a:
        return ex.Binary("-", ex.Literal(a), index)
    return index if a == 0 else ex.Binary("+", index, ex.Literal(a))


def _first_and_rest(index: ex.Name, firsts: list[Size], rests: list[Size]) -> Iterator[ex.Expr]:
    condition = ex.Compare(index, ("==",), (ex.Literal(0),))
    for first in {_key(s): s for s in firsts}.values():
        for rest in {_key(s): s for s in rests}.values():
            then, otherwise = size_to_expr(first), size_to_expr(rest)
            if then is not None and otherwise is not None:
                yield ex.IfElse(condition, then, otherwise)


def _counter(facts: ClassFacts, place: object, loop: Loop) -> str:
    """The name that counts the iterations; the items of a list have another."""
    if loop.kind == "repeat" and len(loop.targets) == 1:
        name = loop.targets[0]
        runs: list[list[Any]] = [i.facts.get((place, "iteration"), []) for i in facts.instances]
        if all([step.get(name) for step in run] == list(range(len(run))) for run in runs):
            return name
    return "i"


def _fits(
    facts: ClassFacts, place: object, candidate: ex.Expr, actual: list[list[int | None]]
) -> bool:
    for number, numbers in enumerate(actual):
        instance = facts.instances[number]
        symbolic = facts.symbolic[number]
        fresh = {k: known(v) for k, v in symbolic.dims.items()}
        names = {**fresh, **instance.dims, **instance.params, **_numbers(instance.values)}
        steps: list[Any] = instance.facts.get((place, "iteration"), [])
        for iteration, expected in enumerate(numbers):
            step = {"i": iteration, **(steps[iteration] if iteration < len(steps) else {})}
            frame = Frame(Instance(instance.block, instance.scope, {}, {}), {**names, **step})
            try:
                value = Evaluator(frame).number(candidate)
            except (Fault, Silent, SizeUnknown, NumberError):
                return False
            if value != expected:
                return False
    return True


def _numbers(values: Mapping[str, Value]) -> dict[str, Value]:
    return {k: v for k, v in values.items() if not isinstance(v, Tensor | TensorList | Outputs)}
