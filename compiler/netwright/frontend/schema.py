"""The form of a spec as pydantic models: what each key holds.

They are the form in which programs write specs (`Spec(model=..., graph={...})`), the source of the
JSON Schema, and what explains a file whose form is wrong. Meaning (names, types, shapes) is not
checked here.

Importing pydantic takes longer than checking a spec, so that nothing on the way of a sound file
imports this module.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from netwright.frontend.keys import NODE_KINDS

_SCALAR_SCHEMA = {"type": ["string", "number", "boolean", "null"]}
_FORMULA_SCHEMA = {
    "description": "an expression: text in Python's syntax, a number, true, false, null, or a list",
    "type": ["string", "number", "boolean", "null", "array"],
}


class _Refused:
    """Stands for a value that has been reported already; any model may refuse it."""


REFUSED = _Refused()


def _formula(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_formula(item) for item in value]
    if value is None or isinstance(value, str | int | float | _Refused):
        return value
    raise PydanticCustomError("formula", "an expression or a list of them")


def _label(value: Any) -> Any:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("label", "a path")


def _count(value: Any) -> Any:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("count", "a number or an expression")


def _number(value: Any) -> Any:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise PydanticCustomError("number", "a number")


def _version(value: Any) -> Any:
    if value == 1 and not isinstance(value, bool | float):
        return value
    raise PydanticCustomError("version", "the language version, `1`")


def _filled(value: Any) -> Any:
    if value == {}:
        raise PydanticCustomError("filled", "a mapping with at least one node")
    return value


Formula = Annotated[Any, PlainValidator(_formula), WithJsonSchema(_FORMULA_SCHEMA)]
"""An expression wherever it stands: text, a number, a bool, None, or a list of these."""
Label = Annotated[Any, PlainValidator(_label), WithJsonSchema({"type": ["string", "number"]})]
Count = Annotated[Any, PlainValidator(_count), WithJsonSchema({"type": ["string", "integer"]})]
Number = Annotated[Any, PlainValidator(_number), WithJsonSchema({"type": ["number", "null"]})]


class _Form(BaseModel):
    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        populate_by_name=True,
        frozen=True,
        arbitrary_types_allowed=True,
    )


class ParamSpec(_Form):
    """A param in its long form. Without `type`, its default's kind is the type."""

    type: str = ""
    default: Formula = None
    min: Number = None
    max: Number = None
    choices: list[Any] = Field(default_factory=list)
    doc: str = ""


class InputSpec(_Form):
    """An input in its long form: `{type: "float[B, T]", optional: true}`."""

    type: str
    optional: bool = False
    doc: str = ""


class OutputSpec(_Form):
    """An output whose type is pinned."""

    value: Formula
    type: str = ""


def _is_mapping(value: Any) -> str:
    return "<mapping>" if isinstance(value, dict | BaseModel) else "<value>"


_Value = Annotated[Formula, Tag("<value>")]
_TypeText = Annotated[str, Tag("<value>")]
Param = Annotated[Annotated[ParamSpec, Tag("<mapping>")] | _Value, Discriminator(_is_mapping)]
Input = Annotated[Annotated[InputSpec, Tag("<mapping>")] | _TypeText, Discriminator(_is_mapping)]
Output = Annotated[Annotated[OutputSpec, Tag("<mapping>")] | _Value, Discriminator(_is_mapping)]


def _given_kind(value: Any) -> str:
    return "<inputs>" if isinstance(value, dict) else "<value>"


Given = Annotated[
    Annotated[dict[str, Formula], Tag("<inputs>")] | _Value, Discriminator(_given_kind)
]
"""What `from` holds: an expression, a list of them, or a mapping by input name."""


def _take_kind(value: Any) -> str:
    return "<list>" if isinstance(value, list) else "<value>"


Take = Annotated[
    Annotated[list[Label], Tag("<list>")] | Annotated[Label, Tag("<value>")],
    Discriminator(_take_kind),
]


class _Tensor(_Form):
    key: Label = None
    when: Formula = None
    shared: bool = False
    doc: str = ""


class ParameterSpec(_Tensor):
    """A learned tensor: its shape and how it starts."""

    parameter: Formula
    init: Formula = None
    frozen: Formula = None


