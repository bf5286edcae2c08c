"""torch modules under the names of a spec's weights, and graphs over them."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.fx import Graph, GraphModule

from netwright.backends.fx import modules
from netwright.backends.fx.dtypes import torch_dtype
from netwright.backends.fx.initialise import Compute, initialise
from netwright.ir.dims import known
from netwright.ir.instance import Instance, ModuleChild, Path, WeightDecl, named


class LoweredModule(GraphModule):
    """A graph with all of the spec's weights, those included that the graph does not read."""

    def __deepcopy__(self, memo: dict[int, Any]) -> LoweredModule:
        copied = super().__deepcopy__(memo)
        assert isinstance(copied, LoweredModule)
        adopt(copied, copy.deepcopy(self.__dict__, memo))
        return copied


def assemble(source: nn.Module, graph: Graph, name: str) -> LoweredModule:
    """`graph` as a module that owns what `source` owns, in the same order."""
    graph.lint()
    module = LoweredModule(nn.Module(), Graph(), name)
    adopt(module, source.__dict__)
    module.graph = graph
    return module


def adopt(module: nn.Module, state: dict[str, Any]) -> None:
    """Let `module` own the parameters, buffers and children of another module's `__dict__`."""
    for kind in ("_parameters", "_buffers", "_modules"):
        owned: dict[str, Any] = getattr(module, kind)
        owned.clear()
        owned.update(state[kind])
    module._non_persistent_buffers_set = set(state["_non_persistent_buffers_set"])


# Growing ------------------------------------------------------------------------------------


def grow(
    root: nn.Module, instance: Instance, compute: Compute, prefix: Path = (), frozen: bool = False
) -> None:
    """Add the modules and weights of `instance` below `prefix`, on the current default device."""
    for weight in instance.weights.values():
        *levels, last = weight.name.split(".")
        _own(container(root, (*prefix, *levels)), last, weight, compute, frozen)
    for path, child in instance.children.items():
        below = (*prefix, *named(path))
        still = frozen or path in instance.frozen
        if isinstance(child, Instance):
            container(root, below)
            grow(root, child, compute, below, still)
        else:
            _put(root, prefix, path, child, still)


def container(root: nn.Module, path: Path) -> nn.Module:
    """The module at `path`, made where it is missing."""
    for part in path:
        if part not in root._modules:
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    return root


def _own(owner: nn.Module, name: str, weight: WeightDecl, compute: Compute, frozen: bool) -> None:
    if name in owner._parameters or name in owner._buffers:
        return
    if weight.buffer:
        assert weight.value is not None
        owner.register_buffer(name, compute(weight.steps, weight.value), weight.persistent)
        return
    shape = [known(size) or 0 for size in weight.shape]
    tensor = torch.empty(shape, dtype=torch_dtype(weight.dtype, torch.get_default_dtype()))
    if not tensor.is_meta:
        initialise(tensor, weight.initial, compute)
    owner.register_parameter(name, nn.Parameter(tensor, not (weight.frozen or frozen)))


def _put(root: nn.Module, prefix: Path, path: Path, child: ModuleChild, frozen: bool) -> None:
    """Build a module. One on a level of other nodes leaves its weights there."""
    *levels, last = named(path) or (hidden(path),)
    parent = container(root, (*prefix, *levels))
    before = parent._modules.get(last)
    if before is not None and type(before) is not nn.Module:
        return
    module = modules.build(child)
    if frozen:
        module.requires_grad_(False)
    if not named(path):
        module = _bare(parent, module)
    for name, below in () if before is None else before.named_children():
        module.add_module(name, below)
    parent.add_module(last, module)


def _bare(owner: nn.Module, module: nn.Module) -> modules.Bare:
    """Leave the weights of `module` with `owner`."""
    for name, parameter in module.named_parameters():
        *levels, last = name.split(".")
        container(owner, tuple(levels)).register_parameter(last, parameter)
    kept = module.state_dict().keys()
    for name, buffer in module.named_buffers():
        *levels, last = name.split(".")
        container(owner, tuple(levels)).register_buffer(last, buffer, name in kept)
    return modules.Bare(copy.deepcopy(module))


def hidden(path: Path) -> str:
    """Under which name a module stands that adds no level to its weights' names."""
    return path[-1].removeprefix("~")
