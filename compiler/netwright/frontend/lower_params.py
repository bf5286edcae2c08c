"""Params, inputs and outputs of a block."""

from __future__ import annotations

import re

from netwright.diagnostics import Diagnostic
from netwright.frontend import keys, traps
from netwright.frontend.document import MappingValue, Refused, Scalar, SequenceValue, Value
from netwright.frontend.faulty import Faulty
from netwright.frontend.form import Form
from netwright.frontend.identifiers import did_you_mean, fault_of
from netwright.frontend.slips import misspelt
from netwright.frontend.typeparse import ANY, parse_type
from netwright.ir.expr import Expr, ListExpr, Literal
from netwright.ir.program import Input, Output, Param, TypeExpr

PARAM_TYPES = ("int", "float", "bool", "str", "module")
_TYPES_HELP = "the types are `int`, `float`, `bool`, `str`, `module` and `list[...]` of one of them"
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_PARAM_TYPE = re.compile(r"(list\[)*(int|float|bool|str|module)(\])*")


def usable(form: Form, key: Scalar) -> bool:
    """Whether a key can be a name in emitted source; reported where not."""
    own = key.text == "self"
    fault = fault_of(key.text) or ("is what a method calls its module" if own else "")
    if fault:
        form.report.add(Diagnostic("E0211", f"`{key.text}` {fault}", key.span))
    return not fault


def params(form: Form, value: Value | None, block: bool) -> tuple[Param, ...]:
    """The params of a model or a `block`; faulty ones stay, as names without a default."""
    return tuple(_param(form, key, given, block) for key, given in form.entries(value))


def _param(form: Form, key: Scalar, value: Value, block: bool) -> Param:
    usable(form, key)
    if block and key.text in keys.RESERVED:
        message = f"the param `{key.text}` bears the name of a control key"
        form.report.add(Diagnostic("E0211", message, key.span, help="give it another name"))
    if isinstance(value, MappingValue):
        return _long_param(form, key, value)
    if isinstance(value, Scalar) and isinstance(value.value, str) and is_param_type(value.text):
        return Param(key.text, value.text, None, span=key.span)
    if isinstance(value, Scalar) and _torn(value):
        form.report.add(traps.torn(value))
        return Param(key.text, "", None, optional=True, span=key.span)
    if isinstance(value, Scalar) and not value.style and value.text.lower() in _TRUTHS:
        _a_word(form, value)
        return Param(key.text, "", None, optional=True, span=key.span)
    kind = literal_type(value)
    if kind is None:
        _untyped(form, key, value)
        return Param(key.text, "", None, optional=True, span=key.span)
    return Param(key.text, kind, form.string_or_expr(value), span=key.span)


def _torn(value: Scalar) -> bool:
    """Whether a bracket is missing, so that YAML reads a list as text: `strides: 1, 2]`."""
    if value.style:
        return False
    return any(value.text.count(a) != value.text.count(b) for a, b in ("()", "[]", "{}"))


def _a_word(form: Form, value: Scalar) -> None:
    """`yes` as a default: YAML 1.2 reads a text, which is true even where it says `no`."""
    truth = _TRUTHS[value.text.lower()]
    message = f"`{value.text}` is a text, not a truth value"
    help = f'write `{truth}`, or `"{value.text}"` for the text'
    form.report.add(Diagnostic("E0105", message, value.span, help=help))


def _untyped(form: Form, key: Scalar, value: Value) -> None:
    if isinstance(value, Refused):
        return
    message = f"the type of the param `{key.text}` does not follow from its default"
    help = "write `{type: ..., default: ...}`"
    form.report.add(Diagnostic("E0105", message, value.span, help=help))


def _long_param(form: Form, key: Scalar, value: MappingValue) -> Param:
    form.mapping(value, keys.PARAM)
    default = value.get("default")
    kind = _declared_type(form, key, value, default)
    choices = value.get("choices")
    expr = None if default is None else convert(form, default, kind)
    return Param(
        key.text,
        kind,
        expr,
        optional=isinstance(expr, Literal) and expr.value is None,
        minimum=form.number(value.get("min")),
        maximum=form.number(value.get("max")),
        choices=tuple(form.plain(c) for c in form.items(choices)),
        doc=form.doc(value.get("doc")),
        span=key.span,
    )