class BufferSpec(_Tensor):
    """A constant tensor."""

    buffer: Formula
    persistent: bool = True


class _Controlled(_Tensor):
    from_: Given = Field(None, alias="from")
    repeat: Count = None
    each: str = ""
    scan: str = ""
    collect: bool = False
    otherwise: Formula = Field(None, alias="else")
    take: Take = None
    frozen: Formula = None
    checkpoint: Formula = None


class OpSpec(_Controlled):
    """A module in its long form. Every further key is an argument of the module."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Formula]

    op: str


class InlineSpec(_Controlled):
    """An inline block."""

    graph: Graph
    outputs: dict[str, Output] = Field(default_factory=dict)


def node_kind(value: Any) -> str:
    """Which of the forms a node has, as the tag of the union below."""
    if isinstance(value, BaseModel):
        value = type(value).model_fields
    if not isinstance(value, dict):
        return "<value>"
    for kind in NODE_KINDS:
        if kind in value:
            return f"<{kind}>"
    return "<none>"


def _no_kind(value: Any) -> Any:
    raise PydanticCustomError("node_kind", "a node with `op`, `graph`, `parameter` or `buffer`")


Node = Annotated[
    Annotated[OpSpec, Tag("<op>")]
    | Annotated[InlineSpec, Tag("<graph>")]
    | Annotated[ParameterSpec, Tag("<parameter>")]
    | Annotated[BufferSpec, Tag("<buffer>")]
    | Annotated[Any, PlainValidator(_no_kind), WithJsonSchema(False), Tag("<none>")]
    | _Value,
    Discriminator(node_kind),
]
"""A node: text in short form, or one of the long forms."""
Graph = Annotated[dict[str, Node], BeforeValidator(_filled)]


class BlockSpec(_Form):
    """A reusable block."""

    doc: str = ""
    params: dict[str, Param] = Field(default_factory=dict)
    inputs: dict[str, Input] = Field(default_factory=dict)
    where: list[Formula] = Field(default_factory=list)
    graph: Graph
    outputs: dict[str, Output] = Field(default_factory=dict)


class MethodSpec(_Form):
    """A further entry point, a cut of the same graph."""

    inputs: dict[str, Formula] = Field(default_factory=dict)
    outputs: dict[str, Formula]
    doc: str = ""


class InitRuleSpec(_Form):
    """How the weights that `match` are initialised."""

    match: str
    with_: Formula = Field(alias="with")


class KeyRuleSpec(_Form):
    """A step of a key map: rename (`to`), drop (`to` None) or split."""

    match: str
    to: str | None = None
    split: list[str] = Field(default_factory=list)
    dim: int = 0


class Spec(_Form):
    """A whole spec file: a model with its blocks, or a library of blocks."""

    netwright: Annotated[
        Any,
        PlainValidator(_version),
        WithJsonSchema({"const": 1, "description": "the language version"}),
    ]
    model: str = ""
    doc: str = ""
    params: dict[str, Param] = Field(default_factory=dict)
    variants: dict[str, dict[str, Formula]] = Field(default_factory=dict)
    inputs: dict[str, Input] = Field(default_factory=dict)
    where: list[Formula] = Field(default_factory=list)
    graph: Graph = Field(default_factory=dict)
    outputs: dict[str, Output] = Field(default_factory=dict)
    blocks: dict[str, BlockSpec] = Field(default_factory=dict)
    use: dict[str, str] = Field(default_factory=dict)
    methods: dict[str, MethodSpec] = Field(default_factory=dict)
    init: list[InitRuleSpec] = Field(default_factory=list)
    tie: dict[str, Formula] = Field(default_factory=dict)
    weights: dict[str, list[KeyRuleSpec]] = Field(default_factory=dict)
    state: dict[str, str] = Field(default_factory=dict)
    properties: dict[str, Any] = Field(default_factory=dict)

    def to_yaml(self) -> str:
        """The spec as the text of a file."""
        from netwright.frontend.write import to_yaml

        return to_yaml(self.model_dump(by_alias=True, exclude_unset=True))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a spec file, for editors."""
    schema = Spec.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "netwright spec"
    return schema


InlineSpec.model_rebuild()
