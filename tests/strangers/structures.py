"""Blocks, inline blocks, loops and conditions: graphs inside a graph, grown the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from tests.strangers import modules, nodes
from tests.strangers.hand import Dim, Hand, NothingFits, Value
from tests.strangers.state import Frame, Store
from tests.strangers.syntax import (
    Block,
    Buffer,
    Expression,
    Graph,
    Inline,
    Input,
    Module,
    Parameter,
    Texts,
    texts,
    within,
)

DEEPEST = 2
"""Graphs inside graphs."""

WORDS = {
    torch.float32: "float", torch.int64: "int", torch.bool: "bool", torch.float64: "float64",
    torch.int32: "int32", torch.bfloat16: "bfloat16", torch.float16: "float16",
}  # fmt: skip
Seen = Mapping[str, Sequence[Any]]
"""Names that a loop gives, at every draw."""


def fill(hand: Hand, count: int) -> None:
    """Add nodes until there are `count`; proposals that torch refuses cost a try."""
    kinds = {**nodes.KINDS, **(KINDS if hand.world.depth < DEEPEST else {})}
    for _ in range(6 * count):
        if len(hand.nodes) >= count:
            return
        kind = hand.rng.choices(list(kinds), list(kinds.values()))[0]
        try:
            kind(hand)
        except NothingFits:
            hand.drop_pending()


@contextmanager
def deeper(hand: Hand) -> Iterator[None]:
    hand.world.depth += 1
    try:
        yield
    finally:
        hand.world.depth -= 1


# Inline blocks ------------------------------------------------------------------------------


def inline(hand: Hand) -> None:
    hand.add(nodes.kept(hand, inline_of(hand, {})))


def inline_of(hand: Hand, seen: Seen, same: bool = False) -> Inline:
    """An inline block over a value; `same` gives its value the type of that."""
    x = hand.real(1)
    word = hand.name("u") if hand.chance(0.6) or not nodes.flows(hand, x.text) else ""
    frames = []
    for k, frame in enumerate(hand.frames):
        values = {**frame.values, **{name: each[k] for name, each in seen.items()}}
        if word:
            values[word] = x.data[k]
        frames.append(Frame("", values, dict(frame.calls), x.data[k]))
    params = None if hand.params is hand.world.params else hand.params
    inside = Hand(hand.world, frames, Store(), params)
    entry = Value(word, x.data) if word else x
    inside.pool = [*hand.pool, *([entry] if word else [])]
    with deeper(hand):
        graph = body(inside, entry, same)
    return Inline(hand.name("g"), graph, {word: x.text} if word else {})


def body(inside: Hand, entry: Value, same: bool) -> Graph:
    """Nodes, and what comes of them: of the type of `entry` if `same`."""
    before = {v.text for v in inside.pool}
    fill(inside, inside.whole(1, 3))
    made = [v for v in inside.pool if v.text not in before]
    if same:
        fit = [v for v in made if v.dims == entry.dims and v.dtype == entry.dtype]
        last = fit[-1].text if fit else f"{entry.text} * 0.5"
        inside.expression(f"{entry.text} + {last}")
        return Graph(tuple(inside.nodes))
    if len(made) > 1 and inside.chance(0.35):
        first, second = inside.rng.sample(made, 2)
        return Graph(tuple(inside.nodes), {"a": first.text, "b": second.text})
    last_made = inside.one(made[-1:])
    bare = not isinstance(inside.nodes[-1], Parameter | Buffer)
    bare &= last_made.text == inside.nodes[-1].name
    return Graph(tuple(inside.nodes), {} if bare else {"a": last_made.text})


# Blocks -------------------------------------------------------------------------------------


def block(hand: Hand) -> None:
    """A call of a block: a new one, or one that is there with other params."""
    blocks = list(hand.world.blocks.values())
    node = called(hand, hand.one(blocks)) if blocks and hand.chance(0.5) else new_block(hand)
    names = takeable(hand.world.blocks[node.op].graph)
    if names and hand.chance(0.2):
        some = hand.rng.sample(names, min(len(names), hand.whole(1, 2)))
        taken = some[0] if hand.chance(0.4) else f"[{', '.join(some)}]"
        node = replace(node, control={"take": taken})
    hand.add(nodes.kept(hand, node))


def takeable(graph: Graph) -> list[str]:
    """Nodes of a block that `take` may name. None where a part of a node may be left out, an item
    of a list or a branch: the oracle runs nodes as a whole."""
    inner = [node for inside in within(graph) for node in inside.nodes]
    controls = {word for n in inner if isinstance(n, Module | Inline) for word in n.control}
    if controls & {"each", "collect"} or any("[" in t or " if " in t for t in texts(graph)):
        return []
    names = [node.name for node in graph.nodes if not isinstance(node, Parameter | Buffer)]
    return [name for name in names if "," not in name]


def _given(hand: Hand, declared: Input) -> str:
    """A value for an input, or a list of two."""
    x = hand.real()
    return hand.written([x, hand.like(x)]) if declared.type.startswith("list") else x.text


def called(hand: Hand, of: Block) -> Module:
    args = {
        name: hand.number(hand.whole(1, 6)) if default.isdigit() else hand.one(nodes.MODULE_PARAMS)
        for name, default in of.params.items()
        if (default.isdigit() or default[0].isupper()) and hand.chance(0.6)
    }
    inputs = tuple(
        _given(hand, i) for i in of.inputs.values() if not i.optional or hand.chance(0.5)
    )
    return Module(hand.name("b"), of.name, args, inputs, long=hand.chance(0.4))


def new_block(hand: Hand, same: bool = False) -> Module:
    """A new block over values at hand, and the node that calls it."""
    entries = [hand.real(0, 5)] if same else [hand.tensor() for _ in range(hand.whole(1, 2))]
    hand.world.begun += 1
    name = f"Block{hand.world.begun}"
    declared, bound = interface(hand, entries)
    inputs = {n: Input(t) for n, t in declared.items()}
    given: dict[str, Value | list[Value] | None] = dict(zip(declared, entries, strict=True))
    if hand.chance(0.12):
        inputs["xs"] = Input(f"list[{declared['x']}]")
        given["xs"] = [entries[0], hand.like(entries[0])]
    if hand.chance(0.15):
        inputs["opt"] = Input(declared["x"], optional=True)
        given["opt"] = hand.like(entries[0]) if hand.chance(0.5) else None
    inside = _inside(hand, given, bound)
    if hand.chance(0.7):
        inside.param(str(hand.whole(1, 6)))
    with deeper(hand):
        graph = body(inside, inside.pool[0], same)
    params = inside.params
    hand.world.blocks[name] = Block(name, params, inputs, graph, _where(hand, params, bound))
    hand.oracle = hand.world.oracle(hand.store)
    args = {n: hand.number(int(t)) for n, t in params.items() if t.isdigit() and hand.chance(0.4)}
    texts = tuple(hand.written(value) for value in given.values() if value is not None)
    return Module(hand.name("b"), name, args, texts, long=hand.chance(0.4))


def _inside(
    hand: Hand, given: Mapping[str, Value | list[Value] | None], bound: Mapping[str, Dim]
) -> Hand:
    """The graph of a block that is begun, with its inputs at hand."""
    frames = []
    for k in range(hand.world.draws):
        values: dict[str, Any] = dict(hand.world.oracle(Store()).params)
        values |= {n: _at(value, k) for n, value in given.items()}
        values |= {n: dim[k] for n, dim in bound.items()}
        frames.append(Frame("", {**values, "training": False}, {}, values["x"]))
    inside = Hand(hand.world, frames, Store(), {})
    inside.lists = [n for n, value in given.items() if isinstance(value, list)]
    plain = [n for n, value in given.items() if isinstance(value, Value) and n != "opt"]
    inside.pool = [inside.value(n) for n in plain]
    inside.pool += [inside.value(f"{n}[{k}]") for n in inside.lists for k in (0, 1)]
    if "opt" in given:
        inside.expression("x + opt if opt is not None else x")
    return inside


def _at(value: Value | list[Value] | None, k: int) -> Any:
    """What a value is at one draw."""
    if isinstance(value, list):
        return [item.data[k] for item in value]
    return None if value is None else value.data[k]


def _where(hand: Hand, params: Texts, bound: Mapping[str, Dim]) -> tuple[str, ...]:
    """Rarely a constraint on a param or a dim."""
    forms = [f"{name} <= 12" for name, text in params.items() if text.isdigit()]
    forms += [f"{name} >= 1" for name in bound]
    forms += [f"{name} % 2 == 0" for name, dim in bound.items() if all(n % 2 == 0 for n in dim)]
    return (hand.one(forms),) if forms and hand.chance(0.15) else ()


def interface(hand: Hand, entries: Sequence[Value]) -> tuple[dict[str, str], dict[str, Dim]]:
    """Declared types of a block's inputs, and the names of dims that they bind."""
    declared: dict[str, str] = {}
    bound: dict[str, Dim] = {}
    for k, value in enumerate(entries):
        dims = ", ".join(_declared(hand, dim, bound) for dim in value.dims)
        declared[f"x{k}" if k else "x"] = f"{WORDS[value.dtype]}[{dims}]"
    return declared, bound


