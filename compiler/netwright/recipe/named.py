"""What the sections of a recipe share: their base, and the form "a name, or one key with
arguments".

`schedule: cosine` and `schedule: {cosine: {warmup: 100}}` say the same but for the arguments. Each
name has a model of its arguments; a value of the section is an instance of that model, and whoever
reads it dispatches on its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

UNKNOWN_NAME = "unknown_name"
"""The kind of error for a name that the section does not know; `known` in its context lists those
that it does."""


class Section(BaseModel):
    """Base of the models: nothing is converted, no key is ignored, nothing changes afterwards."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


@dataclass(frozen=True)
class Named:
    """An annotation: the value is written as a name of `table`, or as one key with arguments.

        Schedule = Annotated[Constant | Cosine, Named("schedule", {"cosine": Cosine, ...})]

    what   what a name stands for, in an error
    table  the arguments by name; a plugin may add to it
    """

    what: str
    table: Mapping[str, type[Section]]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(self.written)
        return core_schema.no_info_plain_validator_function(self.read, serialization=written)

    def read(self, value: object) -> Section:
        """The arguments that `value` writes; an instance of the table's models is taken as it
        is."""
        if isinstance(value, Section) and type(value) in self.table.values():
            return value
        name, arguments = self._parts(value)
        if name not in self.table:
            raise PydanticCustomError(
                UNKNOWN_NAME,
                "there is no {what} `{name}`",
                {"what": self.what, "name": name, "known": sorted(self.table)},
            )
        try:
            return self.table[name].model_validate({} if arguments is None else arguments)
        except ValidationError as fault:
            raise _below(name, fault) from None

    def _parts(self, value: object) -> tuple[str, object]:
        if isinstance(value, str):
            return value, None
        if isinstance(value, dict) and len(value) == 1:
            ((name, arguments),) = value.items()
            return str(name), arguments
        raise PydanticCustomError("named", f"the name of a {self.what}, or one key with arguments")

    def name_of(self, value: Section) -> str:
        """The name that stands for the arguments `value`."""
        return next(name for name, kind in self.table.items() if kind is type(value))

    def written(self, value: Section) -> dict[str, Any]:
        """The form that `read` takes."""
        return {self.name_of(value): value.model_dump()}


def _below(name: str, fault: ValidationError) -> ValidationError:
    """The same errors, one level further down."""
    return ValidationError.from_exception_data(
        fault.title, [_moved(name, error) for error in fault.errors(include_url=False)]
    )


def _moved(name: str, error: Any) -> InitErrorDetails:
    kind: Any = error["type"]
    context = {**error.get("ctx", {}), "text": error["msg"]}
    return InitErrorDetails(
        type=PydanticCustomError(kind, "{text}", context),
        loc=(name, *error["loc"]),
        input=error["input"],
    )