def _declared_type(form: Form, key: Scalar, value: MappingValue, default: Value | None) -> str:
    declared = value.get("type")
    if declared is None:
        kind = None if default is None else literal_type(default)
        if misspelt(value, keys.PARAM, {"type"}):
            return ""
        if kind is None and not isinstance(default, Refused):
            message = f"the param `{key.text}` has neither a type nor a default that shows it"
            form.missing(value, {"type"}, keys.PARAM, message, key.span)
        return kind or ""
    text = form.text(declared)
    if text and not is_param_type(text):
        help = did_you_mean(text, PARAM_TYPES) or _TYPES_HELP
        form.report.add(
            Diagnostic("E0109", f"`{text}` is not a param's type", declared.span, help=help)
        )
        return ""
    return text.replace(" ", "")


def is_param_type(text: str) -> bool:
    text = text.replace(" ", "")
    return bool(_PARAM_TYPE.fullmatch(text)) and text.count("[") == text.count("]")


def literal_type(value: Value) -> str | None:
    """The type of a param whose default is `value`: its YAML kind."""
    if isinstance(value, SequenceValue):
        return _list_type([literal_type(item) for item in value.items])
    if isinstance(value, Scalar) and value.value is not None:
        return type(value.value).__name__
    return None


def _list_type(kinds: list[str | None]) -> str | None:
    if not kinds or None in kinds:
        return None
    distinct = set(kinds)
    if distinct == {"int", "float"}:
        return "list[float]"
    return f"list[{kinds[0]}]" if len(distinct) == 1 else None


def convert(form: Form, value: Value, kind: str) -> Expr:
    """A value for a param of type `kind`: text for strings is literal, for others an expression."""
    if isinstance(value, Scalar) and isinstance(value.value, str):
        if kind == "str":
            return Literal(value.text, span=value.span)
        if not kind:
            return Faulty(span=value.span)
    if kind.startswith("list[") and isinstance(value, SequenceValue):
        items = tuple(convert(form, item, kind[5:-1]) for item in value.items)
        faulty = any(isinstance(item, Faulty) for item in items)
        return Faulty(span=value.span) if faulty else ListExpr(items, span=value.span)
    return form.expr(value)


def inputs(form: Form, value: Value | None) -> tuple[Input, ...]:
    return tuple(_input(form, key, given) for key, given in form.entries(value))


def _input(form: Form, key: Scalar, value: Value) -> Input:
    usable(form, key)
    if not isinstance(value, MappingValue):
        return Input(key.text, type_of(form, value) or ANY, span=key.span)
    form.mapping(value, keys.INPUT)
    declared = value.get("type")
    if declared is None:
        form.reject(value)
    return Input(
        key.text,
        (None if declared is None else type_of(form, declared)) or ANY,
        form.flag(value.get("optional")),
        form.doc(value.get("doc")),
        key.span,
    )


def type_of(form: Form, value: Value) -> TypeExpr | None:
    text = form.text(value)
    if not text or not isinstance(value, Scalar):
        return None
    form.count_text(text, value.span)
    return parse_type(text, form.document.place(value), form.report, form.budgets)


def outputs(form: Form, value: Value | None) -> tuple[Output, ...]:
    return tuple(_output(form, key, given) for key, given in form.entries(value))


def _output(form: Form, key: Scalar, value: Value) -> Output:
    usable(form, key)
    if not isinstance(value, MappingValue):
        return Output(key.text, form.expr(value), None, key.span)
    form.mapping(value, keys.OUTPUT)
    declared, held = value.get("type"), value.get("value")
    if held is None:
        form.reject(value)
    type = None if declared is None else type_of(form, declared)
    expr = Faulty(span=value.span) if held is None else form.expr(held)
    return Output(key.text, expr, type, key.span)
