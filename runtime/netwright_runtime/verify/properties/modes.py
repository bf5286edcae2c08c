"""Training and evaluation differ only through what is there to make them differ.

Proves that a model is evaluated as the one that was trained, dropout and batch statistics aside:
step by step, from the same inputs, with dropouts and batch norms put in evaluation, a training pass
gives what an evaluation pass gives. A difference is allowed at steps that draw random numbers or
update buffers in training, at functions that take the mode as an argument, and where the spec says
`training`; a plugin that scales or skips in one mode only is found. What the spec says under
`training` may be noise, or for the outputs: a layer with weights that, noise aside, reads something
else in evaluation than it was trained on is a fault. No one else tests this that we
know of; cleverhans and Lightning only warn of a forgotten `eval()`. It always applies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule, Node
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd

from netwright_runtime.model.nearness import distance, tolerance
from netwright_runtime.verify.compare import all_identical
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import Value, path_of, record
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import Step, draws, name_of, walk

MODAL = (_DropoutNd, _NormBase, nn.RReLU, nn.RNNBase, nn.MultiheadAttention)
"""torch's modules that act by mode."""

MODAL_FUNCTIONS = frozenset({
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
    "drop_path", "rrelu", "batch_norm", "instance_norm", "scaled_dot_product_attention",
})  # fmt: skip
"""Functions whose arguments follow the mode."""


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    found = [*_deaf(subject)]
    if not found:
        with torch.no_grad():
            found = [*_values(subject, trial)]
    yield from found


def _deaf(subject: Subject) -> Iterator[Finding]:
    """Modules that `train()` or `eval()` does not reach."""
    for training in (True, False):
        for name, module in subject.module(training=training).named_modules():
            if module.training is not training:
                call = "train()" if training else "eval()"
                yield Finding(f"`{call}` on the model does not reach this module", name)
                return


def _values(subject: Subject, trial: Trial) -> Iterator[Finding]:
    graph = subject.graph(trial.given)
    values = record(graph, subject.inputs(trial))
    trained = subject.graph(trial.given, training=True)
    pairs = _paired(graph, trained)
    expected = {value.node: value.value for value in values}
    allowed = tolerance(expected.values())
    found: list[Finding] = []

    def visit(step: Step) -> Any:
        other = pairs.get(step.node)
        if other is None or not step.computes:
            return step.run()
        reason = _difference(step, other, expected[other], allowed)
        if reason and not found:
            at = Value(step.node, None)
            found.append(Finding(reason, at.path, at.place, _HELP))
        return expected[other]

    walk(trained, subject.inputs(trial), visit)
    if not found:
        reads = _Reads(pairs, expected, allowed)
        walk(trained, subject.inputs(trial), reads.visit)
        found = reads.found[:1]
    yield from found


class _Reads:
    """A run in training whose noise is zero, and what weights read in it that is another value.

    Noise is what is drawn from a normal distribution; what depends on other draws is not looked at.
    """

    def __init__(
        self, pairs: Mapping[Node, Node], expected: Mapping[Node, Any], allowed: float
    ) -> None:
        """`pairs` are the twins in evaluation, `expected` all values there."""
        self.pairs = pairs
        self.expected = expected
        self.allowed = allowed
        self.twins = _called(node for node in expected if node not in set(pairs.values()))
        self.given: dict[Node, Any] = {}
        self.drawn: set[Node] = set()
        self.found: list[Finding] = []

    def visit(self, step: Step) -> Any:
        """The value of a step: that of its twin, where there is one."""
        if step.node in self.pairs:
            value = self.expected[self.pairs[step.node]] if step.computes else step.run()
        else:
            twin = self._twin(step)
            value = self._run(step) if twin is None else self._weighed(step, twin)
        self.given[step.node] = value
        return value

    def _twin(self, step: Step) -> Node | None:
        """The call in evaluation of a module with weights."""
        weighs = step.module is not None and any(True for _ in step.module.parameters())
        waiting = self.twins.get(str(step.node.target), []) if weighs else []
        return waiting.pop(0) if waiting else None

    def _run(self, step: Step) -> Any:
        drew, value = _neutral(step)
        if name_of(step.node) in _NOISE:
            return torch.zeros_like(value)
        if drew or self.drawn.intersection(step.node.all_input_nodes):
            self.drawn.add(step.node)
        return value

    def _weighed(self, step: Step, twin: Node) -> Any:
        """Compare what a module with weights reads; what it gives is then that of evaluation."""
        reads = zip(step.node.all_input_nodes, twin.all_input_nodes, strict=False)
        self.found += [
            _otherwise(ours, theirs, self.pairs)
            for ours, theirs in reads
            if ours not in self.drawn
            and distance(self.given[ours], self.expected[theirs]) > self.allowed
        ]
        return self.expected[twin]