def _declared(hand: Hand, dim: Dim, bound: dict[str, Dim]) -> str:
    """A dim of a declared type: a number, a name that is bound, or a new one."""
    held = [name for name, other in bound.items() if other == dim]
    if held and hand.chance(0.7):
        return hand.one(held)
    if len(set(dim)) == 1 and hand.chance(0.4):
        return str(dim[0])
    name = next(letter for letter in "BCDEFGHIJKLMNOP" if letter not in bound)
    bound[name] = dim
    return name


# Loops and conditions -----------------------------------------------------------------------


def keeping(hand: Hand, seen: Seen) -> Inline | Module:
    """A node whose value is of its input's type."""
    return inline_of(hand, seen, same=True) if hand.chance(0.5) else new_block(hand, same=True)


def repeat(hand: Hand) -> None:
    count = hand.number(hand.whole(1, 3))
    named = hand.chance(0.2)
    control = {"repeat": f"j in range({count})" if named else count}
    control |= {"collect": "true"} if hand.chance(0.2) else {}
    control |= {"shared": "true"} if hand.chance(0.2) else {}
    if hand.chance(0.2) and not named:
        hand.add(chain(hand, control))
        return
    seen = {"j" if named else "i": [1] * hand.world.draws}
    if "shared" in control:
        seen = {}  # one module is not built of what differs
    hand.add(nodes.kept(hand, replace(keeping(hand, seen), control=control)))


