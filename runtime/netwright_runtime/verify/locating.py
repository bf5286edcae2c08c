"""Where the source parts from the graph: the node at which the two first disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

from netwright_runtime.model.nearness import leaves, tensors
from netwright_runtime.verify.compare import identical
from netwright_runtime.verify.property import Finding, Trial
from netwright_runtime.verify.recording import Called, Value, path_of, place_of, record, watch
from netwright_runtime.verify.subject import Subject

_REPORT = "a fault of the compiler: please report it with the spec"


def located(subject: Subject, trial: Trial, training: bool, message: str) -> Finding:
    """What `message` says of a trial in which source and graph disagree, at its node."""
    with torch.no_grad():
        torch.manual_seed(trial.seed)
        module = subject.module(training=training)
        called, out = watch(subject.compiled, module, subject.inputs(trial))
        torch.manual_seed(trial.seed)
        graph = subject.graph(trial.given, training=training)
        values = record(graph, subject.inputs(trial))
    node = _other_buffer(values, module)
    if node is not None:
        said = f"{message}: the source holds another buffer"
        return Finding(said, path_of(node) or str(node.target), place_of(node), _REPORT)
    node, reached = _uncomputed(values, called)
    if node is not None:
        extra = _extra(graph, node, values, called, reached)
        if extra is not None:
            graphs = [graph, subject.graph(trial.given, training=not training)]
            said = f"{message}: the source computes something here that the spec does not say"
            passing = next((v.node for v in values if _passes(v, node, values)), None)
            if passing is not None and _later(values, node, extra):
                return Finding(said, path_of(passing), place_of(passing), _REPORT)
            return Finding(said, _path(graphs, extra), extra.place, _REPORT)
        said = f"{message}: the source never computes this value"
        return Finding(said, path_of(node), place_of(node), _REPORT)
    node = _other_output(values, out)
    if node is not None:
        said = f"{message}: the source gives another value than this one"
        return Finding(said, path_of(node), place_of(node), _REPORT)
    return Finding(message, help=_REPORT)


def _other_buffer(values: list[Value], module: nn.Module) -> Node | None:
    """The first buffer that the source holds otherwise; those that are saved are copied to both."""
    buffers = dict(module.named_buffers())
    for value in values:
        theirs = buffers.get(str(value.node.target)) if value.node.op == "get_attr" else None
        if theirs is not None and not identical(theirs, value.value):
            return value.node
    return None


def _other_output(values: list[Value], out: Any) -> Node | None:
    """The node that makes the first output for which the source gives something else."""
    nodes = [leaf for leaf in leaves(values[-1].node.args[0]) if isinstance(leaf, Node)]
    given = {value.node: value.value for value in values}
    pairs = zip(nodes, leaves(out), strict=False)
    return next((node for node, theirs in pairs if not identical(given[node], theirs)), None)


def _uncomputed(values: list[Value], called: list[Called]) -> tuple[Node | None, dict[Node, int]]:
    """The first node whose value the source does not compute after those that the node reads.

    After, since a value that happens to equal one before it is not computed for that. One that
    passes its input on, as dropout does in evaluation, need not be. Beside it stands the number of
    the call that computes each of the nodes before it, -1 for none.
    """
    computed: dict[tuple[int, ...], list[tuple[int, Tensor]]] = {}
    for at, call in enumerate(called):
        computed.setdefault(tuple(call.value.shape), []).append((at, call.value))
    reached: dict[Node, int] = {}
    given = {value.node: value.value for value in values}
    for value in values:
        node = value.node
        sources = node.all_input_nodes
        passed = {id(tensor) for source in sources for tensor in tensors(given[source])}
        last = max((reached.get(source, -1) for source in sources), default=-1)
        if node.op in ("placeholder", "get_attr", "output") or not value.path:
            continue
        reached[node] = last
        for tensor in (t for t in tensors(value.value) if id(t) not in passed):
            same = computed.get(tuple(tensor.shape), ())
            found = next((at for at, t in same if at > last and identical(tensor, t)), None)
            if found is None:
                return node, reached
            reached[node] = max(found, reached[node])
    return None, reached


def _passes(value: Value, node: Node, values: Sequence[Value]) -> bool:
    """Whether a module feeds `node`, and passes its own input on, as dropout does in evaluation."""
    if value.node.op != "call_module" or node not in value.node.users:
        return False
    given = (v.value for v in values if v.node in value.node.all_input_nodes)
    return any(value.value is tensor for tensor in given)


def _later(values: Sequence[Value], node: Node, call: Called) -> bool:
    """Whether the line of a call is that of a node after `node`, into which it was nested."""
    nodes = [value.node for value in values]
    return any(place_of(n) == call.place for n in nodes[nodes.index(node) + 1 :])


def _extra(
    graph: GraphModule,
    node: Node,
    values: Sequence[Value],
    called: Sequence[Called],
    reached: Mapping[Node, int],
) -> Called | None:
    """What the source computes beyond the graph, and then feeds to `node`; None for nothing.

    The source comes to the node all the same, and what it does there may be right: it is what it
    was fed with that is not. That is plain where a module is called once more than in the graph.
    """
    known: dict[tuple[int, ...], list[Tensor]] = {}
    for tensor in (t for value in values for t in tensors(value.value)):
        known.setdefault(tuple(tensor.shape), []).append(tensor)
    done = {n.target: at for n, at in reached.items() if n.op == "call_module"}
    for at in range(reached[node] + 1, len(called)):
        call = called[at]
        same = known.get(tuple(call.value.shape), ())
        other = not any(identical(call.value, tensor) for tensor in same)
        again = call.module in done and done[call.module] < at
        if other and again and node.op != "call_module":
            return call
        if _at(call, node):
            return None
        if other and call.place and (again or not _calls(graph, call.module)):
            return call if any(_at(later, node) for later in called[at + 1 :]) else None
    return None


def _calls(graph: GraphModule, module: str) -> bool:
    return any(n.op == "call_module" and n.target == module for n in graph.graph.nodes)


def _at(call: Called, node: Node) -> bool:
    """Whether a call is what the source does for a node, as far as its module or line tells."""
    if node.op == "call_module":
        return call.module == node.target
    return call.place == place_of(node)


def _path(graphs: Sequence[GraphModule], call: Called) -> str:
    """The path of the node that a call belongs to, empty where none is known."""
    if any(_calls(graph, call.module) for graph in graphs):
        return call.module
    nodes = [node for graph in graphs for node in graph.graph.nodes]
    within = (n for n in nodes if not call.module or path_of(n).startswith(f"{call.module}."))
    return next((path_of(n) for n in within if place_of(n) == call.place), "")
