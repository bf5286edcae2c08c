"""The kinds of values that the models of a spec are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

FORMULA = {"type": ["string", "number", "boolean", "null", "array"]}
"""What an expression is in JSON: text, a number, a bool, null, or a list of these."""


class Reported:
    """Stands for a value that has been reported already; any model may refuse it."""


REPORTED = Reported()


class Form(BaseModel):
    """Base of the models: nothing is converted, no key is ignored.

    Validators are built at first use: `check` needs that of a whole file only, and building one for
    every model would take longer than checking a spec.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        populate_by_name=True,
        frozen=True,
        arbitrary_types_allowed=True,
        defer_build=True,
    )


def _formula(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_formula(item) for item in value]
    if value is None or isinstance(value, str | int | float | Reported):
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
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("number", "a number")


def _version(value: Any) -> Any:
    if value == 1 and not isinstance(value, bool | float):
        return value
    raise PydanticCustomError("version", "the language version, `1`")


Formula = Annotated[Any, PlainValidator(_formula), WithJsonSchema(FORMULA)]
"""An expression wherever it stands: text, a number, a bool, None, or a list of these."""
Label = Annotated[Any, PlainValidator(_label), WithJsonSchema({"type": ["string", "number"]})]
"""A path of names with dots; one of digits is a number in YAML."""
Count = Annotated[Any, PlainValidator(_count), WithJsonSchema({"type": ["string", "integer"]})]
Version = Annotated[Any, PlainValidator(_version), WithJsonSchema({"const": 1})]
Number = Annotated[Any, PlainValidator(_number), WithJsonSchema({"type": "number"})]


def _by_mapping(value: Any) -> str:
    return "<mapping>" if isinstance(value, dict | BaseModel) else "<value>"


def _by_list(value: Any) -> str:
    return "<list>" if isinstance(value, list) else "<value>"


MAPPING_OR_VALUE = Discriminator(_by_mapping)
"""Between a long form, tagged `<mapping>`, and a short one, tagged `<value>`."""
LIST_OR_VALUE = Discriminator(_by_list)
