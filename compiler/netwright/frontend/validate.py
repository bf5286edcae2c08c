"""The schema stage: a document passes through the pydantic models, whose errors are put into the
language's words and places."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import ValidationError

from netwright.diagnostics import MAX_ERRORS, Diagnostic
from netwright.frontend import keys
from netwright.frontend.document import (
    Document,
    MappingValue,
    Refused,
    Scalar,
    SequenceValue,
    Value,
)
from netwright.frontend.form import Form
from netwright.frontend.identifiers import closest, did_you_mean
from netwright.frontend.schema import SpecFile
from netwright.frontend.schema_kinds import REPORTED
from netwright.source import Span

EXPECTED = {
    "string_type": "a text",
    "bool_type": "`true` or `false`",
    "int_type": "an integer",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
"""What the kinds of pydantic's errors wanted, in words."""
_BY_TAG = {
    "<op>": keys.CONTROL | {"op"},
    "<graph>": keys.INLINE,
    "<parameter>": keys.PARAMETER,
    "<buffer>": keys.BUFFER,
}
_LONG_FORMS = {"params": keys.PARAM, "inputs": keys.INPUT, "outputs": keys.OUTPUT}
_BY_KEY = {
    "blocks": keys.BLOCK,
    "methods": keys.METHOD,
    "init": keys.INIT_RULE,
    "weights": keys.KEY_RULE,
}
_Location = tuple[int | str, ...]
_LOOKED_AT = 1000
"""Keys of one mapping among which a misspelt one is looked for."""


@dataclass(slots=True)
class Validated:
    """What the models say about a document.

    found      the faults, each with the key whose value it is about
    explained  the places that they stand for
    """

    document: Document
    found: list[tuple[Diagnostic, Span | None]] = field(default_factory=list)
    explained: set[Span] = field(default_factory=set)

    def add(
        self, code: str, message: str, span: Span, help: str = "", key: Span | None = None
    ) -> None:
        self.found.append((Diagnostic(code, message, span, help=help), key))

    def settle(self, form: Form) -> None:
        """Report what was found, unless lowering has said more about the same place."""
        known = {diagnostic.span for diagnostic in form.report}
        for diagnostic, key in self.found:
            if diagnostic.span not in known and key not in known:
                form.report.add(diagnostic)
        for span in form.rejected:
            if span not in self.explained:
                form.report.add(Diagnostic("E0105", "this value has the wrong form", span))


def validate(document: Document) -> Validated:
    """Hold a document that could be read to the models."""
    root = document.root
    assert root is not None
    result = Validated(document)
    try:
        SpecFile.model_validate(plain(root), by_alias=True, by_name=False)
    except ValidationError as fault:
        for error in fault.errors(include_url=False, include_context=False, include_input=False):
            if len(result.found) > 2 * MAX_ERRORS:
                break
            _report(result, root, error)
    return result


def plain(value: Value) -> Any:
    if isinstance(value, Scalar):
        return value.value
    if isinstance(value, SequenceValue):
        return [plain(item) for item in value.items]
    if isinstance(value, MappingValue):
        return {name: plain(entry.value) for name, entry in value.entries.items()}
    return REPORTED


def _report(result: Validated, root: Value, error: Any) -> None:
    kind, location = error["type"], error["loc"]
    parent, value, key = walk(root, location)
    if isinstance(value, Refused):
        return
    if kind == "missing":
        _missing(result, value, str(location[-1]))
    elif kind == "extra_forbidden":
        _unknown(result, parent, key, location)
    elif kind == "node_kind":
        _no_kind(result, value, key)
    else:
        result.explained.add(value.span)
        expected = EXPECTED.get(kind, error["msg"])
        _wrong_kind(result, value, key, expected)


def walk(root: Value, location: _Location) -> tuple[MappingValue | None, Value, Scalar | None]:
    """The mapping around the place, the value there, and its key; tags of unions are skipped."""
    parent: MappingValue | None = None
    value: Value = root
    key: Scalar | None = None
    for part in location:
        if isinstance(value, MappingValue) and part in value.entries:
            entry = value.entries[str(part)]
            parent, value, key = value, entry.value, entry.key
        elif isinstance(value, SequenceValue) and isinstance(part, int):
            value = value.items[part]
    return parent, value, key


