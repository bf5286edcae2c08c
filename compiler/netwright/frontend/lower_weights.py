"""Key maps: the steps from a published checkpoint's keys to the model's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netwright.diagnostics import Diagnostic
from netwright.frontend import keys
from netwright.frontend.document import MappingValue, Scalar, Value
from netwright.frontend.form import Form
from netwright.ir.program import KeyRule

_GROUP = re.compile(r"\\(\d)")
_NUMBER = "#"
_PARTS = ("split", "unstack")
"""What gives several keys, each with a name of its own."""
_WHOLES = ("join", "stack")
"""What gives one of several keys, which `to` names."""


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
    match, to = mapping.get("match"), mapping.get("to")
    if match is None:
        form.reject(item)
        return None
    transpose = form.flag(mapping.get("transpose"))
    if not _is_one(form, mapping, match, transpose) or not _groups_fit(form, mapping, match):
        return None
    dim = form.number(mapping.get("dim"))
    if isinstance(dim, float):
        form.reject(mapping.entries["dim"].value)
        return None
    drops = isinstance(to, Scalar) and to.value is None
    return KeyRule(
        form.text(match),
        None if to is None or drops else form.text(to),
        _texts(form, mapping.get("split")),
        _texts(form, mapping.get("join")),
        form.text(mapping.get("stack")),
        form.text(mapping.get("unstack")),
        int(dim or 0),
        transpose,
        item.span,
    )


def _texts(form: Form, value: Value | None) -> tuple[str, ...]:
    return tuple(form.text(part) for part in form.items(value))


def _is_one(form: Form, mapping: MappingValue, match: Value, transpose: bool) -> bool:
    """Whether a step says what becomes of its keys, and says one thing only."""
    given = [key for key in ("to", *_PARTS) if key in mapping.entries]
    if not given and not transpose and mapping.entries.keys().isdisjoint(_WHOLES):
        message = "a step of a key map has either `to` or `split`"
        needed = {"to", *_PARTS, "transpose"}
        form.missing(mapping, needed, keys.KEY_RULE, message, match.span)
        return False
    faults = list(_beside(mapping, given))
    for key, message in faults:
        form.report.add(Diagnostic("E0219", message, mapping.entries[key].key.span))
    return not faults


def _beside(mapping: MappingValue, given: list[str]) -> Iterator[tuple[str, str]]:
    """The keys of a step that do not go together, each with what is wrong about it."""
    for key in given[1:]:
        yield key, f"a step of a key map has either `{given[0]}` or `{key}`"
    wholes = [key for key in _WHOLES if key in mapping.entries]
    for key in wholes[1:]:
        yield key, f"a step of a key map has either `{wholes[0]}` or `{key}`"
    to = mapping.get("to")
    named = isinstance(to, Scalar) and to.value is not None
    for key in wholes[:1]:
        if not named:
            yield key, f"`{key}` wants a `to`, which names what it makes"
    unstack = mapping.get("unstack")
    if isinstance(unstack, Scalar) and _NUMBER not in unstack.text:
        yield "unstack", f"`unstack` wants a `{_NUMBER}`, where the number of each item stands"


def _groups_fit(form: Form, mapping: MappingValue, match: Value) -> bool:
    """Whether `match` is a regular expression that has the groups which the new keys read."""
    try:
        pattern = re.compile(form.text(match))
    except (re.error, RecursionError, OverflowError) as error:
        message = f"this is no regular expression: {error}"
        form.report.add(Diagnostic("E0406", message, match.span))
        return False
    several = [*form.items(mapping.get("split")), *form.items(mapping.get("join"))]
    single = (mapping.get("to"), mapping.get("stack"), mapping.get("unstack"))
    for target in (*several, *(value for value in single if value is not None)):
        text = target.text if isinstance(target, Scalar) else ""
        most = max((int(number) for number in _GROUP.findall(text)), default=0)
        if most > pattern.groups:
            held = f"has {pattern.groups}" if pattern.groups else "has none"
            message = f"`{text}` reads group {most}, but `match` {held}"
            form.report.add(Diagnostic("E0406", message, target.span))
            return False
    return True
