"""What the emitter knows of each class while it writes the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from netwright.backends.source.naming import camel, singular
from netwright.ir import expr as ex
from netwright.ir.classes import ClassFacts, ModelFacts
from netwright.ir.dims import Dim
from netwright.ir.instance import Instance
from netwright.ir.program import Block, ExprNode, InlineNode, ModuleNode, Node
from netwright.ir.values import ModuleValue, Outputs, Tensor, TensorList, Value


@dataclass
class CtorArg:
    """A constructor argument: the spec's name for it and the emitted one, and how it is
    declared."""

    source: str
    name: str
    annotation: str
    default: ex.Expr | None = None
    derived: ex.Expr | None = None
    """A default that depends on other arguments: declared as None, computed in the body."""
    call_site: ex.Expr | None = None
    """For what an inline block hoists: the expression that the parent passes."""


@dataclass
class ForwardArg:
    """An argument of `forward`: the name inside the spec, the emitted one, its annotation."""

    source: str
    name: str
    annotation: str
    optional: bool = False


@dataclass(eq=False)
class ClassContext:
    """One class of the emitted file."""

    model: ModelFacts
    facts: ClassFacts
    name: str
    parent: ClassContext | None
    is_chain: bool = False
    is_root: bool = False
    spliced: bool = False
    """Whether all uses have the key `""`, so that the code is written there and not as a class."""
    host: ClassContext | None = None
    """The class that the block's code is written into."""
    hosted_by: str = ""
    """The node there."""
    ctor: list[CtorArg] = field(default_factory=list)
    inputs: list[ForwardArg] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    returns_list: bool = False
    stored: dict[str, None] = field(default_factory=dict)
    """Numbers that methods other than `forward` read as `self.name`."""
    ctor_names: dict[str, str] = field(default_factory=dict)
    """Constructor arguments by the spec's names, as they were chosen."""
    lent: dict[tuple[ClassContext, str], str] = field(default_factory=dict)
    """Attributes that keep numbers of blocks with `key: ""`, by block and name."""
    groups: dict[str, list[Any]] | None = None
    """The nodes that share an attribute, once `access` has looked."""
    hoisted: dict[str, ex.Expr] | None = None
    """Numbers that the parent passes, once `hoisting` has looked."""
    family: Mapping[ClassFacts, ClassContext] = field(default_factory=dict, repr=False)
    """The contexts of all classes of the file."""

    @property
    def block(self) -> Block:
        return self.facts.block

    @property
    def flat(self) -> bool:
        """Whether the modules are numbered on from those before them, in one `nn.Sequential`."""
        return self.facts.sample.start is not None

    def nodes(self) -> list[Node]:
        """The nodes of the class: all of its block's, or what a cut left of them, with those that
        are off and pass something by."""
        if not self.facts.cut:
            return list(self.block.nodes)
        alive = {step.node for i in self.facts.instances for step in i.steps}
        return [
            node
            for node in self.block.nodes
            if node in alive or isinstance(node, ExprNode) or self._is_off(node)
        ]

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The modules that a cut left out, which a list may still name beside what is taken."""
        kept = set(self.nodes())
        modules = (n for n in self.block.nodes if isinstance(n, ModuleNode | InlineNode))
        return frozenset(n.name for n in modules if n not in kept)

    def _is_off(self, node: Node) -> bool:
        holds = set(self.facts.found(node, "when"))
        return isinstance(node, ModuleNode | InlineNode) and holds == {False}

    def is_absent(self, name: str) -> bool:
        """Whether `name` is an optional input, of this block or of one around it, that no call
        gives."""
        if any(i.name == name for i in self.block.inputs):
            given = (i.inputs.get(name) for i in self.facts.instances)
            return not self.is_root and all(value is None for value in given)
        captured = self.block.inline and all(
            name in i.params and i.params[name] is None for i in self.facts.instances
        )
        if not captured or self.parent is None:
            return False
        return self._is_item(self.parent.block, name) or self.parent.is_absent(name)

    def _is_item(self, around: Block, name: str) -> bool:
        """Whether the loop of an inline block binds `name`."""
        loops = [n.control.loop for n in around.nodes if getattr(n, "block", None) is self.block]
        return any(loop is not None and name in loop.names for loop in loops)

    def of(self, instance: Instance) -> ClassContext:
        """The context of another instance's class."""
        return self.family[self.model.class_of[instance]]


def shared_counters(context: ClassContext) -> frozenset[str]:
    """The names of shared loops that an inline block reads: numbers that each call gives it, since
    all iterations are one module."""
    if not context.block.inline or context.parent is None:
        return frozenset()
    for node in context.parent.block.nodes:
        if isinstance(node, InlineNode) and node.block is context.block:
            loop = node.control.loop
            names = frozenset(() if loop is None else loop.names)
            own = names if node.control.shared else frozenset()
            return (own | shared_counters(context.parent) - names) & set(node.captures)
    return frozenset()


def is_chain(facts: ClassFacts) -> bool:
    """Whether an inline block is a plain chain of modules called 0, 1, 2, ...: an
    `nn.Sequential`."""
    block = facts.block
    if facts.cut or not block.inline or block.outputs or len(block.inputs) > 1:
        return False
    if facts.sample.start is not None:
        return all(_is_one(facts, node) for node in block.nodes)
    return bool(block.nodes) and all(
        isinstance(node, ModuleNode)
        and node.name == str(k)
        and node.given.implicit
        and is_plain(node)
        and len(facts.found(node, "child")) > 0
        for k, node in enumerate(block.nodes)
    )