def _missing(result: Validated, value: Value, name: str) -> None:
    result.explained.add(value.span)
    if not isinstance(value, MappingValue):
        return
    if any(closest(other, [name]) for other in islice(value.entries, _LOOKED_AT)):
        return
    result.add("E0104", f"the key `{name}` is missing", head(value))


def head(value: Value) -> Span:
    """Where to point for a whole mapping: its first key."""
    if isinstance(value, MappingValue) and not value.flow:
        for entry in value.entries.values():
            return entry.key.span
    return value.span


def _unknown(
    result: Validated,
    parent: MappingValue | None,
    key: Scalar | None,
    location: _Location,
) -> None:
    if key is None:
        return
    result.explained.add(key.span)
    known = _known(location)
    if key.text in keys.CONTROL and known & {"parameter", "buffer"}:
        return
    others = sorted(known - set(parent.entries if parent is not None else ()))
    help = did_you_mean(key.text, others) or f"the keys here are {_listing(known)}"
    result.add("E0103", f"there is no key `{key.text}` here", key.span, help=help)


def _listing(known: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(known))


def _known(location: _Location) -> frozenset[str]:
    """The keys that belong where an unknown one was found."""
    if len(location) == 1:
        return keys.SPEC
    last = str(location[-2])
    if last == "<mapping>":
        return _LONG_FORMS[str(location[-4])]
    return _BY_TAG.get(last) or _BY_KEY[str(location[0])]


_KINDS = frozenset({"type", "module", "class", "layer", "name", "_target_"})
"""Where others write the class of a layer."""


def _no_kind(result: Validated, value: Value, key: Scalar | None) -> None:
    result.explained.add(value.span)
    names = list(value.entries) if isinstance(value, MappingValue) else []
    place = head(value) if key is None else key.span
    for name in names:
        meant = closest(name, keys.NODE_KINDS)
        if meant is not None and isinstance(value, MappingValue):
            span = value.entries[name].key.span
            message = f"there is no key `{name}` here"
            result.add("E0103", message, span, help=f"did you mean `{meant}`?")
            return
    named = next((name for name in names if name in _KINDS), None)
    if named is not None and isinstance(value, MappingValue):
        span = value.entries[named].key.span
        help = "a module's name stands under `op`"
        result.add("E0103", f"there is no key `{named}` here", span, help=help)
        return
    message = "a node in long form says what it is by `op`, `graph`, `parameter` or `buffer`"
    result.add("E0104", message, place)


def _wrong_kind(result: Validated, value: Value, key: Scalar | None, expected: str) -> None:
    what = "the file" if key is None else f"`{key.text}`"
    message = f"{what} holds {kind_of(value)}, expected {expected}"
    help = _remedy(value, key, expected)
    result.add("E0105", message, _place(value), help, None if key is None else key.span)


def _place(value: Value) -> Span:
    return value.span if isinstance(value, Scalar) else head(value)


def kind_of(value: Value) -> str:
    """What `value` is, in a diagnostic."""
    if isinstance(value, Scalar):
        plain = value.value
        return (
            "null" if plain is None else "a text" if isinstance(plain, str) else f"`{value.text}`"
        )
    return "a list" if isinstance(value, SequenceValue) else "a mapping"


_SHAPES = {
    "graph": "nodes are keys, in order and without dashes: `fc: Linear(out_features=10)`",
    "blocks": "blocks are keys, without dashes: `Mlp: {inputs: ..., graph: ...}`",
    "inputs": 'each input has a name and a type: `{x: "float[B, C]"}`',
    "outputs": "each output has a name and a value: `{logits: head}`",
    "params": "each param has a name and a default or a type: `{dim: 64, depth: int}`",
    "use": "each file has a name: `{parts: parts.yaml}`",
}
"""What stands under a key that holds something else."""


def _remedy(value: Value, key: Scalar | None, expected: str) -> str:
    if expected == "a mapping" and key is not None:
        return _SHAPES.get(key.text, "")
    if expected == "a list" and isinstance(value, Scalar):
        return f"write `[{value.text}]`"
    if expected.startswith("the language version"):
        return "write `netwright: 1`"
    if expected == "a text" and isinstance(value, Scalar) and value.value is not None:
        return f'quote this: `"{value.text}"`'
    return ""
