"""Init rules, key maps, state and methods: do they name what there is?"""

from __future__ import annotations

import re
from difflib import get_close_matches

from netwright.diagnostics import Diagnostic, Report
from netwright.ir.instance import Instance
from netwright.ir.values import is_poison
from netwright.ops.table import MODULES
from netwright.passes.model import Elaboration


def check_init(elaboration: Elaboration, report: Report) -> None:
    """Every init rule has to match a weight of the model."""
    if not elaboration.module.init:
        return
    if any(is_poison(v) for i in elaboration.cases.values() for v in i.outputs.values()):
        return
    names = [".".join(p) for p, w in elaboration.weights().items() if not w.buffer]
    by_class = _weights_by_class(elaboration)
    for rule in elaboration.module.init:
        owner, _, attribute = rule.match.partition(".")
        if owner in by_class or owner in MODULES or owner in elaboration.module.blocks:
            if attribute in by_class.get(owner, set()):
                continue
            known = sorted(by_class.get(owner, set()))
            remedy = f"it has {', '.join(f'`{k}`' for k in known)}" if known else ""
            what = f"no `{owner}` in the model has a weight `{attribute}`"
        else:
            pattern = re.compile("".join(".*" if c == "*" else re.escape(c) for c in rule.match))
            if any(pattern.fullmatch(n) for n in names):
                continue
            near = get_close_matches(rule.match, names, 1)
            remedy = f"did you mean `{near[0]}`?" if near else "`*` matches any characters, dots included"
            what = f"no weight's name matches `{rule.match}`"
        report.add(Diagnostic("E0404", what, rule.match_span, help=remedy))


def _weights_by_class(elaboration: Elaboration) -> dict[str, set[str]]:
    """Weights' names below a module, by the name of its class."""
    found: dict[str, set[str]] = {}
    seen: set[Instance] = set()
    queue = list(elaboration.cases.values())
    while queue:
        instance = queue.pop()
        if instance in seen:
            continue
        seen.add(instance)
        own = found.setdefault(instance.block.name, set())
        own.update(".".join(p) for p, _ in instance.all_weights())
        for child in instance.children.values():
            if isinstance(child, Instance):
                queue.append(child)
            else:
                found.setdefault(child.op.name, set()).update(w.name for w in child.weights)
    return found