_NOISE = frozenset({"randn", "randn_like"})
"""Functions that draw what has a mean of zero."""


def _called(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """The calls of each module, in order."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        if node.op == "call_module":
            found.setdefault(str(node.target), []).append(node)
    return found


def _otherwise(ours: Node, theirs: Node, pairs: Mapping[Node, Node]) -> Finding:
    """That training reads `ours` where evaluation reads `theirs`."""
    at = Value(theirs if ours in pairs else ours, None)
    message = "in training, its noise at zero, weights read another value here than in evaluation"
    return Finding(message, at.path, at.place, "let both modes give values of one scale")


_HELP = "where this is meant, say so in the spec: `... if training else ...`"


def _difference(step: Step, other: Node, expected: Any, allowed: float) -> str:
    """Why a step of training differs from its twin in evaluation, empty where it may or does not.

    The step gets what the twin got, so that only its own difference shows.
    """
    if name_of(step.node) in MODAL_FUNCTIONS:
        return ""
    if _constants(step.node) != _constants(other):
        return "is called with other arguments in training"
    module = step.module
    state = {} if module is None else {n: b.clone() for n, b in module.named_buffers()}
    drew, value = _neutral(step)
    if drew or distance(value, expected) <= allowed:
        return ""
    if module is not None and not all_identical(state, dict(module.named_buffers())):
        return ""
    return "gives another value in training, though it neither draws nor updates statistics"


def _neutral(step: Step) -> tuple[bool, Any]:
    """Run a step with what acts by mode in its module put in evaluation."""
    inner = [] if step.module is None else step.module.modules()
    modal = [m for m in inner if isinstance(m, MODAL) and m.training]
    for module in modal:
        module.eval()
    try:
        return draws(step)
    finally:
        for module in modal:
            module.train()


def _paired(graph: GraphModule, trained: GraphModule) -> dict[Node, Node]:
    """The twin in evaluation of each node of training: the same step on twins of its inputs."""
    waiting: dict[Any, list[Node]] = {}
    for node in graph.graph.nodes:
        waiting.setdefault(_key(node), []).append(node)
    pairs: dict[Node, Node] = {}
    for node in trained.graph.nodes:
        twins = waiting.get(_key(node), [])
        inputs = [pairs.get(source) for source in node.all_input_nodes]
        fits = [t for t in twins if t.all_input_nodes == inputs]
        same = [t for t in fits if _constants(t) == _constants(node)]
        twin = next(iter(same or fits), None)
        if twin is not None:
            twins.remove(twin)
            pairs[node] = twin
    return pairs


def _key(node: Node) -> tuple[str, str, str]:
    return node.op, node.target if isinstance(node.target, str) else name_of(node), path_of(node)


def _constants(node: Node) -> Mapping[str, Any]:
    """The arguments that are no nodes."""
    given = [*enumerate(node.args), *node.kwargs.items()]
    return {str(name): torch.fx.node.map_arg(value, lambda node: None) for name, value in given}


PROPERTY = Property(
    "modes", check, __doc__ or "", trials=1, minimum=lambda subject: subject.telling
)
