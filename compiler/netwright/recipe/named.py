"""What the sections of a recipe share: their base, and the form "a name, or one key with
arguments".

`schedule: cosine` and `schedule: {cosine: {warmup: 100}}` say the same but for the arguments. Each
name has a model of its arguments; a value of the section is an instance of that model, and whoever
reads it dispatches on its class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

UNKNOWN_NAME = "unknown_name"
"""The kind of error for a name that the section does not know; `known` in its context lists those
that it does."""

UNKNOWN_KEY = "extra_forbidden"
"""pydantic's kind of error for a key that the section does not have; `known` in its context lists
those that it has."""


class Section(BaseModel):
    """Base of the models: nothing is converted, no key is ignored, nothing changes afterwards."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _tell_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Let the error for an unknown key say which ones there are."""
        try:
            return handler(value)
        except ValidationError as fault:
            raise _changed(fault, keys=list(cls.model_fields)) from None


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
            raise _changed(fault, below=(name,)) from None

    def _parts(self, value: object) -> tuple[str, object]:
        if isinstance(value, str):
            return value, None
        if isinstance(value, dict) and len(value) == 1:
            ((name, arguments),) = value.items()
            return str(name), arguments
        raise PydanticCustomError("named", "a name, or one key with arguments")

    def name_of(self, value: Section) -> str:
        """The name that stands for the arguments `value`."""
        return next(name for name, kind in self.table.items() if kind is type(value))

    def written(self, value: Section) -> dict[str, Any]:
        """The form that `read` takes."""
        return {self.name_of(value): value.model_dump()}


def _changed(
    fault: ValidationError, below: tuple[str, ...] = (), keys: Sequence[str] = ()
) -> ValidationError:
    """The same errors, further down, and with the keys that stand where one is unknown."""
    errors = fault.errors(include_url=False)
    details = [_detail(error, below, keys) for error in errors]
    return ValidationError.from_exception_data(fault.title, details)


def _detail(error: Any, below: tuple[str, ...], keys: Sequence[str]) -> InitErrorDetails:
    context = {"text": error["msg"], **error.get("ctx", {})}
    if error["type"] == UNKNOWN_KEY and len(error["loc"]) == 1:
        context.setdefault("known", list(keys))
    return InitErrorDetails(
        type=PydanticCustomError(error["type"], "{text}", context),
        loc=(*below, *error["loc"]),
        input=error["input"],
    )
