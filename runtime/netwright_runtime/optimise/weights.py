"""The weights of a graph: taken from a live module without a copy, and dropped when unused."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule

from netwright_runtime.model import Compiled


class Altered(ValueError):
    """A module is no longer what its spec says; the text names what differs."""


def lent(model: nn.Module) -> nn.Module:
    """A copy of `model` in evaluation that shares its weights, which get no gradients there."""
    memo: dict[int, Any] = {id(p): _frozen(p) for p in model.parameters()}
    memo.update({id(buffer): buffer for buffer in model.buffers()})
    copied: nn.Module = copy.deepcopy(model, memo)
    return copied.eval()


def graph_of(compiled: Compiled, model: nn.Module, given: frozenset[str]) -> GraphModule:
    """The graph of a model in evaluation for the optional inputs in `given`, over its weights.

    Raises:
        Altered: the model is not what its spec says any more.
    """
    with torch.device("meta"):
        graph = compiled.graph(given, dtype=dtype_of(model))
    _compare(graph, model)
    shared: dict[int, nn.Parameter] = {}
    for name in _names(graph.named_parameters(remove_duplicate=False)):
        held = model.get_parameter(name)
        put(graph, name, shared.setdefault(id(held), _frozen(held)))
    for name in _names(graph.named_buffers(remove_duplicate=False)):
        put(graph, name, model.get_buffer(name))
    return graph.eval()


def dtype_of(model: nn.Module) -> torch.dtype:
    """The floating dtype of a model."""
    floats = (t.dtype for t in (*model.parameters(), *model.buffers()) if t.is_floating_point())
    return next(floats, torch.get_default_dtype())


def device_of(model: nn.Module) -> torch.device | None:
    """Where a model's weights lie, None for a model without."""
    return next((t.device for t in (*model.parameters(), *model.buffers())), None)


def _names(weights: Iterable[tuple[str, Tensor]]) -> list[str]:
    return [name for name, _ in weights]


def _frozen(parameter: nn.Parameter) -> nn.Parameter:
    return nn.Parameter(parameter.detach(), requires_grad=False)


def _compare(graph: GraphModule, model: nn.Module) -> None:
    _compare_weights(graph, model)
    parts = dict(model.named_modules())
    for path, part in parts.items():
        if part._forward_hooks or part._forward_pre_hooks:
            raise Altered(f"`{path or 'the model'}` has hooks, which a graph would leave out")
    for node in graph.graph.find_nodes(op="call_module"):
        ours, theirs = graph.get_submodule(str(node.target)), parts.get(str(node.target))
        standard = type(ours).__module__.startswith("torch.nn.")
        if standard and theirs is not None and type(ours) is not type(theirs):
            raise Altered(
                f"the model was changed after it was built: `{node.target}` is "
                f"{type(theirs).__name__}, its spec says {type(ours).__name__}"
            )


def _compare_weights(graph: GraphModule, model: nn.Module) -> None:
    ours, theirs = _shapes(graph), _shapes(model)
    for name in (*ours, *theirs):
        if ours.get(name) != theirs.get(name):
            said, held = (_told(shapes.get(name)) for shapes in (ours, theirs))
            raise Altered(
                f"the model was changed after it was built: `{name}` is {held}, its spec says "
                f"{said}; optimise a model whose weights have the names and shapes of its spec"
            )


def _shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    named = (*module.named_parameters(remove_duplicate=False),
             *module.named_buffers(remove_duplicate=False))  # fmt: skip
    return {name: tuple(tensor.shape) for name, tensor in named}


def _told(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else str(list(shape))


# The weights that a graph reads -------------------------------------------------------------


def put(root: nn.Module, name: str, tensor: Tensor) -> None:
    """Let a weight be another tensor."""
    owner, _, last = name.rpartition(".")
    module = root.get_submodule(owner)
    table = module._parameters if isinstance(tensor, nn.Parameter) else module._buffers
    assert last in table
    setattr(module, last, tensor)


def held_at(graph: nn.Module, target: str) -> Any:
    """The tensor or module that a `get_attr` node gives."""
    owner, _, name = target.rpartition(".")
    return getattr(graph.get_submodule(owner), name)


def reads(graph: GraphModule, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Paths that a graph reads, those of graphs in it too, and whether all below is read with it.

    That is so for weights and modules; of a graph in the graph only what it reads itself.
    """
    for node in graph.graph.nodes:
        if node.op in ("get_attr", "call_module"):
            found = held_at(graph, str(node.target))
            path = f"{prefix}{node.target}"
            yield path, not isinstance(found, GraphModule)
            if isinstance(found, GraphModule):
                yield from reads(found, f"{path}.")


def drop_unread(graph: GraphModule) -> int:
    """Take away the weights and modules that no node reads; gives how many weights."""
    found = set(reads(graph))
    kept = {path for path, whole in found if whole}
    called = {path for path, _ in found}
    dropped = 0
    for path, module in list(graph.named_modules()):
        below = f"{path}." if path else ""
        for table in (module._parameters, module._buffers):
            for name in [n for n in table if not _within(f"{below}{n}", kept)]:
                del table[name]
                dropped += 1
    _drop_empty(graph, "", kept, called)
    return dropped


def _within(path: str, kept: set[str]) -> bool:
    """Whether a path or one above it is among `kept`."""
    parts = path.split(".")
    return any(".".join(parts[:end]) in kept for end in range(1, len(parts) + 1))


def _drop_empty(module: nn.Module, path: str, kept: set[str], called: set[str]) -> bool:
    """Drop what holds nothing any more; gives whether that is `module` itself."""
    if _within(path, kept):
        return False
    for name, child in list(module.named_children()):
        if _drop_empty(child, f"{path}.{name}" if path else name, kept, called):
            del module._modules[name]
    return path not in called and not (module._modules or module._parameters or module._buffers)


def add_module(graph: GraphModule, path: str, module: nn.Module) -> str:
    """Put a new module at `path`, or beside it where that is taken; gives where it stands."""
    owner, _, last = path.rpartition(".")
    parent, name = graph.get_submodule(owner), last
    while hasattr(parent, name):
        name += "_"
    parent.add_module(name, module)
    return f"{owner}.{name}" if owner else name


def add_buffer(graph: GraphModule, name: str, tensor: Tensor) -> str:
    """A new weight of the graph itself; gives its name."""
    while hasattr(graph, name):
        name += "_"
    graph.register_buffer(name, tensor)
    return name
