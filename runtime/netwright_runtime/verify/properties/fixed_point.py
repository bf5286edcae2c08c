"""Spec, model and spec again: the emitted source, read anew, computes with the graph of the spec.

Proves that nothing was lost or added on the way to the source: traced by torch, the emitted module
calls the same modules and functions on the same values, with the same weights, as the spec's own
graph. Printers and parsers are tested this way (sqlglot, ir-py); here the reader is torch.fx. Dead
nodes are named. It does not apply where the source cannot be traced, since it decides at call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import torch
from torch import nn
from torch.fx import GraphModule, Node, Tracer

from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import path_of, place_of
from netwright_runtime.verify.subject import Subject


class _Tracer(Tracer):
    """Traces down to the modules of torch, as the compiler's own graph is made."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        emitted = type(m).__module__.startswith("netwright_compiled")
        return not emitted and not isinstance(m, nn.Sequential | nn.ModuleList | nn.ModuleDict)


def unfit(subject: Subject) -> str:
    if len(subject.compiled.cases) > 1:
        return "the source decides at call, so that it cannot be traced"
    return "" if _traced(subject) is not None else "the source cannot be traced by torch.fx"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    traced = _traced(subject)
    assert traced is not None
    graph = subject.graph()
    expected, found = _modules(graph), _modules(traced)
    for target in expected.keys() | found.keys():
        if expected[target] != found[target]:
            node = next((n for n in graph.graph.nodes if n.target == target), None)
            place = "" if node is None else place_of(node)
            calls = f"{expected[target]} times in the spec, {found[target]} times in the source"
            yield Finding(f"`{target}` is called {calls}", target, place)
    yield from _dead(graph)


def _traced(subject: Subject) -> GraphModule | None:
    """The emitted module as torch.fx sees it, None where it cannot."""
    module = subject.module()
    try:
        with torch.no_grad():
            return GraphModule(module, _Tracer().trace(module))
    except Exception:  # whatever a module does to a proxy
        return None


def _modules(graph: GraphModule) -> Counter[str]:
    """How often each module is called."""
    calls = graph.graph.find_nodes(op="call_module")
    return Counter(str(node.target) for node in calls)


def _dead(graph: GraphModule) -> Iterator[Finding]:
    """Nodes of the spec that lead to no output, and inputs that nothing reads."""
    live = _live(graph)
    last: dict[str, Node] = {}
    for node in graph.graph.nodes:
        if node.op != "get_attr" and path_of(node):
            last[path_of(node)] = node
    for path, node in last.items():
        mine = (n for n in graph.graph.nodes if path_of(n) == path)
        if not any(n in live for n in mine):
            kind = "input" if node.op == "placeholder" else "node"
            said = f"the {kind} leads to no output"
            yield Finding(said, path, place_of(node), warning=kind == "node")


def _live(graph: GraphModule) -> set[Node]:
    waiting = list(graph.graph.find_nodes(op="output"))
    seen = set(waiting)
    while waiting:
        for source in waiting.pop().all_input_nodes:
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return seen


PROPERTY = Property("fixed_point", check, __doc__ or "", unfit, varies=False)
