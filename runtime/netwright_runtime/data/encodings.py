"""What a file holds to arrays, in training and in inference alike.

An encoding makes one column from a record: a mapping from field to raw value, such as a line of a
CSV file. It can be written as JSON, and goes with the trained model.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from netwright_runtime.data.errors import DataError, library, unknown
from netwright_runtime.data.tokenisers import Tokeniser, tokeniser

Record = Mapping[str, Any]

Array = NDArray[Any]


class Encoding(ABC):
    """A way from a record to the array of one column."""

    kind: ClassVar[str]

    @abstractmethod
    def __call__(self, record: Record) -> Array:
        """The array of one sample; DataError, by field, for a value that does not fit."""

    @abstractmethod
    def to_data(self) -> dict[str, Any]:
        """Its arguments, as JSON holds them."""


@dataclass(frozen=True)
class Values(Encoding):
    """A number, or an array of numbers, as it stands."""

    field: str
    dtype: str

    kind: ClassVar[str] = "values"

    def __call__(self, record: Record) -> Array:
        try:
            return np.array(_field(record, self.field)).astype(_NUMPY[self.dtype])
        except (TypeError, ValueError) as fault:
            raise DataError(
                (self.field,), f"`{self.field}` holds no numbers: {fault}", "give numbers"
            ) from fault

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


_NUMPY: dict[str, Any] = {"float": np.float32, "int": np.int64, "bool": np.bool_}


@dataclass(frozen=True)
class Numbers(Encoding):
    """Several fields with a number each, side by side: `float (F)`."""

    fields: tuple[str, ...]

    kind: ClassVar[str] = "numbers"

    def __call__(self, record: Record) -> Array:
        return np.array([_number(record, name) for name in self.fields], dtype=np.float32)

    def to_data(self) -> dict[str, Any]:
        return {"fields": list(self.fields)}


@dataclass(frozen=True)
class Categories(Encoding):
    """Several fields with a category each, as indices into `known[field]`: `int (F)`."""

    known: Mapping[str, tuple[str, ...]]

    kind: ClassVar[str] = "categories"

    def __call__(self, record: Record) -> Array:
        return np.array([_index(record, *item) for item in self.known.items()], dtype=np.int64)

    def to_data(self) -> dict[str, Any]:
        return {"known": {name: list(values) for name, values in self.known.items()}}


@dataclass(frozen=True)
class Label(Encoding):
    """A class by its name, as its index: `int ()`."""

    field: str
    classes: tuple[str, ...]

    kind: ClassVar[str] = "label"

    def __call__(self, record: Record) -> Array:
        return np.array(_index(record, self.field, self.classes), dtype=np.int64)

    def to_data(self) -> dict[str, Any]:
        return {"field": self.field, "classes": list(self.classes)}


@dataclass(frozen=True)
class Image(Encoding):
    """An image file, its bytes or an opened image: `float (C, H, W)` in [0, 1].

    It is turned upright as its EXIF data say and resized with antialiasing; size None leaves it as
    large as it is.
    """

    field: str
    size: tuple[int, int] | None
    channels: int

    kind: ClassVar[str] = "image"

    def __call__(self, record: Record) -> Array:
        library("PIL", "pillow")
        from PIL import Image as Pillow
        from PIL import ImageOps

        raw = _field(record, self.field)
        try:
            opened = raw if isinstance(raw, Pillow.Image) else Pillow.open(_stream(raw))
            image = ImageOps.exif_transpose(opened).convert("L" if self.channels == 1 else "RGB")
        except (OSError, TypeError, ValueError, Pillow.DecompressionBombError) as fault:
            raise DataError(
                (self.field,), f"an image cannot be read: {fault}", "remove or replace it"
            ) from fault
        if self.size is not None and image.size != self.size[::-1]:
            image = image.resize(self.size[::-1], Pillow.Resampling.BILINEAR)
        pixels = np.array(image, dtype=np.float32) / 255
        return (
            pixels[None] if self.channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
        )

    def to_data(self) -> dict[str, Any]:
        return {"field": self.field, "size": self.size, "channels": self.channels}


def _stream(raw: Any) -> Any:
    return io.BytesIO(raw) if isinstance(raw, bytes) else Path(raw)


@dataclass(frozen=True)
class Pixels(Encoding):
    """Bytes of an image `(H, W)` or `(H, W, C)`: `float (C, H, W)` in [0, 1]."""

    field: str

    kind: ClassVar[str] = "pixels"

    def __call__(self, record: Record) -> Array:
        pixels = np.array(_field(record, self.field), dtype=np.float32) / 255
        return (
            pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
        )

    def to_data(self) -> dict[str, Any]:
        return {"field": self.field}


@dataclass(frozen=True)
class TextTokens(Encoding):
    """A text as tokens, at most `length` of them: `int (T)`."""

    field: str
    tokeniser: Tokeniser
    length: int | None

    kind: ClassVar[str] = "tokens"

    def __call__(self, record: Record) -> Array:
        return self.tokeniser.encode(str(_field(record, self.field)))[: self.length]

    def to_data(self) -> dict[str, Any]:
        return {"field": self.field, "length": self.length, **self.tokeniser.to_data()}


def to_data(encoding: Encoding) -> dict[str, Any]:
    """An encoding as JSON holds it."""
    return {"kind": encoding.kind, **encoding.to_data()}


def from_data(data: dict[str, Any]) -> Encoding:
    """The encoding that `to_data` wrote."""
    match data:
        case {"kind": "values", "field": field, "dtype": dtype}:
            return Values(field, dtype)
        case {"kind": "numbers", "fields": fields}:
            return Numbers(tuple(fields))
        case {"kind": "categories", "known": known}:
            return Categories({name: tuple(values) for name, values in known.items()})
        case {"kind": "label", "field": field, "classes": classes}:
            return Label(field, tuple(classes))
        case {"kind": "image", "field": field, "size": size, "channels": channels}:
            return Image(field, None if size is None else (size[0], size[1]), channels)
        case {"kind": "pixels", "field": field}:
            return Pixels(field)
        case {"kind": "tokens", "field": field, "length": length}:
            return TextTokens(field, tokeniser(data), length)
    raise ValueError(f"no encoding is of kind `{data.get('kind')}`")


def _field(record: Record, name: str) -> Any:
    if name not in record:
        raise unknown((name,), "field", name, record)
    if record[name] is None:
        raise DataError((name,), f"`{name}` has no value", "fill it in, or leave the record out")
    return record[name]


def _number(record: Record, name: str) -> float:
    value = _field(record, name)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DataError((name,), f"`{name}` is `{value}`, which is no number", "give one") from None


def _index(record: Record, name: str, known: tuple[str, ...]) -> int:
    value = str(_field(record, name))
    try:
        return known.index(value)
    except ValueError:
        raise unknown((name,), f"value of `{name}`", value, known) from None
