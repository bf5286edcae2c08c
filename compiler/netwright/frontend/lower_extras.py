"""What stands beside a graph: variants, methods, init, ties, key maps, state, properties."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netwright.diagnostics import Diagnostic
from netwright.frontend import keys
from netwright.frontend.document import Scalar, Value
from netwright.frontend.form import Form
from netwright.frontend.identifiers import did_you_mean
from netwright.frontend.lower_params import convert, usable
from netwright.ir.expr import Expr
from netwright.ir.program import InitRule, KeyRule, Method, Param, Tie, Variant

_COUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGBT])")
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


def variants(form: Form, value: Value | None, params: tuple[Param, ...]) -> dict[str, Variant]:
    known = {param.name: param for param in params}
    return {key.text: _variant(form, key, held, known) for key, held in form.entries(value)}


def _variant(form: Form, key: Scalar, value: Value, known: Mapping[str, Param]) -> Variant:
    values: dict[str, Expr] = {}
    spans = {}
    for name, held in form.entries(value):
        param = known.get(name.text)
        if param is None:
            message = f"the model has no param `{name.text}`"
            help = did_you_mean(name.text, known)
            form.report.add(Diagnostic("E0205", message, name.span, help=help))
            continue
        values[name.text] = convert(form, held, param.type)
        spans[name.text] = name.span
    return Variant(key.text, values, spans, key.span)


def methods(form: Form, value: Value | None) -> tuple[Method, ...]:
    found: list[Method] = []
    for key, held in form.entries(value):
        usable(form, key)
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


def weights(form: Form, value: Value | None) -> dict[str, tuple[KeyRule, ...]]:
    found: dict[str, tuple[KeyRule, ...]] = {}
    for key, held in form.entries(value):
        rules = (_key_rule(form, item) for item in form.items(held))
        found[key.text] = tuple(rule for rule in rules if rule is not None)
    return found


def _key_rule(form: Form, item: Value) -> KeyRule | None:
    mapping = form.mapping(item, keys.KEY_RULE)
    if mapping is None:
        return None
    match, to, split = mapping.get("match"), mapping.get("to"), mapping.get("split")
    if match is None:
        form.reject(item)
        return None
    if (to is None) == (split is None):
        message = "a step of a key map has either `to` or `split`"
        if to is None:
            form.missing(mapping, "to", keys.KEY_RULE, message, match.span)
        else:
            form.report.add(Diagnostic("E0219", message, mapping.entries["split"].key.span))
        return None
    dim = form.number(mapping.get("dim"))
    if isinstance(dim, float):
        form.reject(mapping.entries["dim"].value)
        return None
    drops = isinstance(to, Scalar) and to.value is None
    return KeyRule(
        form.text(match),
        None if to is None or drops else form.text(to),
        tuple(form.text(part) for part in form.items(split)),
        int(dim or 0),
        item.span,
    )


def state(form: Form, value: Value | None) -> dict[str, str]:
    return {key.text: form.text(held) for key, held in form.entries(value)}


def properties(form: Form, value: Value | None) -> dict[str, object]:
    """Plain data; `12M` is a number."""
    return {key.text: _counts(form.plain(held)) for key, held in form.entries(value)}


def _counts(value: object) -> object:
    if isinstance(value, str):
        match = _COUNT.fullmatch(value)
        return value if match is None else round(float(match[1]) * _UNITS[match[2]])
    if isinstance(value, dict):
        return {name: _counts(held) for name, held in value.items()}
    return value
