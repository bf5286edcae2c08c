"""Init rules, ties, key maps, state and methods: do they name what there is?"""

from __future__ import annotations

import re
from difflib import get_close_matches

from netwright.diagnostics import Diagnostic, Report
from netwright.ir import expr as ex
from netwright.ir.instance import Instance
from netwright.ir.program import Tie
from netwright.ir.values import is_poison
from netwright.ops.table import MODULES
from netwright.passes.evaluate import Evaluator, Fault, Frame, Silent
from netwright.passes.model import Elaboration


def ties(elaboration: Elaboration, report: Report) -> tuple[tuple[str, str], ...]:
    """Pairs of weights' names that share storage; faults of the rules go to `report`."""
    names = {".".join(p): w for p, w in elaboration.weights().items()}
    if any(is_poison(v) for i in elaboration.cases.values() for v in i.outputs.values()):
        return ()
    pairs: list[tuple[str, str]] = []
    for tie in elaboration.module.ties:
        source = _source(tie, elaboration, report)
        if source is None:
            continue
        found = True
        for name, span in ((tie.target, tie.target_span), (source, tie.source.span)):
            if name not in names:
                near = get_close_matches(name, names, 1)
                remedy = f"did you mean `{near[0]}`?" if near else ""
                report.add(Diagnostic("E0405", f"there is no weight `{name}` to tie", span, help=remedy))
                found = False
        if not found:
            continue
        mine, other = names[tie.target].shape, names[source].shape
        if mine != other:
            message = f"`{tie.target}` has shape {list(mine)}, but `{source}` has {list(other)}"
            report.add(Diagnostic("E0405", message, tie.target_span))
            continue
        pairs.append((tie.target, source))
    return tuple(pairs)


def _source(tie: Tie, elaboration: Elaboration, report: Report) -> str | None:
    """The weight that a tie's source names, None where it gives none."""
    expr = tie.source
    frame = Frame(Instance(elaboration.block, elaboration.scope, {}, {}), dict(elaboration.params))
    while isinstance(expr, ex.IfElse):
        try:
            expr = expr.then if Evaluator(frame).condition(expr.condition) else expr.otherwise
        except (Fault, Silent) as error:
            if isinstance(error, Fault):
                report.add(error.diagnostic)
            return None
    if isinstance(expr, ex.Literal) and expr.value is None:
        return None
    return dotted(expr)


def dotted(expr: ex.Expr) -> str:
    """`a.b[0].c` as the weight's name `a.b.0.c`."""
    if isinstance(expr, ex.Attribute):
        return f"{dotted(expr.value)}.{expr.name}"
    if isinstance(expr, ex.Index) and isinstance(expr.items[0], ex.Literal):
        return f"{dotted(expr.value)}.{expr.items[0].value}"
    return expr.id if isinstance(expr, ex.Name) else "?"


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
