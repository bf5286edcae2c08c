"""Tied weights: which names share one storage, as the params of a model decide it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netwright.diagnostics import Diagnostic, Report, nearest
from netwright.ir import expr as ex
from netwright.ir.instance import WeightDecl
from netwright.ir.program import Tie
from netwright.passes.evaluate import Evaluator
from netwright.passes.faults import Fault, Silent
from netwright.passes.frame import Frame
from netwright.passes.model import Elaboration


def ties(elaboration: Elaboration, report: Report) -> tuple[tuple[str, str], ...]:
    """Pairs of a weight's name and that of the weight whose storage it shares.

    A tie whose expression gives None is left out. Reports E0405 for a name that no weight has,
    E0301 for two weights of unlike shapes.
    """
    return tuple(_pairs(elaboration, report))


def _pairs(elaboration: Elaboration, report: Report) -> Iterator[tuple[str, str]]:
    if not elaboration.module.ties:
        return
    weights = {".".join(path): weight for path, weight in elaboration.weights().items()}
    frame = Frame(elaboration.primary, dict(elaboration.params))
    for tie in elaboration.module.ties:
        try:
            source = _source(tie.source, Evaluator(frame))
        except Fault as fault:
            report.add(fault.diagnostic)
            continue
        except Silent:
            continue
        if source is None:
            continue
        missing = [name for name in (tie.target, source) if name not in weights]
        for name in missing:
            span = tie.target_span if name == tie.target else tie.span
            help = _near(name, weights)
            report.add(Diagnostic("E0405", f"no weight is called `{name}`", span, help=help))
        if not missing and _alike(tie, weights[tie.target], source, weights[source], report):
            yield tie.target, source


def _near(name: str, weights: Mapping[str, WeightDecl]) -> str:
    found = nearest(name, weights)
    return f"did you mean `{found}`?" if found else ""


def _source(written: ex.Expr, evaluator: Evaluator) -> str | None:
    """The name of the weight that `written` gives, None where it gives none."""
    if isinstance(written, ex.IfElse):
        chosen = written.then if evaluator.condition(written.condition) else written.otherwise
        return _source(chosen, evaluator)
    if isinstance(written, ex.Literal) and written.value is None:
        return None
    name = _dotted(written, evaluator)
    if name is None:
        message = "this names no weight"
        help = "as in `embed.weight`, or `embed.weight if tied else None`"
        raise Fault(Diagnostic("E0405", message, written.span, help=help))
    return name


def _dotted(written: ex.Expr, evaluator: Evaluator) -> str | None:
    match written:
        case ex.Name(id=name):
            return name
        case ex.Attribute(value=owner, name=name):
            head = _dotted(owner, evaluator)
            return None if head is None else f"{head}.{name}"
        case ex.Index(value=owner, items=(item,)):
            head = _dotted(owner, evaluator)
            return None if head is None else f"{head}.{evaluator.number(item)}"
    return None


def _alike(tie: Tie, mine: WeightDecl, source: str, other: WeightDecl, report: Report) -> bool:
    if mine.shape == other.shape:
        return True
    message = (
        f"`{tie.target}` and `{source}` cannot share storage: "
        f"their shapes are {list(mine.shape)} and {list(other.shape)}"
    )
    report.add(Diagnostic("E0301", message, tie.target_span))
    return False
