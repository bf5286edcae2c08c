"""Which names mean what at a place in a block, and which of them hold modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal as Choice

from netwright.ir.expr import Attribute, Call, Expr, IfElse, Index, Name
from netwright.ir.program import Block, Module, Param, Variant
from netwright.ops import table
from netwright.ops.entry import ModuleOp
from netwright.source import Span

Kind = Choice["node", "input", "param", "dim", "index"]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name means.

    module   it can be called or used as an op
    modules  it is a list of such
    lexical  it is a param of the file, seen from one of its blocks
    unsure   its definition is at fault, so that it may be anything
    """

    kind: Kind
    span: Span
    module: bool = False
    modules: bool = False
    lexical: bool = False
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class OpCallee:
    op: ModuleOp


@dataclass(frozen=True, slots=True)
class BlockCallee:
    """A block or another file's model; `variant` fixes some of its params."""

    block: Block
    variant: Variant | None = None


@dataclass(frozen=True, slots=True)
class OpenCallee:
    """A module that only the build knows: the value of a param."""


Callee = OpCallee | BlockCallee | OpenCallee


@dataclass(slots=True)
class FileScope:
    """What every block of a file sees. A namespace maps to None where its file is at fault."""

    params: Mapping[str, Param] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    uses: Mapping[str, Module | None] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Blocks whose definition is at fault, so that names they may define are not missed."""
    open: bool = False
    """The same for the whole file."""
    quiet: set[Span] = field(default_factory=set)
    """Modules whose arguments are at fault as a whole, so that none is missed, and nodes with a
    misspelt control key, which may have bound names."""

    def callee(self, expr: Expr) -> Callee | None:
        """The module that `expr` names among blocks, namespaces and torch.nn."""
        if isinstance(expr, Name):
            return self.named(expr.id)
        if isinstance(expr, Attribute) and isinstance(expr.value, Name):
            namespace = expr.value.id
            return self.member(self.uses[namespace], expr.name) if namespace in self.uses else None
        return None

    def named(self, name: str) -> Callee | None:
        if name in self.broken:
            return OpenCallee()
        if name in self.blocks:
            return BlockCallee(self.blocks[name])
        op = table.MODULES.get(name)
        return None if op is None else OpCallee(op)

    def member(self, module: Module | None, name: str) -> Callee | None:
        if module is None:
            return OpenCallee()
        if name in module.blocks:
            return BlockCallee(module.blocks[name])
        if module.model is None:
            return None
        if name == module.model.name:
            return BlockCallee(module.model)
        variant = module.variants.get(name)
        return None if variant is None else BlockCallee(module.model, variant)


@dataclass(slots=True)
class Scope:
    """The names of one level: a block, or an inline block inside `parent`."""

    file: FileScope
    parent: Scope | None = None
    names: dict[str, Binding] = field(default_factory=dict)
    model: bool = False

    def inner(self) -> Scope:
        return Scope(self.file, self, {}, self.model)

    def bind(self, name: str, binding: Binding) -> None:
        self.names[name] = binding

    def lookup(self, name: str) -> Binding | None:
        at: Scope | None = self
        while at is not None:
            found = at.names.get(name)
            if found is not None:
                return found
            at = at.parent
        param = self.file.params.get(name)
        return None if param is None else of_param(param, lexical=True)

    def visible(self) -> Iterator[str]:
        at: Scope | None = self
        while at is not None:
            yield from reversed(at.names)
            at = at.parent
        yield from self.file.params

    def callee(self, expr: Expr) -> Callee | None:
        """The module that `expr` names, or None where it is no module.

        Nodes, inputs, params and dims come before blocks and torch.nn.
        """
        if isinstance(expr, Call):
            return None if expr.args else self.called(expr.func)
        if isinstance(expr, IfElse):
            both = self.callee(expr.then), self.callee(expr.otherwise)
            return OpenCallee() if None not in both else None
        if isinstance(expr, Index) and isinstance(expr.value, Name):
            binding = self.lookup(expr.value.id)
            return OpenCallee() if binding is not None and binding.modules else None
        root = expr.value if isinstance(expr, Attribute) else expr
        binding = self.lookup(root.id) if isinstance(root, Name) else None
        if binding is None:
            return self.file.callee(expr)
        holds = binding.kind in ("param", "index") and binding.module
        return OpenCallee() if holds and root is expr else None

    def called(self, expr: Expr) -> Callee | None:
        """The module that `expr` names before a bracket: values that hold none do not hide it."""
        binding = self.lookup(expr.id) if isinstance(expr, Name) else None
        if binding is not None and not binding.module:
            return self.file.callee(expr)
        return self.callee(expr)


def of_param(param: Param, lexical: bool = False) -> Binding:
    """What a param means; one whose type is at fault may hold anything."""
    module = param.type in ("module", "")
    modules = param.type.startswith("list[") and "module" in param.type
    return Binding("param", param.span, module, modules, lexical, unsure=not param.type)


def block_scope(file: FileScope, block: Block, model: bool) -> Scope:
    """The names of a block before its first node: params, inputs, and the dims that inputs bind."""
    from netwright.frontend.typeparse import dim_names

    scope = Scope(file, None, {}, model)
    for param in block.params:
        scope.bind(param.name, of_param(param))
    for given in block.inputs:
        scope.bind(given.name, Binding("input", given.span))
    for given in block.inputs:
        for name, place in dim_names(given.type).items():
            if scope.lookup(name) is None:
                scope.bind(name, Binding("dim", place.span))
    return scope
