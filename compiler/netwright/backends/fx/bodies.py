"""Blocks that stay graphs of their own: walked along a dim, or recomputed in the backward pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.fx import Node

from netwright.backends.fx import modules, tree
from netwright.ir.dims import Dim, Symbol
from netwright.ir.instance import CallBlock, Instance, Path, Scan, named
from netwright.ir.values import Tensor

if TYPE_CHECKING:
    from netwright.backends.fx.lowering import Lowering, Scope


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
    from netwright.backends.fx.lowering import Lowering, Scope, leaves

    lowering = Lowering(owner, outer.mode, outer.compute)
    scope = Scope(())
    for name in order:
        for leaf, _ in leaves(child.inputs[name], child.inputs[name]):
            lowering.enter(leaf, lowering.placeholder(name or "x"), scope)
    lowering.run(child.steps, scope)
    lowering.graph.output(tuple(lowering.value(tensor, scope) for tensor in wanted))
    return tree.assemble(owner, lowering.graph, child.block.name), lowering.size_inputs
