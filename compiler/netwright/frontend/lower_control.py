"""Control keys of a node: loops, conditions, `take`, `key` and flags."""

from __future__ import annotations

import re
from collections.abc import Collection

from netwright.diagnostics import Diagnostic
from netwright.frontend import keys
from netwright.frontend.document import MappingValue, Scalar, SequenceValue, Value
from netwright.frontend.faulty import Faulty
from netwright.frontend.form import Form
from netwright.frontend.identifiers import fault_of
from netwright.frontend.scalars import Part, Place
from netwright.ir.attributes import MODULE_ATTRIBUTES
from netwright.ir.expr import Expr, Literal
from netwright.ir.program import Control, Given, KeyPart, Loop
from netwright.source import NOWHERE, Span

_TARGETS = re.compile(
    r"\s*(?P<names>[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s+in\s+(?P<rest>.+)", re.ASCII | re.DOTALL
)
_OVER = re.compile(r"(?P<body>.+?)\s+over\s+(?P<dim>[A-Za-z_]\w*)\s*", re.ASCII | re.DOTALL)
_PATH = re.compile(r"\w+(\.\w+)*", re.ASCII)
_KEY_TEXT = re.compile(r"[\w.]*", re.ASCII)
_SHAPES = {
    "repeat": "`repeat` takes a number, `n`, or names its counter: `j in range(n)`",
    "each": "`each` reads `item in items`",
    "scan": "`scan` reads `x_t in x over T`",
}

_BESIDE = {"else": "when", "collect": "repeat"}

NO_CONTROL = Control()


def control(form: Form, node: MappingValue) -> Control:
    """The control keys of a node in long form."""
    if not node.entries.keys() & keys.CONTROL - {"from"}:
        return NO_CONTROL
    loop = _loop(form, node)
    take = node.get("take")
    key = node.get("key")
    return Control(
        loop=loop,
        when=_expr(form, node, "when"),
        otherwise=_expr(form, node, "else"),
        take=() if take is None else _paths(form, take),
        take_span=NOWHERE if take is None else take.span,
        single_take=isinstance(take, Scalar),
        key=None if key is None else _key(form, key),
        shared=form.flag(node.get("shared")),
        frozen=_condition(form, node, "frozen"),
        checkpoint=_condition(form, node, "checkpoint"),
        doc=form.doc(node.get("doc")),
    )


def _expr(form: Form, node: MappingValue, key: str) -> Expr | None:
    value = node.get(key)
    return None if value is None else form.expr(value)


def _condition(form: Form, node: MappingValue, key: str) -> Expr | None:
    """A flag that may be a condition; `false` says the same as leaving it out."""
    expr = _expr(form, node, key)
    return None if isinstance(expr, Literal) and expr.value is False else expr


def misplaced(form: Form, node: MappingValue, meant: Collection[str]) -> None:
    """Control keys that apply only beside another one. `meant` are those that stand misspelt."""
    for key, other in _BESIDE.items():
        if key in node.entries and other not in node.entries and other not in meant:
            _does_not_apply(form, node, key, f"`{key}` applies beside `{other}`")


def _does_not_apply(form: Form, node: MappingValue, key: str, message: str) -> None:
    form.report.add(Diagnostic("E0219", message, node.entries[key].key.span))


def _loop(form: Form, node: MappingValue) -> Loop | None:
    present = [k for k in node.entries if k in keys.LOOPS]
    if not present:
        return None
    for extra in present[1:]:
        message = f"`{extra}` stands beside `{present[0]}`, a node has one loop"
        help = "put the inner loop into a node of a `graph` inside"
        span = node.entries[extra].key.span
        form.report.add(Diagnostic("E0219", message, span, help=help))
    kind, value = present[0], node.entries[present[0]].value
    collect = form.flag(node.get("collect"))
    if not isinstance(value, Scalar) or not isinstance(value.value, str):
        return _plain_loop(form, kind, value, collect)
    place, text = form.document.place(value), value.text
    over = None
    if kind == "scan":
        match = _OVER.fullmatch(text)
        over = match["dim"] if match else None
        text = match["body"] if match else text
    match = _TARGETS.fullmatch(text)
    if (match is None and kind != "repeat") or (kind == "scan" and over is None):
        return _misread(form, kind, value.span)
    if match is None:
        return Loop("repeat", (), form.parse(value), None, collect, value.span)
    targets = _targets(form, match, place)
    iterable = form.parse_part(match["rest"], Part(place, match.start("rest")), value.span)
    return Loop(kind, targets, iterable, over, collect, value.span)  # type: ignore[arg-type]


