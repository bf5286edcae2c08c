"""What a file holds to tensors, in training and in inference alike.

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
import torch
from torch import Tensor

from netwright_runtime.train.data.errors import DataError, library, unknown
from netwright_runtime.train.data.tokenisers import Tokeniser, tokeniser

Record = Mapping[str, Any]


class Encoding(ABC):
    """A way from a record to the tensor of one column."""

    kind: ClassVar[str]

    @abstractmethod
    def __call__(self, record: Record) -> Tensor:
        """The tensor of one sample; DataError, by field, for a value that does not fit."""

    @abstractmethod
    def to_data(self) -> dict[str, Any]:
        """Its arguments, as JSON holds them."""


@dataclass(frozen=True)
class Values(Encoding):
    """A number, or an array of numbers, as it stands."""

    field: str
    dtype: str

    kind: ClassVar[str] = "values"

    def __call__(self, record: Record) -> Tensor:
        try:
            return torch.as_tensor(np.array(_field(record, self.field))).to(_TORCH[self.dtype])
        except (TypeError, ValueError) as fault:
            raise DataError(
                (self.field,), f"`{self.field}` holds no numbers: {fault}", "give numbers"
            ) from fault

    def to_data(self) -> dict[str, Any]:
        return asdict(self)


_TORCH = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}


@dataclass(frozen=True)
class Numbers(Encoding):
    """Several fields with a number each, side by side: `float (F)`."""

    fields: tuple[str, ...]

    kind: ClassVar[str] = "numbers"

    def __call__(self, record: Record) -> Tensor:
        return torch.tensor([_number(record, name) for name in self.fields], dtype=torch.float32)

    def to_data(self) -> dict[str, Any]:
        return {"fields": list(self.fields)}


@dataclass(frozen=True)
class Categories(Encoding):
    """Several fields with a category each, as indices into `known[field]`: `int (F)`."""

    known: Mapping[str, tuple[str, ...]]

    kind: ClassVar[str] = "categories"

    def __call__(self, record: Record) -> Tensor:
        return torch.tensor([_index(record, *item) for item in self.known.items()])

    def to_data(self) -> dict[str, Any]:
        return {"known": {name: list(values) for name, values in self.known.items()}}


@dataclass(frozen=True)
class Label(Encoding):
    """A class by its name, as its index: `int ()`."""

    field: str
    classes: tuple[str, ...]

    kind: ClassVar[str] = "label"

    def __call__(self, record: Record) -> Tensor:
        return torch.tensor(_index(record, self.field, self.classes))

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

    def __call__(self, record: Record) -> Tensor:
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
        pixels = torch.from_numpy(np.array(image, dtype=np.float32) / 255)
        return pixels[None] if self.channels == 1 else pixels.permute(2, 0, 1).contiguous()

    def to_data(self) -> dict[str, Any]:
        return {"field": self.field, "size": self.size, "channels": self.channels}


def _stream(raw: Any) -> Any:
    return io.BytesIO(raw) if isinstance(raw, bytes) else Path(raw)


@dataclass(frozen=True)
class Pixels(Encoding):
    """Bytes of an image `(H, W)` or `(H, W, C)`: `float (C, H, W)` in [0, 1]."""

    field: str

    kind: ClassVar[str] = "pixels"

    def __call__(self, record: Record) -> Tensor:
        pixels = torch.from_numpy(np.array(_field(record, self.field), dtype=np.float32) / 255)
        return pixels[None] if pixels.ndim == 2 else pixels.movedim(-1, 0).contiguous()

    def to_data(self) -> dict[str, Any]:
        return {"field": self.field}


@dataclass(frozen=True)
class TextTokens(Encoding):
    """A text as tokens, at most `length` of them: `int (T)`."""

    field: str
    tokeniser: Tokeniser
    length: int | None

    kind: ClassVar[str] = "tokens"

    def __call__(self, record: Record) -> Tensor:
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