def chain(hand: Hand, control: Texts) -> Module:
    """A chain of torch modules, whose sizes may grow."""
    x = modules.featured(hand)
    size = hand.number(x.const(-1) or 1)
    if "shared" not in control:
        size = hand.one([size, "4 * (i + 1)", "3 if i == 0 else 5"])
    return Module(hand.name("m"), "Linear", {"out_features": size}, (x.text,), control)


def each(hand: Hand) -> None:
    """One instance for every item of a list of tensors, or of numbers."""
    if not hand.lists or hand.chance(0.4):
        x = modules.featured(hand)
        forms = ["w in [2, 3]", "w, s in zip([3, 4], [1, 2])", "w in range(2, 4)"]
        control = {"each": hand.one(forms)}
        node = Module(hand.name("e"), "Linear", {"out_features": "w"}, (x.text,), control)
        hand.add(nodes.kept(hand, node))
        return
    items = hand.one(hand.lists)
    if not all(isinstance(item, Tensor) for item in hand.frames[0].values[items]):
        raise NothingFits
    control = {"each": f"m in {items}", **({"shared": "true"} if hand.chance(0.3) else {})}
    args = {"Linear": {"out_features": hand.number(3)}, "ReLU": {}, "LayerNorm": {}, "GELU": {}}
    name = hand.one(list(args))
    hand.add(Module(hand.name("e"), name, args[name], ("m",), control))


def scan(hand: Hand) -> None:
    """A walk along a dim that has a name, with or without a state."""
    over = hand.one([n for n in nodes.numbers(hand) if n.isupper()])
    sizes = tuple(frame.values[over] for frame in hand.frames)
    x = hand.pick(
        lambda v: (
            v.floating
            and v.text.isidentifier()
            and sizes in v.dims[:-1]
            and all([*t.shape].count(n) == 1 for t, n in zip(v.data, sizes, strict=True))
            and v.const(-1) is not None
        )
    )
    control = {"scan": f"t in {x.text} over {over}"}
    if hand.chance(0.4):
        steps = (Module("fc", "Linear", {"out_features": "3"}), Expression("act", "relu(fc)"))
        hand.add(Inline(hand.name("s"), Graph(steps), {"u": "t"}, control))
        return
    rest = [hand.size(d) for k, d in enumerate(x.dims) if k != x.dims.index(sizes)]
    start = f"zeros([{', '.join(rest)}])"
    if hand.chance(0.7):
        start = hand.expression(start)[0].text
    mixed = ("cat([u, h], dim=-1)",)
    steps = (
        Module("mix", "Linear", {"out_features": hand.size(x.dim(-1))}, mixed),
        Expression("next", "tanh(mix)"),
    )
    outputs = {"h": "next", **({"y": "next * 2"} if hand.chance(0.5) else {})}
    given = {"h": start, "u": "t"}
    hand.add(Inline(hand.name("s"), Graph(steps, outputs), given, control))


def when(hand: Hand) -> None:
    """A node that a condition may switch off."""
    decides = nodes.condition(hand)
    node = keeping(hand, {})
    control = {"when": decides}
    first = [*node.given.values()] if isinstance(node, Inline) else node.inputs
    if first and hand.chance(0.3):
        x = hand.value(first[0])
        other = hand.like(x) if "training" in decides else hand.tensor()
        control["else"] = other.text
    hand.add(replace(node, control=control))


KINDS: Mapping[Callable[[Hand], None], int] = {
    inline: 6, block: 10, repeat: 8, each: 4, scan: 4, when: 6,
}  # fmt: skip
"""How often each is tried."""