def _plain_loop(form: Form, kind: str, value: Value, collect: bool) -> Loop | None:
    """A loop given as a number."""
    plain = value.value if isinstance(value, Scalar) else None
    if kind == "repeat" and isinstance(plain, int) and not isinstance(plain, bool):
        return Loop("repeat", (), form.expr(value), None, collect, value.span)
    form.reject(value)
    return Loop("repeat", (), Faulty(span=value.span), None, collect, value.span)


def _misread(form: Form, kind: str, span: Span) -> Loop:
    form.report.add(Diagnostic("E0108", _SHAPES[kind], span))
    return Loop("repeat", (), Faulty(span=span), None, False, span)


def _targets(form: Form, match: re.Match[str], place: Place) -> tuple[str, ...]:
    found: list[str] = []
    for name in re.finditer(r"\w+", match["names"], re.ASCII):
        start = match.start("names") + name.start()
        span = place.span(start, start + len(name[0]))
        fault = fault_of(name[0]) or ("is bound twice here" if name[0] in found else "")
        if fault:
            code = "E0210" if "twice" in fault else "E0211"
            form.report.add(Diagnostic(code, f"`{name[0]}` {fault}", span))
        found.append(name[0])
    return tuple(found)


def _paths(form: Form, value: Value) -> tuple[str, ...]:
    items = list(value.items) if isinstance(value, SequenceValue) else [value]
    found: list[str] = []
    for label in filter(None, map(form.label, items)):
        if _PATH.fullmatch(label.text):
            found.append(label.text)
        else:
            message = f"`{label.text}` is not a path of nodes"
            help = "a path is names with dots: `encoder.stages.1`"
            form.report.add(Diagnostic("E0108", message, label.span, help=help))
    return tuple(found)


def _key(form: Form, value: Value) -> tuple[KeyPart, ...] | None:
    """`blocks.{i + 1}` as literal text and expressions."""
    label = form.label(value)
    if label is None:
        return None
    place, text = form.document.place(label), label.text
    parts: list[KeyPart] = []
    at = 0
    for match in re.finditer(r"\{([^{}]*)\}", text):
        parts += _key_text(form, text[at : match.start()], Part(place, at))
        inner = Part(place, match.start(1))
        parts.append(KeyPart(expr=form.parse_part(match[1], inner, value.span)))
        at = match.end()
    parts += _key_text(form, text[at:], Part(place, at))
    _key_dots(form, text, label)
    _key_levels(form, text, label)
    return tuple(parts)


def _key_levels(form: Form, text: str, value: Scalar) -> None:
    """Every level of a path is an attribute of a module, and hides none that a module has."""
    for level in text.split("."):
        if level.startswith("__") or level in MODULE_ATTRIBUTES:
            message = f"`{level}` is an attribute of every `nn.Module`"
            form.report.add(Diagnostic("E0211", message, value.span))


def _key_text(form: Form, text: str, place: Place) -> list[KeyPart]:
    if not _KEY_TEXT.fullmatch(text):
        odd = next(i for i, c in enumerate(text) if not _KEY_TEXT.fullmatch(c))
        message = f"`{text[odd]}` does not belong in a weights' path"
        help = "a path is names with dots, expressions in `{}`"
        form.report.add(Diagnostic("E0211", message, place.span(odd, odd + 1), help=help))
    return [KeyPart(text)] if text else []


def _key_dots(form: Form, text: str, value: Scalar) -> None:
    flat = re.sub(r"\{[^{}]*\}", "0", text)
    if flat.startswith(".") or flat.endswith(".") or ".." in flat:
        message = f"the path `{text}` has an empty level"
        form.report.add(Diagnostic("E0211", message, value.span))


def given(form: Form, node: MappingValue) -> Given:
    """What `from` says."""
    value = node.get("from")
    if value is None:
        return Given(implicit=True, span=node.span)
    if isinstance(value, MappingValue):
        named = {name: form.expr(e.value) for name, e in value.entries.items()}
        return Given((), named, span=value.span)
    if isinstance(value, SequenceValue):
        return Given(tuple(form.expr(item) for item in value.items), span=value.span)
    return Given((form.expr(value),), span=value.span)
