"""A random valid spec from one number.

Nodes are proposed one after the other and run at once, at every draw of the sizes; those that torch
takes stay. What stands beside a graph (variants, ties, init rules, methods) is added at the end, if
the oracle takes the whole with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from tests.strangers.choices import modes, params_of
from tests.strangers.evaluate import DTYPES, Names, evaluate
from tests.strangers.hand import Hand, NothingFits, World
from tests.strangers.nodes import MODULE_PARAMS
from tests.strangers.oracle import Oracle
from tests.strangers.state import REFUSALS, Frame, Store, strict
from tests.strangers.structures import fill
from tests.strangers.syntax import (
    Block,
    Buffer,
    Graph,
    Input,
    Method,
    Parameter,
    Spec,
    all_needed,
    as_values,
    mentioned,
    needed,
    pruned,
    words,
)

DRAWS = 3
SIZES = [sizes for sizes in permutations(range(4, 16), DRAWS) if len({n // 4 for n in sizes}) == 3]
"""Of a dim that stays symbolic, at every draw: windows of 3 find room, and its halves, thirds and
quarters differ too."""

TYPES: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    ("float", ("B", "T", 6)), ("float", ("B", 8)), ("float", ("B", 3, "H", "W")),
    ("float", ("B", 4, "L")), ("float", ("B", 4, 6, 6)), ("float", ("T", 4)),
    ("float", ("B", 2, "D", "H", "W")), ("float", ("B", "T")), ("float", ()), ("float", (3, 4)),
    ("int", ("B", "T")), ("int", ("B",)), ("bool", ("B", "T")), ("float64", ("B", "T")),
    ("float", ("N",)),
)  # fmt: skip
"""Types of inputs; each model has one of the first five or so."""

_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Drawn:
    """A spec, and the sizes of its dims at every draw.

    `ops` are the ops that were written.
    """

    seed: int
    spec: Spec
    sizes: tuple[Mapping[str, int], ...]
    ops: frozenset[str]

    def absent(self, k: int) -> frozenset[str]:
        """Optional inputs that a draw leaves out: at the first none, then the first, then all."""
        optional = [n for n, i in self.spec.model.inputs.items() if i.optional]
        return frozenset(optional if k == DRAWS - 1 else optional[: min(k, len(optional) - 1)])

    def inputs(self, sizes: Mapping[str, int], absent: Container[str]) -> dict[str, Any]:
        """The model's inputs at these sizes."""
        generator = torch.Generator().manual_seed(self.seed)
        return {
            name: tensor_of(declared.type, sizes, generator)
            for name, declared in self.spec.model.inputs.items()
            if name not in absent
        }

    def draws(self) -> Iterator[dict[str, Any]]:
        for k, sizes in enumerate(self.sizes):
            yield self.inputs(sizes, self.absent(k))


def draw(seed: int, budget: int = 8) -> Drawn:
    """The spec of a number, of at most about `budget` nodes."""
    torch.manual_seed(seed)
    rng = Random(seed)
    with strict():  # with gradients: some functions have none, and say so when called
        while True:
            try:
                found = _attempt(rng, seed, budget)
            except NothingFits:
                continue
            if runs(found):
                return _beside(found, rng)


def tensor_of(type_: str, sizes: Mapping[str, int], generator: torch.Generator) -> Any:
    """A tensor, or a list of them, of a declared type; floating ones take a gradient."""
    if type_.startswith("list["):
        return [tensor_of(type_[5:-1], sizes, generator) for _ in range(2)]
    word, _, rest = type_[:-1].partition("[")
    dims = [dim.strip() for dim in rest.split(",")] if rest else []
    shape = [sizes[dim] if dim in sizes else int(dim) for dim in dims]
    if word == "int":
        return torch.randint(0, 5, shape, generator=generator)
    if word == "bool":
        return torch.rand(shape, generator=generator) < 0.6
    return torch.randn(shape, generator=generator, dtype=DTYPES[word]).requires_grad_()


def runs(drawn: Drawn) -> bool:
    """Whether the oracle takes a spec in all its variants, at every draw of the sizes."""
    try:
        for variant in (None, *drawn.spec.variants):
            run(drawn, variant, Store())
        entering = [(m, name) for m in drawn.spec.methods.values() for name in m.inputs.values()]
        return all(_leads(drawn, name, out) for m, name in entering for out in m.outputs.values())
    except REFUSALS:
        return False


