"""The JSON Schema of specs, for editors: completion of keys, ops and arguments, with their docs.

The models of a spec give its frame, the table of modules what stands beside `op`. In the long form
an argument that a class of torch.nn does not have is refused. Short forms are text to a JSON
Schema: it offers how they begin, and leaves the rest to `netwright check`. Which blocks a
file has it cannot know: one that bears the name of a class of torch.nn is held to that class.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from netwright.frontend import schema
from netwright.frontend.keys import CONTROL
from netwright.frontend.properties import PROPERTIES, Claim
from netwright.frontend.schema_kinds import FORMULA
from netwright.ops.entry import Arg, ModuleOp
from netwright.ops.table import MODULES

_MODULE_NODE = {"$ref": "#/$defs/ModuleNodeSpec"}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {
    "size": ("integer",),
    "sizes": ("integer", "array"),
    "int": ("integer",),
    "ints": ("integer", "array"),
    "axis": ("integer",),
    "axes": ("integer", "array"),
    "float": ("number",),
    "number": ("number",),
    "bool": ("boolean",),
}
"""What an argument may be beside an expression, by its kind; other kinds take any value."""
_SAMPLES = {"size": 64, "sizes": 64, "int": 1, "ints": 3, "float": 1.0, "number": 1.0}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a spec file, the same for the same table of modules."""
    root = schema.SpecFile.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = root.pop("$defs")
    for name, definition in definitions.items():
        _describe(definition, getattr(schema, name))
    _describe(root, schema.SpecFile)
    ops = [MODULES[name] for name in sorted(MODULES)]
    root, definitions = _shared_nodes(root), _shared_nodes(definitions)
    definitions["Node"] = _node(ops)
    definitions["ModuleNodeSpec"] |= _by_op(definitions["ModuleNodeSpec"], ops)
    definitions.update({f"op.{op.name}": _arguments(op) for op in ops})
    root["properties"]["properties"] |= _claims()
    root["dependentRequired"] = {"model": ["graph"], "graph": ["model"]}
    root["anyOf"] = [{"required": ["graph"]}, {"required": ["blocks"]}]
    return {"$schema": _DRAFT, "title": "netwright spec", **root, "$defs": definitions}


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the texts below the fields of `model` to its properties; leave out what says nothing."""
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base.__module__ == schema.__name__:
            texts |= _field_texts(base)
    definition.pop("title", None)
    for field, info in model.model_fields.items():
        held = definition["properties"][info.alias or field]
        held.pop("title", None)
        if not held.get("default"):
            held.pop("default", None)
        held["description"] = texts[field]


def _field_texts(model: type) -> dict[str, str]:
    """The text below each field of a class, as in its source."""
    (parsed,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(parsed, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in pairwise(parsed.body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            if isinstance(field.target, ast.Name) and isinstance(text.value, ast.Constant):
                found[field.target.id] = str(text.value.value)
    return found


def _shared_nodes(part: Any) -> Any:
    """`part` with one definition for all the places where nodes stand."""
    if isinstance(part, list):
        return [_shared_nodes(item) for item in part]
    if not isinstance(part, dict):
        return part
    held = part.get("additionalProperties")
    if isinstance(held, dict) and _MODULE_NODE in held.get("oneOf", ()):
        return {**part, "additionalProperties": {"$ref": "#/$defs/Node"}, "minProperties": 1}
    return {key: _shared_nodes(value) for key, value in part.items()}


def _node(ops: list[ModuleOp]) -> dict[str, Any]:
    short = {**FORMULA, "examples": [_example(op) for op in ops]}
    names = ("InlineNodeSpec", "ParameterNodeSpec", "BufferNodeSpec")
    long = [_MODULE_NODE, *({"$ref": f"#/$defs/{name}"} for name in names)]
    text = "A module, an expression, or one of the long forms: a module, a block, a tensor."
    return {"description": text, "oneOf": [short, *long]}


def _by_op(node: dict[str, Any], ops: list[ModuleOp]) -> dict[str, Any]:
    """What `op` offers, and what stands beside it for each op that torch.nn has."""
    named = {"enum": [op.name for op in ops], "enumDescriptions": [op.doc for op in ops]}
    op_key = {**node["properties"]["op"], "anyOf": [named, {"type": "string"}]}
    beside = [
        {
            "if": {"properties": {"op": {"const": op.name}}, "required": ["op"]},
            "then": {"$ref": f"#/$defs/op.{op.name}"},
        }
        for op in ops
    ]
    return {
        "properties": {"op": op_key, **{k: v for k, v in node["properties"].items() if k != "op"}},
        "additionalProperties": FORMULA,
        "allOf": beside,
    }


def _claims() -> dict[str, Any]:
    """The properties that a spec can claim, in place of a mapping that takes any."""
    claims = {name: _claim(claim) for name, claim in PROPERTIES.items()}
    return {"properties": claims, "additionalProperties": False}


def _claim(claim: Claim) -> dict[str, Any]:
    found = {"description": f"Claims: {claim.doc}. As in `{claim.example}`."}
    if not claim.fields:
        return found
    return found | {
        "type": ["object", "null"] if claim.kind == "nullable" else "object",
        "properties": {key: {"description": part.doc} for key, part in claim.fields.items()},
        "required": [key for key, part in claim.fields.items() if part.required],
        "additionalProperties": False,
    }


def _arguments(op: ModuleOp) -> dict[str, Any]:
    """What may and must stand beside `op`."""
    return {
        "description": op.doc,
        "properties": {arg.name: _argument(arg) for arg in op.args},
        "propertyNames": {"enum": ["op", *(arg.name for arg in op.args), *sorted(CONTROL)]},
        "required": ["op", *_needed(op)],
    }


def _needed(op: ModuleOp) -> list[str]:
    return [arg.name for arg in op.args if arg.required and arg.name not in op.infer]


def _argument(arg: Arg) -> dict[str, Any]:
    found: dict[str, Any] = {"description": arg.doc} if arg.doc else {}
    if arg.kind in _TYPES:
        types = (*_TYPES[arg.kind], "string", *(("null",) if arg.optional else ()))
        found["type"] = list(types)
    if arg.choices:
        found["anyOf"] = [{"enum": list(arg.choices)}, {"type": found.pop("type", ["string"])}]
    if not arg.required and _plain(arg.default):
        found["default"] = arg.default
    return found


def _plain(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def _example(op: ModuleOp) -> str:
    """How the short form of `op` begins."""
    kinds = {arg.name: arg.kind for arg in op.args}
    given = ", ".join(f"{name}={_SAMPLES.get(kinds[name], 1)}" for name in _needed(op))
    return f"{op.name}({given})" if given else op.name
