"""A spec as the generator has it in hand: what the oracle runs, and what is printed as YAML.

Expressions are texts in the language's syntax, which is Python's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Expression:
    """`name: text`. Several names, `q, k, v`, unpack."""

    name: str
    text: str


@dataclass(frozen=True)
class Module:
    """A class of `torch.nn`, a block, or a param that holds one.

    `inputs` are in order; None lets flow in what the node before gave. `control` are the keys
    beside the arguments (`repeat`, `when`, ...); with one of them, or if `long`, it is printed as
    data.
    """

    name: str
    op: str
    args: Texts = field(default_factory=dict)
    inputs: tuple[str, ...] | None = None
    control: Texts = field(default_factory=dict)
    long: bool = False


@dataclass(frozen=True)
class Inline:
    """A block inside a node. `given` are its inputs by name; none lets flow in what flows."""

    name: str
    graph: Graph
    given: Texts = field(default_factory=dict)
    control: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """A learned tensor; `shape` is a list of sizes."""

    name: str
    shape: str
    init: str = ""


@dataclass(frozen=True)
class Buffer:
    """A constant tensor."""

    name: str
    text: str
    persistent: bool = True


Node = Expression | Module | Inline | Parameter | Buffer


@dataclass(frozen=True)
class Graph:
    """Nodes in order, and outputs by name; without outputs, the last value."""

    nodes: tuple[Node, ...]
    outputs: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """A declared input: `dtype[dims]`."""

    type: str
    optional: bool = False


@dataclass(frozen=True)
class Block:
    """A graph with a name, params (their defaults as texts) and declared inputs."""

    name: str
    params: Texts
    inputs: Mapping[str, Input]
    graph: Graph
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Method:
    """An entry point: outputs, and what enters in place of nodes; else the model's inputs do."""

    outputs: Texts
    inputs: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """A whole file. `init` pairs what is matched with an initialiser.

    The blocks of `library` are printed as a second file, which the first uses.
    """

    model: Block
    blocks: tuple[Block, ...] = ()
    variants: Mapping[str, Texts] = field(default_factory=dict)
    init: tuple[tuple[str, str], ...] = ()
    tie: Texts = field(default_factory=dict)
    methods: Mapping[str, Method] = field(default_factory=dict)
    library: frozenset[str] = frozenset()

    def graphs(self) -> Iterator[Graph]:
        """Every graph of the file, those of inline blocks too."""
        for block in (self.model, *self.blocks):
            yield from within(block.graph)


def within(graph: Graph) -> Iterator[Graph]:
    """`graph` and the graphs inside its nodes."""
    yield graph
    for node in graph.nodes:
        if isinstance(node, Inline):
            yield from within(node.graph)


def texts(graph: Graph) -> Iterator[str]:
    """Every expression of a graph."""
    yield from graph.outputs.values()
    for node in graph.nodes:
        match node:
            case Expression(text=text) | Buffer(text=text):
                yield text
            case Parameter(shape=shape):
                yield shape
            case Module():
                yield from (*node.args.values(), *(node.inputs or ()), *node.control.values())
            case Inline():
                yield from (*node.given.values(), *node.control.values(), *texts(node.graph))


_WORD = re.compile(r"[A-Za-z_]\w*")


def words(graph: Graph) -> set[str]:
    """Every name that the expressions of a graph hold."""
    return {word for text in texts(graph) for word in _WORD.findall(text)}


def needed(graph: Graph, inside: bool = True) -> Graph:
    """`graph` without the nodes that no output needs; `inside` its inner graphs too."""
    kept: list[Node] = []
    read = words(Graph((), graph.outputs))
    flows = not graph.outputs
    for node in reversed(graph.nodes):
        names = set(node.name.split(", "))
        inner = node
        if inside and isinstance(node, Inline):
            inner = replace(node, graph=needed(node.graph))
        flowing = flows and not isinstance(node, Parameter | Buffer) and len(names) == 1
        if flowing or names & read:
            kept.insert(0, inner)
            read |= words(Graph((inner,)))
            flows = flows and not flowing
            flows |= (isinstance(node, Module) and node.inputs is None) or (
                isinstance(node, Inline) and not node.given
            )
    return replace(graph, nodes=tuple(kept))


def all_needed(spec: Spec) -> Spec:
    """A spec in which every node is needed, and every block called."""
    blocks = tuple(replace(b, graph=needed(b.graph)) for b in spec.blocks)
    model = replace(spec.model, graph=needed(spec.model.graph))
    return pruned(replace(spec, model=model, blocks=blocks))


def pruned(spec: Spec) -> Spec:
    """Without the blocks that nothing calls and no param holds."""
    used = as_values(spec).union(*map(mentioned, (spec.model, *spec.blocks)))
    kept = tuple(b for b in spec.blocks if b.name in used)
    library = spec.library & {b.name for b in kept}
    found = replace(spec, blocks=kept, library=library)
    return found if len(kept) == len(spec.blocks) else pruned(found)


def as_values(spec: Spec) -> set[str]:
    """Names of blocks that params hold or are given."""
    held = [p for b in (spec.model, *spec.blocks) for p in b.params.values()]
    held += [text for given in spec.variants.values() for text in given.values()]
    held += [
        t for g in spec.graphs() for n in g.nodes if isinstance(n, Module) for t in n.args.values()
    ]
    names = {word for text in held for word in _WORD.findall(text)}
    return names & {block.name for block in spec.blocks}


def mentioned(block: Block) -> set[str]:
    """Every name that a block's graph and defaults hold, those of its ops too."""
    ops = {n.op for g in within(block.graph) for n in g.nodes if isinstance(n, Module)}
    defaults = {word for text in block.params.values() for word in _WORD.findall(text)}
    return words(block.graph) | ops | defaults