def _is_one(facts: ClassFacts, node: Node) -> bool:
    """Whether a node of a `flat` graph is one module, or off, in all instances alike."""
    alike = len(set(facts.found(node, "when"))) <= 1
    return isinstance(node, ModuleNode) and node.control.loop is None and alike


def is_plain(node: Node) -> bool:
    """Whether a node has no control key that changes how it is built or called."""
    c = node.control
    return not (c.loop or c.when or c.key or c.take or c.shared or c.frozen or c.checkpoint)


def contexts(model: ModelFacts) -> dict[ClassFacts, ClassContext]:
    """A context for every class, with its name."""
    parents = _parents(model)
    found: dict[ClassFacts, ClassContext] = {}
    taken: set[str] = {"Tensor", "NamedTuple"}
    spliced = _spliced(model)
    for facts in reversed(model.classes):
        owner = parents.get(facts)
        parent = found[owner[0]] if owner is not None else None
        name = _class_name(facts, parent, owner[1] if owner else None, taken)
        taken.add(name)
        only = facts in spliced
        chain, root = is_chain(facts) and not only, facts is model.root
        found[facts] = ClassContext(model, facts, name, parent, chain, root, only, family=found)
    return found


def _parents(model: ModelFacts) -> dict[ClassFacts, tuple[ClassFacts, Node]]:
    parents: dict[ClassFacts, tuple[ClassFacts, Node]] = {}
    for facts in reversed(model.classes):
        for instance in facts.instances:
            for (place, kind), children in instance.facts.items():
                if kind != "child" or not isinstance(place, Node):
                    continue
                for child in children:
                    if isinstance(child, Instance) and child in model.class_of:
                        parents.setdefault(model.class_of[child], (facts, place))
    return parents


def within(context: ClassContext, host: ClassContext, node: Node) -> ClassContext:
    """The context of a block whose code is written into that of another class."""
    return ClassContext(
        context.model,
        context.facts,
        context.name,
        context.parent,
        host=host,
        hosted_by=node.name,
        family=context.family,
    )


def _spliced(model: ModelFacts) -> set[ClassFacts]:
    """The classes of which every use has the key `""`."""
    uses: dict[ClassFacts, set[Node]] = {}
    for facts in model.classes:
        for instance in facts.instances:
            for (place, kind), children in instance.facts.items():
                if kind == "child" and isinstance(place, Node):
                    for child in children:
                        if isinstance(child, Instance) and child in model.class_of:
                            uses.setdefault(model.class_of[child], set()).add(place)
    return {facts for facts, nodes in uses.items() if all(n.control.key == () for n in nodes)}


def _class_name(
    facts: ClassFacts, parent: ClassContext | None, node: Node | None, taken: set[str]
) -> str:
    base = facts.block.name
    candidates = [base]
    if facts.block.inline and node is not None and parent is not None:
        own = node.name if not node.control.loop else singular(node.name)
        short = parent.name if not parent.block.inline else camel(_own(parent))
        candidates = [short + camel(own), parent.name + camel(own)]
    if facts.cut and not facts.block.inline:
        candidates = [base + "Features", base + "Values"]
        if node is not None:
            candidates.append(base + camel(node.name))
    if facts.group:
        candidates = [f"{c}{tail}" for c in candidates for tail in _differs(facts)]
    for candidate in candidates:
        if candidate not in taken:
            return candidate
    return f"{candidates[-1]}{facts.group + 1}"


def _own(context: ClassContext) -> str:
    """The part of an inline class's name that is its own."""
    name = context.name
    if context.parent is not None and name.startswith(context.parent.name):
        return name[len(context.parent.name) :] or name
    return name


def _differs(facts: ClassFacts) -> list[str]:
    """Words for what tells one class of a split block from the others."""
    params = facts.sample.params
    words = [value.name for value in params.values() if isinstance(value, ModuleValue)]
    for name, value in params.items():
        if isinstance(value, bool):
            words.append(("With" if value else "Without") + camel(name))
        elif isinstance(value, int):
            words.append(f"{camel(name)}{value}")
    return words or ["Other"]


def tensorish(value: Value) -> bool:
    """Whether a value lives in `forward`: a tensor or something made of tensors."""
    if isinstance(value, Tensor | TensorList | Outputs):
        return True
    return isinstance(value, tuple) and any(tensorish(v) for v in value)


def annotation(value: Value) -> str:
    """The Python type of a param's value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "str"
    if isinstance(value, tuple):
        kinds = {annotation(v) for v in value} or {"int"}
        inner = (
            kinds.pop() if len(kinds) == 1 else "float" if kinds <= {"int", "float"} else "object"
        )
        return f"tuple[{inner}, ...]"
    return "object"


def is_modules(value: Value) -> bool:
    """Whether a param holds a list of modules, which no constructor takes as an argument."""
    return isinstance(value, tuple) and any(isinstance(v, ModuleValue) for v in value)


def tensor_annotation(value: Value) -> str:
    """The Python type of a value in `forward`: tensors, or numbers of the run time."""
    if isinstance(value, bool | int | float):
        return type(value).__name__
    if isinstance(value, Dim):
        return "int"
    if isinstance(value, tuple | TensorList):
        return "list[Tensor]"
    return "Tensor"


__all__ = [
    "ClassContext",
    "CtorArg",
    "ExprNode",
    "ForwardArg",
    "InlineNode",
    "ModuleValue",
    "annotation",
    "contexts",
    "tensor_annotation",
    "tensorish",
]
