"""Runs that keep every value: of a graph by its nodes, of the source by its lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.fx import GraphModule, Interpreter, Node
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.overrides import TorchFunctionMode

from netwright_runtime.model import Compiled
from netwright_runtime.model.nearness import tensors


@dataclass(frozen=True, eq=False)
class Value:
    """What a node of a graph gave. `path` and `place` are those of the spec's node."""

    node: Node
    value: Any

    @property
    def path(self) -> str:
        return path_of(self.node)

    @property
    def place(self) -> str:
        return place_of(self.node)

    @property
    def type(self) -> Any:
        """The inferred type, None for a step on the way."""
        origin = self.node.meta.get("netwright")
        return None if origin is None else origin.type


def path_of(node: Node) -> str:
    """The spec's node that `node` was made for, empty for none."""
    origin = node.meta.get("netwright")
    return "" if origin is None else ".".join(origin.path)


def place_of(node: Node) -> str:
    """Where in the spec `node` comes from, empty for nowhere."""
    origin = node.meta.get("netwright")
    return "" if origin is None else str(origin.span)


class _Recorder(Interpreter):
    def __init__(self, graph: GraphModule) -> None:
        super().__init__(graph)
        self.found: list[Value] = []
        self.at: Node | None = None

    def run_node(self, node: Node) -> Any:
        self.at = node
        foreign = node.op == "call_module" and is_foreign(self.fetch_attr(str(node.target)))
        held = [(source, self.env.get(source)) for source in node.all_input_nodes]
        before = [(source, t, t._version) for source, t in held if isinstance(t, Tensor)]
        value = super().run_node(node)
        for source, tensor, version in before:
            if tensor._version != version and (foreign or _is_shared(source)):
                raise WritesInPlace(f"it writes into `{path_of(source) or source.name}`")
        self.found.append(Value(node, value))
        return value


def is_foreign(module: nn.Module) -> bool:
    """Whether a module is a user's, and not torch's."""
    return type(module).__module__.partition(".")[0] not in ("torch", "netwright")


def _is_shared(node: Node) -> bool:
    """Whether others hold the value of `node`: the caller, or nodes that read it."""
    return node.op == "placeholder" or (node.op != "get_attr" and len(node.users) > 1)


class WritesInPlace(Exception):
    """A node writes into a value that is not its own."""


class NodeFailed(Exception):
    """A node raised: the cause is what it raised, `before` what was computed until then."""

    def __init__(self, node: Node, cause: Exception, before: Sequence[Value] = ()) -> None:
        super().__init__(str(cause))
        self.node = node
        self.before = before


def record(graph: GraphModule, inputs: Mapping[str, Any]) -> list[Value]:
    """What every node of `graph` gives for `inputs`, in order.

    Raises:
        NodeFailed: a node raised an exception.
    """
    recorder = _Recorder(graph)
    names = [str(n.target) for n in graph.graph.find_nodes(op="placeholder")]
    try:
        recorder.run(*(inputs.get(name) for name in names))
    except Exception as error:
        assert recorder.at is not None
        raise NodeFailed(recorder.at, error, recorder.found) from error
    return recorder.found


@dataclass(frozen=True, eq=False)
class Called:
    """A tensor that a torch function gave while the emitted source ran.

    place   where in the spec the line comes from
    module  the path of the innermost module that ran
    """

    line: int
    place: str
    module: str
    value: Tensor


class _Watcher(TorchFunctionMode):
    def __init__(self, compiled: Compiled, module: nn.Module) -> None:
        super().__init__()
        self.compiled = compiled
        self.names = {part: name for name, part in reversed(list(module.named_modules()))}
        self.running = [""]
        self.found: list[Called] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        line = self._line()
        place, module = self.compiled.place(line), self.running[-1]
        self.found += [Called(line, place, module, tensor) for tensor in tensors(out)]
        return out

    def _line(self) -> int:
        """The line of the emitted file that is being run."""
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename != self.compiled.file:
            frame = frame.f_back  # type: ignore[assignment]
        return 0 if frame is None else frame.f_lineno

    def entered(self, module: nn.Module, args: Any) -> None:
        self.running.append(self.names.get(module, self.running[-1]))

    def left(self, module: nn.Module, args: Any, out: Any) -> None:
        self.running.pop()


def watch(
    compiled: Compiled, module: nn.Module, inputs: Mapping[str, Any]
) -> tuple[list[Called], Any]:
    """Every tensor that `module` computes for `inputs`, with the line that asked for it.

    Beside them what it gives: its outputs, or the exception that it ended with.
    """
    watcher = _Watcher(compiled, module)
    hooks = (
        register_module_forward_pre_hook(watcher.entered),
        register_module_forward_hook(watcher.left),
    )
    try:
        with watcher:
            out = module(**inputs)
    except Exception as error:
        out = error
    finally:
        for hook in hooks:
            hook.remove()
    return watcher.found, out
