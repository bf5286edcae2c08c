"""What stands beside a graph: variants, methods, init, ties, key maps, state, properties."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netwright.diagnostics import Diagnostic
from netwright.frontend import keys
from netwright.frontend.document import Scalar, Value
from netwright.frontend.form import Form
from netwright.frontend.identifiers import MODULE_ATTRIBUTES, did_you_mean
from netwright.frontend.lower_params import convert, usable
from netwright.frontend.typeparse import ANY, dim_names
from netwright.ir.expr import Expr
from netwright.ir.program import Block, InitRule, KeyRule, Method, Param, Tie, Variant
from netwright.source import Span

_COUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGBT])")
_GROUP = re.compile(r"\\(\d)")
PROPERTIES = {"causal": True, "permutation_invariant": True, "max_parameters": False}
"""What the verifier can hold a model to; true for what is about a dim (`{over: T}`)."""

_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


def variants(
    form: Form, value: Value | None, params: tuple[Param, ...] | None
) -> dict[str, Variant]:
    """The variants; `params` is None where the model's params could not be read."""
    known = None if params is None else {param.name: param for param in params}
    return {key.text: _variant(form, key, held, known) for key, held in form.entries(value)}


def _variant(form: Form, key: Scalar, value: Value, known: Mapping[str, Param] | None) -> Variant:
    values: dict[str, Expr] = {}
    spans = {}
    for name, held in form.entries(value):
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
    return Variant(key.text, values, spans, key.span)


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
            form.missing(mapping, {"to", "split"}, keys.KEY_RULE, message, match.span)
        else:
            form.report.add(Diagnostic("E0219", message, mapping.entries["split"].key.span))
        return None
    if not _groups_fit(form, match, () if to is None else (to,), split):
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


def _groups_fit(form: Form, match: Value, to: tuple[Value, ...], split: Value | None) -> bool:
    """Whether `match` is a regular expression that has the groups which the new keys read."""
    try:
        pattern = re.compile(form.text(match))
    except (re.error, RecursionError, OverflowError) as error:
        message = f"this is no regular expression: {error}"
        form.report.add(Diagnostic("E0406", message, match.span))
        return False
    for target in (*to, *form.items(split)):
        text = target.text if isinstance(target, Scalar) else ""
        most = max((int(number) for number in _GROUP.findall(text)), default=0)
        if most > pattern.groups:
            held = f"has {pattern.groups}" if pattern.groups else "has none"
            message = f"`{text}` reads group {most}, but `match` {held}"
            form.report.add(Diagnostic("E0406", message, target.span))
            return False
    return True


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


def properties(form: Form, value: Value | None, model: Block | None) -> dict[str, object]:
    """Plain data; `12M` is a number."""
    found: dict[str, object] = {}
    for key, held in form.entries(value):
        found[key.text] = _counts(form.plain(held))
        fault = _unfit(key.text, found[key.text], model)
        if fault is not None:
            message, help = fault
            known = key.text in PROPERTIES
            span = held.span if known else key.span
            form.report.add(Diagnostic("E0409", message, span, help=help))
    return found


def _unfit(name: str, value: object, model: Block | None) -> tuple[str, str] | None:
    """What is wrong with a property, and the remedy."""
    if name not in PROPERTIES:
        known = ", ".join(f"`{p}`" for p in sorted(PROPERTIES))
        help = did_you_mean(name, PROPERTIES) or f"the properties are {known}"
        return f"there is no property `{name}`", help
    if not PROPERTIES[name]:
        whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
        return None if whole else (f"`{name}` is a number of weights", "as in `12M` or `340000`")
    over = value.get("over") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(over, str):
        return f"`{name}` names the dim that it is about", "as in `{over: T}`"
    if model is None or any(given.type == ANY for given in model.inputs):
        return None
    dims = [dim for given in model.inputs for dim in dim_names(given.type)]
    if over not in dims or over in (param.name for param in model.params):
        listed = ", ".join(f"`{dim}`" for dim in dict.fromkeys(dims))
        help = did_you_mean(over, dims) or f"they bind {listed}"
        return f"`{over}` is no dim that the model's inputs bind", help
    return None


def _counts(value: object) -> object:
    if isinstance(value, str):
        match = _COUNT.fullmatch(value)
        return value if match is None else round(float(match[1]) * _UNITS[match[2]])
    if isinstance(value, dict):
        return {name: _counts(held) for name, held in value.items()}
    return value
