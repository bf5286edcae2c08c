"""What stands beside a graph and speaks of its weights and values: does it name what there is?

A rule that finds nothing in one variant may be meant for another, so that init rules and key maps
are held to all the elaborations of a check together. Ties, state and methods are facts of each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterator, Sequence

from netwright.diagnostics import Diagnostic, Report, nearest
from netwright.ir.instance import Instance
from netwright.ir.program import InitRule, KeyRule, Module
from netwright.ir.types import TensorType
from netwright.ir.values import TensorList, Value, describe, tensors
from netwright.ops.entry import ModuleOp
from netwright.ops.table import MODULES
from netwright.passes.methods import check_methods
from netwright.passes.model import Elaboration
from netwright.passes.ties import ties
from netwright.passes.work import spend


def check_one(elaboration: Elaboration, report: Report) -> None:
    """Hold ties, state and methods to a sound elaboration (E0301, E0405, E0407, E0408)."""
    ties(elaboration, report)
    check_state(elaboration, report)
    check_methods(elaboration, report)


def check_all(elaborations: Sequence[Elaboration], report: Report) -> None:
    """Hold init rules and key maps to the sound elaborations of one spec (E0404, E0406)."""
    if elaborations:
        check_init(elaborations, report)
        check_key_maps(elaborations, report)


# Initialisation -----------------------------------------------------------------------------


def check_init(elaborations: Sequence[Elaboration], report: Report) -> None:
    """Every init rule has to match a weight in one of the elaborations."""
    module = elaborations[0].module
    if not module.init:
        return
    names = dict.fromkeys(n for e in elaborations for n in _names(e, buffers=False))
    owners = {rule.match.partition(".")[0] for rule in module.init}
    by_class = _weights_by_class(elaborations, owners)
    for rule in module.init:
        diagnostic = _unmatched(rule, module, names, by_class)
        if diagnostic is not None:
            report.add(diagnostic)


def _unmatched(
    rule: InitRule, module: Module, names: Collection[str], by_class: dict[str, set[str]]
) -> Diagnostic | None:
    owner, _, attribute = rule.match.partition(".")
    if owner in by_class or owner in MODULES or owner in module.blocks:
        found = by_class.get(owner)
        if found is None:
            what = f"the model has no `{owner}`, so that this rule does nothing"
            return Diagnostic("E0404", what, rule.match_span)
        if attribute in found or _may_have(MODULES.get(owner), attribute):
            return None
        what = f"no `{owner}` in the model has a weight `{attribute}`"
        help = f"it has {', '.join(f'`{k}`' for k in sorted(found))}" if found else ""
        return Diagnostic("E0404", what, rule.match_span, help=help)
    if rule.match in names or _any(rule.match, names):
        return None
    near = nearest(rule.match, names)
    help = f"did you mean `{near}`?" if near else "`*` matches any characters, dots included"
    what = f"no weight's name matches `{rule.match}`"
    return Diagnostic("E0404", what, rule.match_span, help=help)


def _may_have(op: ModuleOp | None, attribute: str) -> bool:
    """Whether an argument decides if the module has that weight, as `bias` does."""
    return op is not None and any(arg.name == attribute for arg in op.args)


def _any(pattern: str, names: Collection[str]) -> bool:
    """Whether one of `names` fits a pattern, which is work for each of them."""
    spend(len(names))
    return "*" in pattern and any(matches(pattern, name) for name in names)


def matches(pattern: str, name: str) -> bool:
    """Whether `name` fits `pattern`, in which `*` stands for any characters; linear in both."""
    start, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    end = rest.pop()
    if not name.startswith(start) or len(name) < len(start) + len(end) or not name.endswith(end):
        return False
    at, stop = len(start), len(name) - len(end)
    for part in rest:
        found = name.find(part, at, stop)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _weights_by_class(
    elaborations: Sequence[Elaboration], owners: Container[str]
) -> dict[str, set[str]]:
    """Weights' names below a module, by the name of its class; of blocks only those in `owners`."""
    found: dict[str, set[str]] = {}
    seen: set[Instance] = set()
    queue = [instance for e in elaborations for instance in e.cases.values()]
    while queue:
        instance = queue.pop()
        if instance in seen:
            continue
        seen.add(instance)
        if not instance.block.inline:  # its name is that of a node, and no class's
            own = found.setdefault(instance.block.name, set())
            if instance.block.name in owners:
                own.update(".".join(p) for p, _ in instance.all_weights())
        for child in instance.children.values():
            if isinstance(child, Instance):
                queue.append(child)
            else:
                for weight in child.weights:
                    for cls, name in ((child.op.name, weight.name), *weight.inside):
                        found.setdefault(cls, set()).add(name)
                found.setdefault(child.op.name, set())
    return found


