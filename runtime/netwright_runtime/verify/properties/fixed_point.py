"""Spec, model and spec again: the emitted source, read anew, has the graph that the spec has.

Proves that nothing was lost, added or connected otherwise on the way to the source: read by torch's
own tracer, the emitted module calls the same modules, and each of them is fed by the same ones, as
in the graph that was lowered from the spec. Printers and parsers are tested this way (sqlglot,
ir-py); here torch.fx is the reader. Modules and inputs that lead to no output are named. It does
not apply where torch.fx cannot trace the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule, Node, Proxy, Tracer
from torch.fx.node import map_arg

from netwright_runtime.model.domains import smallest
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import path_of, place_of
from netwright_runtime.verify.subject import Subject

_ASKS = frozenset({
    "size", "getattr", "dim", "len", "new_zeros", "new_ones", "new_full", "new_empty",
    "zeros_like", "ones_like", "full_like", "empty_like",
})  # fmt: skip
"""Functions that ask a tensor for its sizes, dtype or device; what they give is no value of it."""

_VALUES = frozenset({"mT", "T", "mH", "H", "real", "imag", "data"})
"""Attributes of a tensor that hold its values."""

Flow = dict[str, list[tuple[str, ...]]]
"""For each module that is called, what feeds each of its calls: modules, inputs and weights."""


class _Tracer(Tracer):
    """Traces down to the modules of torch, as the compiler's own graph is made.

    Where the source asks something of a size, the answer is that for `inputs`. Buffers are values
    of the graph too, so that what is computed of them alone keeps their names.
    """

    proxy_buffer_attributes = True

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        super().__init__()
        self.inputs = inputs

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        emitted = type(m).__module__.startswith("netwright_compiled")
        return not emitted and not isinstance(m, nn.Sequential | nn.ModuleList | nn.ModuleDict)

    def to_bool(self, obj: Proxy) -> bool:
        return bool(self._value(obj.node))

    def _value(self, node: Node) -> Any:
        """What `node` gives for the inputs at hand."""
        args = map_arg(node.args, self._value)
        kwargs = map_arg(node.kwargs, self._value)
        if node.op == "placeholder":
            return self.inputs[str(node.target)]
        if callable(node.target):
            return node.target(*args, **kwargs)
        if node.op == "call_method":
            return getattr(args[0], node.target)(*args[1:], **kwargs)
        raise NotImplementedError(f"a decision by {node.op}")


def unfit(subject: Subject) -> str:
    return "" if _traced(subject) is not None else "torch.fx cannot trace the source"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    traced = _traced(subject)
    assert traced is not None
    graph = subject.graph()
    expected, found = _flow(graph), _flow(traced)
    for target in [*expected, *(t for t in found if t not in expected)]:
        theirs, ours = expected.get(target, []), found.get(target, [])
        if theirs != ours:
            yield Finding(_differing(target, theirs, ours), target, _place(graph, target))
    yield from _dead(subject)


def _differing(target: str, expected: list[tuple[str, ...]], found: list[tuple[str, ...]]) -> str:
    if len(expected) != len(found):
        calls = f"{len(expected)} times in the spec, {len(found)} times in the source"
        return f"`{target}` is called {calls}"
    pair = next((e, f) for e, f in zip(expected, found, strict=True) if e != f)
    spec, source = (", ".join(f"`{name}`" for name in side) or "nothing" for side in pair)
    return f"`{target}` is fed by {spec} in the spec, by {source} in the source"


def _place(graph: GraphModule, target: str) -> str:
    return next((place_of(node) for node in graph.graph.nodes if node.target == target), "")


def _traced(subject: Subject) -> GraphModule | None:
    """The emitted module as torch.fx sees it, None where it cannot."""
    module = subject.module()
    tracer = _Tracer(subject.inputs(Trial(tuple(smallest(subject.manifest).items()))))
    absent = {port.name: None for port in subject.manifest.inputs if port.optional}
    try:
        with torch.no_grad():
            return GraphModule(module, tracer.trace(module, concrete_args=absent))
    except Exception:  # whatever a module does to a proxy
        return None


def _flow(graph: GraphModule) -> Flow:
    """Which modules feed which, on the way to an output.

    An identity, which a `when` may leave behind, is not there.
    """
    flow: Flow = {}
    live = _live(graph)
    for node in graph.graph.nodes:
        if node in live and _counts(graph, node):
            flow.setdefault(str(node.target), []).append(tuple(sorted(_sources(graph, node))))
    return {target: sorted(calls) for target, calls in flow.items()}


def _counts(graph: GraphModule, node: Node) -> bool:
    if node.op != "call_module":
        return False
    return not isinstance(graph.get_submodule(str(node.target)), nn.Identity)


def _sources(graph: GraphModule, node: Node) -> set[str]:
    """The nearest modules, inputs and weights that the value of `node` is made from."""
    found: set[str] = set()
    seen: set[Node] = set()
    waiting = list(node.all_input_nodes)
    while waiting:
        source = waiting.pop()
        if source in seen or _asks(source):
            continue
        seen.add(source)
        if source.op == "get_attr":
            found.add(_first_name(graph, str(source.target)))
        elif _counts(graph, source) or source.op == "placeholder":
            found.add(str(source.target))
        else:
            waiting += source.all_input_nodes
    return found


def _first_name(graph: GraphModule, name: str) -> str:
    """The name that torch.fx finds for a tensor, which may be tied: the first of its names."""
    owner, _, last = name.rpartition(".")
    tensor = getattr(graph.get_submodule(owner), last)
    return next((first for first, weight in graph.named_parameters() if weight is tensor), name)


def _asks(node: Node) -> bool:
    name = _name(node)
    return name in _ASKS and not (name == "getattr" and node.args[1] in _VALUES)


def _name(node: Node) -> str:
    target = node.target
    return target if isinstance(target, str) else getattr(target, "__name__", "")


def _dead(subject: Subject) -> Iterator[Finding]:
    """Inputs and modules that lead to no output, whatever is given and whether it trains.

    An expression may be there for other params; the checker warns of one that nothing reads.
    """
    found = _unread(subject.graph())
    for given in subject.compiled.cases:
        for training in (False, True):
            if found:
                others = _unread(subject.graph(given, training=training))
                found = {path: node for path, node in found.items() if path in others}
    for path, node in found.items():
        kind = "input" if node.op == "placeholder" else "node"
        yield Finding(f"the {kind} leads to no output", path, place_of(node))


def _unread(graph: GraphModule) -> dict[str, Node]:
    """The spec's inputs and modules of which no output is made, each with a node of the graph."""
    live = _live(graph)
    by_path: dict[str, list[Node]] = {}
    for node in graph.graph.nodes:
        if node.op in ("placeholder", "call_module") and path_of(node):
            by_path.setdefault(path_of(node), []).append(node)
    return {path: nodes[0] for path, nodes in by_path.items() if live.isdisjoint(nodes)}


def _live(graph: GraphModule) -> set[Node]:
    """The nodes that an output is made from."""
    waiting = list(graph.graph.find_nodes(op="output"))
    seen = set(waiting)
    while waiting:
        for source in waiting.pop().all_input_nodes:
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return seen


PROPERTY = Property("fixed_point", check, __doc__ or "", unfit, varies=False)
