"""What stands beside a graph: variants, methods, init, ties, key maps, state."""

from __future__ import annotations

from collections.abc import Mapping

from netwright.diagnostics import Diagnostic
from netwright.frontend import keys
from netwright.frontend.document import Scalar, Value
from netwright.frontend.form import Form
from netwright.frontend.identifiers import did_you_mean
from netwright.frontend.lower_params import convert, usable
from netwright.ir.attributes import MODULE_ATTRIBUTES
from netwright.ir.expr import Expr
from netwright.ir.program import Block, InitRule, Method, Param, Tie, Variant
from netwright.source import Span

FOR = "for"
PURPOSES = ("verify",)
"""What a variant may be `for`: it then stands for the large ones, and is not listed as a model."""


def variants(
    form: Form, value: Value | None, params: tuple[Param, ...] | None
) -> dict[str, Variant]:
    """The variants; `params` is None where the model's params could not be read."""
    known = None if params is None else {param.name: param for param in params}
    return {key.text: _variant(form, key, held, known) for key, held in form.entries(value)}


def _variant(form: Form, key: Scalar, value: Value, known: Mapping[str, Param] | None) -> Variant:
    values: dict[str, Expr] = {}
    spans = {}
    purpose = ""
    for name, held in form.entries(value):
        if name.text == FOR:
            purpose = _purpose(form, held)
            continue
        if known is None:
            continue
        param = known.get(name.text)
        if param is None:
            message = f"the model has no param `{name.text}`"
            help = did_you_mean(name.text, known)
            form.report.add(Diagnostic("E0205", message, name.span, help=help))
            continue
        values[name.text] = convert(form, held, param.type)
        spans[name.text] = name.span
    return Variant(key.text, values, spans, key.span, purpose)


def _purpose(form: Form, value: Value) -> str:
    """What a variant is for: `verify`, and nothing else so far."""
    text = value.text if isinstance(value, Scalar) else ""
    if text not in PURPOSES:
        listed = ", ".join(f"`{p}`" for p in PURPOSES)
        message = f"a variant is for {listed}, and for nothing else"
        form.report.add(Diagnostic("E0403", message, value.span, help=did_you_mean(text, PURPOSES)))
    return text


def methods(form: Form, value: Value | None) -> tuple[Method, ...]:
    found: list[Method] = []
    for key, held in form.entries(value):
        if usable(form, key) and key.text in MODULE_ATTRIBUTES:
            message = f"`{key.text}` is an attribute of every `nn.Module`"
            form.report.add(Diagnostic("E0211", message, key.span, help="rename the method"))
        mapping = form.mapping(held, keys.METHOD)
        if mapping is None:
            continue
        inputs, outputs = _exprs(form, mapping.get("inputs")), _exprs(form, mapping.get("outputs"))
        if mapping.get("outputs") is None:
            form.reject(held)
        found.append(Method(key.text, form.doc(mapping.get("doc")), inputs, outputs, key.span))
    return tuple(found)


def _exprs(form: Form, value: Value | None) -> dict[str, Expr]:
    found: dict[str, Expr] = {}
    for key, held in form.entries(value):
        usable(form, key)
        found[key.text] = form.expr(held)
    return found


def init(form: Form, value: Value | None) -> tuple[InitRule, ...]:
    found: list[InitRule] = []
    for item in form.items(value):
        mapping = form.mapping(item, keys.INIT_RULE)
        if mapping is None:
            continue
        match, rule = mapping.get("match"), mapping.get("with")
        if match is None or rule is None:
            form.reject(item)
            continue
        found.append(InitRule(form.text(match), form.expr(rule), item.span, match.span))
    return tuple(found)


def ties(form: Form, value: Value | None) -> tuple[Tie, ...]:
    return tuple(
        Tie(key.text, form.expr(held), held.span, key.span) for key, held in form.entries(value)
    )


def state(form: Form, value: Value | None, model: Block | None) -> dict[str, str]:
    """Pairs of an input and the output that is its value in the next call."""
    found = {key.text: form.text(held) for key, held in form.entries(value)}
    if model is None:
        return found
    inputs, outputs = [i.name for i in model.inputs], [o.name for o in model.outputs]
    for key, held in form.entries(value):
        _paired(form, key.text, key.span, "input", inputs)
        if found[key.text]:
            _paired(form, found[key.text], held.span, "output", outputs)
    return found


def _paired(form: Form, name: str, span: Span, kind: str, known: list[str]) -> None:
    if name not in known:
        message = f"the model has no {kind} `{name}` to carry state"
        help = did_you_mean(name, known)
        form.report.add(Diagnostic("E0407", message, span, help=help))