def _names(elaboration: Elaboration, buffers: bool = True) -> Iterator[str]:
    for path, weight in elaboration.weights().items():
        if buffers or not weight.buffer:
            yield ".".join(path)


# Key maps -----------------------------------------------------------------------------------

_GROUP = re.compile(r"\\(?:\d|g<\w+>)|#")
_WORD = re.compile(r"[A-Za-z_]\w*")
_WILD = re.compile(r"\.[*+]|\\w|\\S|\[")


def check_key_maps(elaborations: Sequence[Elaboration], report: Report) -> None:
    """What a key becomes has to occur in a weight's name, unless a later step changes it."""
    maps = elaborations[0].module.weights
    names = {name for e in elaborations for name in _names(e)} if maps else set()
    for rules in maps.values():
        for rule, target in _final(rules):
            _check_target(rule, target, names, report)


def _final(rules: Sequence[KeyRule]) -> list[tuple[KeyRule, str]]:
    """The keys that rules give and no later one changes, in the order of the rules."""
    found: list[tuple[KeyRule, str]] = []
    changed: set[str] = set()
    for rule in reversed(rules):
        targets = [
            t for t in (*reversed(rule.split), rule.unstack or None, rule.to) if t is not None
        ]
        found += [(rule, t) for t in targets if changed.isdisjoint(_words(t))]
        if _WILD.search(rule.match):
            break
        changed.update(_WORD.findall(rule.match))
    return found[::-1]


def _words(target: str) -> list[str]:
    return _WORD.findall(_GROUP.sub(" ", target))


def _check_target(rule: KeyRule, target: str, names: set[str], report: Report) -> None:
    """`target` with its groups free, somewhere in a weight's name."""
    pattern = f"*{'*'.join(_GROUP.split(target))}*"
    if _any(pattern, names):
        return
    near = nearest(target, names)
    help = f"did you mean `{near}`?" if near else "`netwright show` lists the weights"
    message = f"a key becomes `{target}`, but no weight is called so"
    report.add(Diagnostic("E0406", message, rule.span, help=help))


# State --------------------------------------------------------------------------------------


def check_state(elaboration: Elaboration, report: Report) -> None:
    """An output that becomes an input in the next call has that input's dtype and rank."""
    for given, made in elaboration.module.state.items():
        for instance in elaboration.cases.values():
            before, after = instance.inputs.get(given), instance.outputs.get(made)
            if before is None or after is None or _alike(before, after):
                continue
            declared = next(i for i in elaboration.block.inputs if i.name == given)
            found = f"but `{made}`, its next value, is {describe(after)}"
            message = f"`{given}` is {describe(before)}, {found}"
            report.add(Diagnostic("E0407", message, declared.span))
            break


def _alike(before: Value, after: Value) -> bool:
    several = {isinstance(v, TensorList | tuple) for v in (before, after)}
    one, other = _type(before), _type(after)
    if len(several) > 1 or one is None or other is None:
        return False
    return one.dtype == other.dtype and one.rank == other.rank


def _type(value: Value) -> TensorType | None:
    """The type of a tensor, or of the first of a list of them."""
    if isinstance(value, TensorList):
        return value.item
    return next((tensor.type for tensor in tensors(value)), None)