def run(drawn: Drawn, variant: str | None, store: Store) -> Frame:
    """Run a spec at every draw; the last frame. The weights are then in `store`."""
    blocks = {block.name: block for block in drawn.spec.blocks}
    with strict(), torch.no_grad():
        for mode, inputs in product(modes(drawn.spec), drawn.draws()):
            oracle = Oracle(blocks, params_of(drawn.spec, variant), store, mode)
            _, frame = oracle.model(drawn.spec.model, inputs)
            oracle.beside(drawn.spec, frame)
    return frame


# The graph ----------------------------------------------------------------------------------


def _attempt(rng: Random, seed: int, budget: int) -> Drawn:
    """A spec with nothing beside its graph; NothingFits where it came to none."""
    world = World(rng, DRAWS)
    declared, names = _inputs(rng)
    where, sizes = _sizes(rng, names)
    empty = Spec(Block("M", {}, declared, Graph(()), where))
    drawn = Drawn(seed, empty, sizes, frozenset())
    frames = []
    for inputs, at in zip(drawn.draws(), sizes, strict=True):
        values = {**dict.fromkeys(declared), **inputs, **at, "training": False}
        frames.append(Frame("", values, flow=inputs["x"]))
    hand = Hand(world, frames, Store(), None)
    for name, i in declared.items():
        if i.optional:
            hand.expression(f"x + {name} if {name} is not None else x")
        else:
            shown = [f"{name}[0]", f"{name}[1]"] if i.type.startswith("list") else [name]
            hand.pool += map(hand.value, shown)
    fill(hand, rng.randint(2, budget))
    graph = Graph(tuple(hand.nodes), _outputs(hand, declared))
    model = Block("M", world.params, declared, graph, where)
    spec = pruned(Spec(model, tuple(world.blocks.values())))
    spec = all_needed(spec) if rng.random() < 0.85 else spec
    return replace(drawn, spec=spec, ops=frozenset(world.used))


