"""An instance tree as one `torch.fx.GraphModule`, not traced from the emitted source.

Blocks are inlined; modules and weights keep their paths, so that the `state_dict` has the spec's
names. A block that is walked along a dim or recomputed in the backward pass stays a graph of its
own.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

from netwright.backends.fx import functions, tree
from netwright.backends.fx.calls import Mode
from netwright.backends.fx.initialise import initialise
from netwright.backends.fx.lowering import Lowering
from netwright.backends.fx.scope import Scope
from netwright.ir import values as ir
from netwright.ir.instance import Initial, Instance, ReadWeight, Step
from netwright.source import NOWHERE


def lower(
    instance: Instance, *, among: Iterable[Instance] = (), training: bool | None = None
) -> GraphModule:
    """Lower an instance, building its weights on the default device in the default dtype.

    Args:
        instance: a model elaborated for one case. Optional inputs that the case lacks are refused
            at call.
        among: other instances of the model whose weights the module owns too: of other cases, or
            the whole model where `instance` is a cut of it.
        training: the mode of functions such as `dropout`; that of the instance if left out. Modules
            follow `train()` and `eval()`.

    Returns:
        A module that takes the model's inputs and returns its output, several as a NamedTuple.
    """
    trains = instance.training if training is None else training
    mode = Mode(torch.get_default_dtype(), trains)
    root = nn.Module()
    for owner in (*among, instance):
        tree.grow(root, owner, partial(_computed, mode))
    lowering = Lowering(root, mode, partial(_computed, mode))
    scope = Scope(())
    _inputs(lowering, instance, scope)
    lowering.run(instance.steps, scope)
    lowering.graph.output(_outputs(lowering, instance, scope))
    return tree.assemble(root, lowering.graph, instance.block.name).train(trains)


def tie(module: nn.Module, pairs: Iterable[tuple[str, str]]) -> None:
    """Let the first weight of each pair be the second: one parameter under two names.

    AttributeError where a path leads to no weight, ValueError where the shapes differ.
    """
    for target, source in pairs:
        owner_path, _, name = target.rpartition(".")
        replaced, shared = module.get_parameter(target), module.get_parameter(source)
        if replaced.shape != shared.shape:
            raise ValueError(f"`{target}` and `{source}` differ in shape")
        module.get_submodule(owner_path).register_parameter(name, shared)


def begin(module: nn.Module, starts: Iterable[tuple[str, Initial]]) -> None:
    """Fill the parameters that init rules are about, in the rules' order."""
    mode = Mode(torch.get_default_dtype(), training=False)
    for name, initial in starts:
        initialise(module.get_parameter(name), initial, partial(_computed, mode))


def _computed(mode: Mode, steps: Sequence[Step], result: ir.Tensor) -> Tensor:
    """Compute a buffer, or what a parameter begins with, on the current default device."""
    root = nn.Module()
    for step in steps:
        if isinstance(step, ReadWeight):
            owner, read = tree.container(root, step.path[:-1]), step.weight
            assert read.value is not None
            if step.path[-1] not in owner._buffers:
                owner.register_buffer(step.path[-1], _computed(mode, read.steps, read.value))
    lowering = Lowering(root, mode, partial(_computed, mode))
    scope = Scope(())
    lowering.run(steps, scope)
    lowering.graph.output(lowering.value(result, scope))
    value = GraphModule(root, lowering.graph)()
    assert isinstance(value, Tensor)
    return value


# The model's edge -----------------------------------------------------------------------------


def _inputs(lowering: Lowering, instance: Instance, scope: Scope) -> None:
    """A placeholder for each input; from the first optional one on, they default to None."""
    declared = {i.name: i for i in instance.block.inputs}
    absent: list[tuple[Node, str]] = []
    defaults: tuple[None, ...] = ()
    for name, value in instance.inputs.items():
        if name in declared and declared[name].optional:
            defaults = (None,)
        node = lowering.placeholder(name or "x", *defaults)
        if value is None:
            absent.append((node, name))
        else:
            span = declared[name].span if name in declared else NOWHERE
            lowering.enter(value, node, scope, span)
    for node, name in absent:
        lowering.graph.call_function(functions.absent, (node, name))


def _outputs(lowering: Lowering, instance: Instance, scope: Scope) -> Any:
    """The bare output, or a NamedTuple of several."""
    found = {name: lowering.value(value, scope) for name, value in instance.outputs.items()}
    if len(found) == 1:
        return next(iter(found.values()))
    kind = namedtuple(f"{instance.block.name}Output", found)  # type: ignore[misc]
    return kind(**found)
