"""The model has as many parameters, and needs as many operations, as the spec says.

Proves `parameters`, `max_parameters` and `max_flops`. They are the numbers that a paper or a budget
gives, and the first thing that differs where a width or a bias is wrong. What is counted is the
prediction of `show`; that it is right is the property `resources`. Where a smaller model stands
for a large one, the large one is counted. A node is named where the parameters that are missing fit
the bias of one layer, or where a layer is called again with the same weights. `parameters` is about
the spec's own params: where others are given, it does not apply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import takewhile

from torch import nn
from torch.fx import GraphModule
from torch.nn.modules.conv import _ConvNd

from netwright_runtime.model.sizes import evaluate
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.recording import place_of
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import node_at

CLAIMS = ("parameters", "max_parameters", "max_flops")


def unfit(subject: Subject) -> str:
    claims = [name for name in CLAIMS if name in subject.declared]
    if not claims:
        return "the spec claims no counts"
    if any(_claimed(subject, name) is not None for name in claims):
        return ""
    return "its counts are for other variants or params"


def _claimed(subject: Subject, name: str) -> int | None:
    """What the spec says of this variant and these params."""
    said = subject.declared.get(name)
    if name == "max_flops":
        return None if said is None else int(said["total"])
    if name == "parameters" and subject.asked.params:
        return None
    return said.get(subject.asked.variant) if isinstance(said, dict) else said


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    found = subject.asked.manifest.parameters
    exact, most = _claimed(subject, "parameters"), _claimed(subject, "max_parameters")
    if exact is not None and found != exact:
        node, why = "", ""
        if not subject.stands_in:
            node, why = _accounting(subject.graph(), exact - found)
        said = f"the model has {found:,} parameters, the spec says {exact:,}{why}"
        yield Finding(said, node)
    if most is not None and found > most:
        yield Finding(f"the model has {found:,} parameters, more than {most:,}")
    flops = _claimed(subject, "max_flops")
    if flops is not None:
        sizes = subject.declared["max_flops"]["at"]
        needed = int(evaluate(subject.asked.compiler.flops(frozenset()), sizes))
        at = ", ".join(f"{name}={size}" for name, size in sizes.items())
        if needed > flops:
            yield Finding(f"a call takes {needed:,} operations at {at}, more than {flops:,}")


def _accounting(graph: GraphModule, missing: int) -> tuple[str, str]:
    """The node that accounts for so many missing parameters, and how; nothing where none does."""
    calls = [n for n in graph.graph.nodes if n.op == "call_module"]
    times = Counter(str(node.target) for node in calls)
    biases: Counter[str] = Counter()
    for node in {str(node.target): node for node in calls}.values():
        biases[place_of(node)] += _bias(graph.get_submodule(str(node.target)))
    fitting = [place for place, count in biases.items() if count == missing]
    if missing > 0 and len(fitting) == 1:
        name = node_at(graph, fitting[0])
        return name, f"; the difference is what the bias of `{name}` would have"
    again = [name for name, count in times.items() if count > 1 and _size(graph, name)]
    if missing > 0 and again:
        name = _common(again)
        return name, f"; `{name}` is called {times[again[0]]} times with the same weights"
    return "", ""


def _bias(module: nn.Module) -> int:
    """The numbers that a module's biases would have, 0 where it has them."""
    if isinstance(module, nn.RNNBase):
        rows = sum(len(p) for name, p in module.named_parameters() if name.startswith("weight"))
        return 0 if module.bias else rows
    without = hasattr(module, "bias") and module.bias is None
    if not without or not isinstance(module, nn.Linear | _ConvNd):
        return 0
    return module.out_features if isinstance(module, nn.Linear) else module.out_channels


def _size(graph: GraphModule, name: str) -> int:
    return sum(p.numel() for p in graph.get_submodule(name).parameters())


def _common(paths: list[str]) -> str:
    """The block that holds all of these."""
    levels = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))


PROPERTY = Property("counts", check, __doc__ or "", unfit, varies=False)