def _inputs(rng: Random) -> tuple[dict[str, Input], list[str]]:
    """Declared inputs, and the names of their dims."""
    chosen = [rng.choice((*TYPES[:5], rng.choice(TYPES)))]
    chosen += [rng.choice(TYPES) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    types = [f"{word}[{', '.join(map(str, dims))}]" for word, dims in chosen]
    declared = {f"x{k}" if k else "x": Input(type_) for k, type_ in enumerate(types)}
    if rng.random() < 0.1:
        declared["xs"] = Input(f"list[{rng.choice(types)}]")
    if chosen[0][0] == "float" and rng.random() < 0.2:
        for name in ("past", "skip")[: rng.choice((1, 1, 2))]:
            declared[name] = replace(declared["x"], optional=True)
    return declared, sorted({d for _, dims in chosen for d in dims if isinstance(d, str)})


def _sizes(rng: Random, names: list[str]) -> tuple[tuple[str, ...], tuple[dict[str, int], ...]]:
    """Constraints, and sizes for every draw that satisfy them."""
    where: list[str] = []
    free = list(names)
    for name in (n for n in names if n in "HWTL" and rng.random() < 0.3):
        if name not in free:
            continue
        free.remove(name)
        forms = [f"{name} % 2 == 0", f"{name} % 2 == 0", f"{name} % 3 == 0", f"{name} >= 4"]
        forms += [form for n in free for form in (f"{name} == {n}", f"{name} == 2 * {n} + 1")]
        where.append(rng.choice(forms))
        free = [n for n in free if n not in where[-1]]
    while True:
        columns = rng.sample(SIZES, len(names))
        draws = [{n: c[k] for n, c in zip(names, columns, strict=True)} for k in range(DRAWS)]
        if all(len({*sizes.values()}) == len(names) for sizes in draws):
            return tuple(where), tuple(meeting(where, sizes) for sizes in draws)


_FACT = re.compile(r"(\w+) (?:% (?P<factor>\d+) == 0|== (?P<size>.+)|>= 4)")


def meeting(where: Sequence[str], sizes: Mapping[str, int]) -> dict[str, int]:
    """Sizes of at least 4 changed so that they meet constraints."""
    found = dict(sizes)
    for text in where:
        fact = _FACT.fullmatch(text)
        assert fact is not None, text
        if fact["factor"]:
            found[fact[1]] *= int(fact["factor"])
        elif fact["size"]:
            found[fact[1]] = evaluate(fact["size"], Names(found, {}, lambda node, name: None))
    return found


def _outputs(hand: Hand, declared: Mapping[str, Input]) -> dict[str, str]:
    """Values that nothing reads, and a few that are read too."""
    made = [v for v in hand.pool if v.text not in declared]
    read = words(Graph(tuple(hand.nodes)))
    loose = [v for v in made if not {*_WORD.findall(v.text)} & read]
    chosen = loose[-6:] or [hand.one(made[-1:])]
    chosen += [v for v in made if v not in chosen and hand.chance(0.1)]
    return {f"y{k}": v.text for k, v in enumerate(chosen)}


# Beside the graph ---------------------------------------------------------------------------


def _beside(drawn: Drawn, rng: Random) -> Drawn:
    """The spec with some of what may stand beside a graph, each if the oracle takes it."""
    for add, probability in BESIDE:
        if rng.random() < probability:
            found = replace(drawn, spec=add(drawn, rng))
            drawn = found if runs(found) else drawn
    return drawn


def _variant(drawn: Drawn, rng: Random) -> Spec:
    """Another value for one of the params."""
    params = drawn.spec.model.params
    if not params:
        return drawn.spec
    name = rng.choice(list(params))
    other = str(rng.randint(1, 9)) if params[name].isdigit() else rng.choice(MODULE_PARAMS)
    return replace(drawn.spec, variants={"small": {}, "large": {name: other}})


def _parameters(drawn: Drawn) -> dict[str, Tensor]:
    """The floating parameters of the model's own nodes, by their names in the `state_dict`."""
    store = Store()
    run(drawn, None, store)
    own = {node.name for node in drawn.spec.model.graph.nodes}
    return {
        name: value
        for name, value in store.state().items()
        if name.split(".")[0] in own and isinstance(value, nn.Parameter)
    }


def _init(drawn: Drawn, rng: Random) -> Spec:
    names = [name for name, value in _parameters(drawn).items() if value.ndim > 1]
    if not names:
        return drawn.spec
    name = rng.choice(names)
    if "." in name and rng.random() < 0.5:
        how = rng.choice(["normal(std=0.02)", "zeros", "uniform(-0.1, 0.1)"])  # vectors match too
        return replace(drawn.spec, init=((f"*.{name.rpartition('.')[2]}", how),))
    how = rng.choice(["orthogonal", "zeros", "trunc_normal(std=0.02)", "xavier_uniform"])
    return replace(drawn.spec, init=((name, how),))


def _tie(drawn: Drawn, rng: Random) -> Spec:
    found = _parameters(drawn)
    names = [name for name in found if all(map(str.isidentifier, name.split(".")))]
    pairs = [(a, b) for a, b in permutations(names, 2) if found[a].shape == found[b].shape]
    if not pairs:
        return drawn.spec
    target, source = rng.choice(pairs)
    return replace(drawn.spec, tie={target: source})


def _method(drawn: Drawn, rng: Random) -> Spec:
    """An entry point to one of the model's own values."""
    frame = run(drawn, None, Store())
    names = [node.name for node in drawn.spec.model.graph.nodes]
    values = [name for name in names if isinstance(frame.values.get(name), Tensor)]
    if not values:
        return drawn.spec
    out = rng.choice(values)
    methods = {"part": Method({"z": out})}
    inner = [name for name in values if name != out and _leads(drawn, name, out)]
    if inner:
        methods["rest"] = Method({"z": out}, {"u": rng.choice(inner)})
    return replace(drawn.spec, methods=methods)


def _leads(drawn: Drawn, name: str, out: str) -> bool:
    """Whether a node's value is all that another needs."""
    nodes = drawn.spec.model.graph.nodes
    at = [node.name for node in nodes].index(name)
    part = needed(Graph(nodes[at + 1 :], {"z": out}), inside=False)
    between, names = (
        {word for node in some for word in node.name.split(", ")} for some in (part.nodes, nodes)
    )
    read = words(part) - between
    outside = {*drawn.spec.model.inputs, *drawn.sizes[0], *names} - {name}
    made = not isinstance(nodes[at], Parameter | Buffer)
    return made and out in between and name in read and not read & outside


def _library(drawn: Drawn, rng: Random) -> Spec:
    """Some blocks in a second file: those that read nothing of this one."""
    found: set[str] = set()
    elsewhere = {*drawn.spec.model.params, *as_values(drawn.spec)}
    for block in drawn.spec.blocks:
        if not ({block.name} | mentioned(block)) & elsewhere and rng.random() < 0.7:
            found.add(block.name)
        else:
            elsewhere.add(block.name)
    return replace(drawn.spec, library=frozenset(found))


BESIDE: tuple[tuple[Callable[[Drawn, Random], Spec], float], ...] = (
    (_variant, 0.3), (_init, 0.3), (_tie, 0.3), (_method, 0.25), (_library, 0.3),
)  # fmt: skip
"""What may stand beside a graph, and how often it is tried."""
