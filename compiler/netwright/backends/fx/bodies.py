"""Blocks that stay graphs of their own: walked along a dim, or recomputed in the backward pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.fx import Node
from torch.utils.checkpoint import checkpoint

from netwright.backends.fx import functions, modules, tree
from netwright.backends.fx.scope import Part, Scope, leaves
from netwright.ir.dims import Dim, Symbol
from netwright.ir.instance import CallBlock, Instance, Path, Scan, named
from netwright.ir.values import Tensor

if TYPE_CHECKING:
    from netwright.backends.fx.lowering import Lowering


@dataclass(frozen=True)
class Body:
    """A block as a module; `leading` are arguments before its inputs, `sizes` after them."""

    module: Node
    leading: tuple[Any, ...]
    sizes: tuple[Any, ...]


@dataclass
class Bodies:
    """The blocks of one graph that are graphs of their own, by path."""

    _made: dict[Path, tuple[Any, list[Symbol]]] = field(default_factory=dict)

    def of(
        self,
        lowering: Lowering,
        step: CallBlock | Scan,
        order: list[str],
        wanted: list[Tensor],
        scope: Scope,
    ) -> Body:
        """The block of `step`, which takes the tensors of its inputs in `order`, giving `wanted`.

        It stands at its path. Where that is taken by another graph, or is none, it stands beside
        it and is given its weights.
        """
        path = (*scope.prefix, *named(step.path))
        key = (step.child, tuple(order), tuple(wanted))
        made = self._made.get(path)
        if not named(step.path) or (made is not None and made[0] != key):
            return self._bare(lowering, step, order, wanted, scope)
        target = ".".join(path)
        if made is None:
            owner = lowering.root.get_submodule(target)
            module, symbols = graph_of(lowering, step.child, owner, order, wanted)
            lowering.root.set_submodule(target, module)
            made = self._made[path] = key, symbols
        return Body(lowering.weight_at(target), (), _sizes(lowering, made[1]))

    def _bare(
        self,
        lowering: Lowering,
        step: CallBlock | Scan,
        order: list[str],
        wanted: list[Tensor],
        scope: Scope,
    ) -> Body:
        with torch.device("meta"):
            owner = nn.Module()
            tree.grow(owner, step.child, lowering.compute)
        module, symbols = graph_of(lowering, step.child, owner, order, wanted)
        parent = lowering.root.get_submodule(".".join(scope.prefix))
        name = tree.hidden(step.path)
        while name in parent._modules:
            name += "_again"
        parent.add_module(name, modules.Bare(module))
        weights = lowering.all_weights(step.child, (*scope.prefix, *named(step.path)))
        target = ".".join((*scope.prefix, name))
        return Body(lowering.weight_at(target), (weights,), _sizes(lowering, symbols))


def _sizes(lowering: Lowering, symbols: list[Symbol]) -> tuple[Any, ...]:
    return tuple(lowering.sizes.value(Dim({(symbol,): 1})) for symbol in symbols)


def graph_of(
    outer: Lowering, child: Instance, owner: nn.Module, order: list[str], wanted: list[Tensor]
) -> tuple[nn.Module, list[Symbol]]:
    """A block over the weights of `owner`, and the sizes that it takes besides its inputs."""
    from netwright.backends.fx.lowering import Lowering

    lowering = Lowering(owner, outer.mode, outer.compute)
    scope = Scope(())
    for name in order:
        for leaf, _ in leaves(child.inputs[name], child.inputs[name]):
            lowering.enter(leaf, lowering.placeholder(name or "x"), scope)
    lowering.run(child.steps, scope)
    lowering.graph.output(tuple(lowering.value(tensor, scope) for tensor in wanted))
    return tree.assemble(owner, lowering.graph, child.block.name), lowering.size_inputs


def recompute(lowering: Lowering, step: CallBlock, scope: Scope) -> None:
    """A block whose inside is computed again in the backward pass."""
    wanted = [theirs for theirs, _ in step.results]
    body = lowering.bodies.of(lowering, step, list(step.child.inputs), wanted, scope)
    pairs = [(v, step.inputs.get(name)) for name, v in step.child.inputs.items()]
    args = [lowering.value(v, scope) for theirs, ours in pairs for _, v in leaves(theirs, ours)]
    every = (body.module, *body.leading, *args, *body.sizes)
    node = lowering.call(checkpoint, every, step, scope, {"use_reentrant": False})
    for k, (_, ours) in enumerate(step.results):
        scope.values[ours] = Part(node, (k,))


def scan(lowering: Lowering, step: Scan, scope: Scope) -> None:
    """A block walked along a dim."""
    fed = list(step.carry.values())
    wanted = list(dict.fromkeys((*fed, *(t for t, _ in (*step.stacked, *step.final)))))
    order = [*step.walked, *step.carried, *(k for k in step.child.inputs if k in step.fixed)]
    body = lowering.bodies.of(lowering, step, order, wanted, scope)
    rest = [
        lowering.value(value, scope)
        for name in order[len(step.walked) + len(step.carried) :]
        for _, value in leaves(step.child.inputs[name], step.fixed[name])
    ]
    args = (
        body.module,
        body.leading,
        tuple(lowering.value(tensor, scope) for tensor, _ in step.walked.values()),
        tuple(axis for _, axis in step.walked.values()),
        tuple(lowering.value(step.carried[name], scope) for name in step.carried),
        (*rest, *body.sizes),
        tuple(wanted.index(step.carry[name]) for name in step.carried),
        tuple(wanted.index(tensor) for tensor, _ in step.stacked),
        tuple(wanted.index(tensor) for tensor, _ in step.final),
        step.axis,
    )
    node = lowering.call(functions.walk, args, step, scope)
    for k, (_, ours) in enumerate((*step.stacked, *step.final)):
        scope.values[ours] = Part(node, (k,))
