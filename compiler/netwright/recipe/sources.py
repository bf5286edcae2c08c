"""The sources of data that a recipe can name, with their arguments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from netwright.recipe.named import Named, Section

Count = Annotated[int, Field(ge=1)]
Names = Annotated[
    list[str],
    Field(min_length=1),
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=str | list[str],
    ),
]
"""A name, or a list of names."""
Task = Literal["classification", "regression"]


class Bytes(Section):
    """Each byte of the UTF-8 text is a token: 256 of them."""


class Bpe(Section):
    """Byte pair encoding, learned from the beginning of the text."""

    vocabulary: Annotated[int, Field(ge=257)] = 1000
    """How many tokens there are; 256 of them are single bytes."""
    fit: Annotated[float, Field(gt=0, le=1)] = 0.8
    """The share of the text that it is learned from: no more than the training split holds."""


class TokeniserFile(Section):
    """A tokeniser that the library `tokenizers` saved."""

    file: str
    """The `tokenizer.json`, relative to the recipe."""


TOKENS: dict[str, type[Section]] = {"bytes": Bytes, "bpe": Bpe, "tokeniser": TokeniserFile}

Tokens = Annotated[Section, Named("way to make tokens", TOKENS)]


class Digits(Section):
    """Handwritten digits: 1797 images of 8 × 8 in ten classes. Columns `image` and `label`."""

    size: Annotated[int, Field(ge=8)] = 8
    """Height and width that the images are resized to."""
    channels: Literal[1, 3] = 1
    """Three repeat the grey one, for models of coloured images."""


class BreastCancer(Section):
    """30 numbers of 569 tumours in two classes. Columns `features` and `label`."""


class Wine(Section):
    """13 numbers of 178 wines in three classes. Columns `features` and `label`."""


class Diabetes(Section):
    """10 numbers of 442 patients, and how far the disease went in a year. Columns `features` and
    `progression`."""


class _Table(Section):
    file: str
    """Relative to the recipe."""
    target: Names | None = None
    """The columns to predict; without it, the target of the data."""
    task: Task | None = None
    """Without it, whole numbers and texts are classes, and other numbers are quantities."""
    numbers: list[str] | None = None
    """What `features` holds; without it, all columns of numbers but the target."""
    categories: list[str] | None = None
    """What `categories` holds as indices; without it, all columns of texts but the target."""
    text: str | None = None
    """A column of texts, which become the tokens of `tokens`."""
    tokens: Tokens = Bytes()
    length: Count | None = None
    """The most tokens that are kept of a text."""


class Csv(_Table):
    """A CSV file with a line of names. Columns `features`, `categories`, `tokens`, and the
    targets."""

    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","


class Parquet(_Table):
    """A Parquet file. Columns `features`, `categories`, `tokens`, and the targets."""


class Npz(Section):
    """NumPy arrays in one `.npz` file, a column each, by their names; samples along the first
    axis."""

    file: str
    """Relative to the recipe."""
    target: Names | None = None
    images: list[str] = Field(default_factory=list)
    """Columns of bytes (N, H, W) or (N, H, W, C), read as floats (N, C, H, W) in [0, 1]."""
    floats: list[str] = Field(default_factory=list)
    """Columns of whole numbers that are read as floats."""


class Npy(Section):
    """NumPy arrays in `.npy` files, a column each; they are mapped into memory, not read."""

    columns: Annotated[dict[str, str], Field(min_length=1)]
    """The file of each column, relative to the recipe."""
    target: Names | None = None
    images: list[str] = Field(default_factory=list)
    """Columns of bytes (N, H, W) or (N, H, W, C), read as floats (N, C, H, W) in [0, 1]."""
    floats: list[str] = Field(default_factory=list)
    """Columns of whole numbers that are read as floats."""


class Images(Section):
    """A folder of images with one folder for each class. Columns `image`, in [0, 1], and
    `label`."""

    folder: str
    """Relative to the recipe. Folders `train`, `validation` and `test` in it are its splits."""
    size: Count
    """Height that the images are resized to, and width where that is not given."""
    width: Count | None = None
    channels: Literal[1, 3] = 3


class _Windows(Section):
    length: Count = 128
    """Tokens of a window."""
    stride: Count | None = None
    """Tokens from the start of one window to that of the next; the length without it."""


class Text(_Windows):
    """Windows of a text file. Columns `tokens` and `next_tokens`, the same one token later."""

    file: str
    """Relative to the recipe."""
    tokens: Tokens = Bytes()


class Sonnets(_Windows):
    """Windows of some of Shakespeare's sonnets. Columns `tokens` and `next_tokens`."""

    tokens: Tokens = Bytes()


class TokenFile(_Windows):
    """Windows of a file of token numbers, mapped into memory. Columns `tokens` and
    `next_tokens`."""

    file: str
    """The numbers one after the other, without a header; relative to the recipe."""
    dtype: Literal["uint8", "uint16", "uint32", "int32", "int64"] = "uint16"
    vocabulary: Count | None = None
    """How many tokens there are; without it, it is not known."""


class _Forecast(Section):
    context: Count = 48
    """Steps of time that the model sees."""
    horizon: Count = 12
    """Steps of time to forecast."""
    stride: Count = 1
    """Steps of time from one window to the next."""


class Series(_Forecast):
    """Windows of series in a CSV file, a line for each step of time. Columns `past_values` and
    `future_values`."""

    file: str
    """Relative to the recipe."""
    columns: list[str] | None = None
    """The series; without it, all columns of numbers."""


class Seasonal(_Forecast):
    """Made series with two seasons, a trend and noise. Columns `past_values` and
    `future_values`."""

    steps: Count = 1000
    series: Count = 1
    seed: int = 0


class Sunspots(_Forecast):
    """Sunspots of the years 1700 to 2008. Columns `past_values` and `future_values`."""


class Co2(_Forecast):
    """Carbon dioxide over Mauna Loa by week, 1958 to 2001. Columns `past_values` and
    `future_values`."""


class Karate(Section):
    """Zachary's karate club: 34 members, their ties, and the two clubs that came of it.

    A sample is the whole graph: columns `x` (one row of the identity for each member),
    `edge_index` (both directions) and `label`, which is -100 for the members of other splits.
    """

    labelled: Annotated[int, Field(ge=1, le=12)] = 4
    """Members of each club whose label is known in training; half of the others validate."""
    seed: int = 0


class DigitScenes(Section):
    """Made images with some handwritten digits each. Columns `image` and `mask`, the class of each
    pixel: 0 for none, and the digit plus 1."""

    count: Count = 500
    size: Annotated[int, Field(ge=16)] = 64
    channels: Literal[1, 3] = 1
    digits: Count = 3
    """The most digits in an image."""
    seed: int = 0


class MovingSquares(Section):
    """Made films of a square that moves straight. Columns `frames` and `label`, one of four
    directions."""

    count: Count = 500
    size: Annotated[int, Field(ge=8)] = 16
    steps: Annotated[int, Field(ge=2)] = 8
    channels: Count = 1
    seed: int = 0


class Interactions(Section):
    """Made choices of users among items, by taste and by popularity. Columns `user` and `item`.

    Of each user one choice is for validation and one for testing.
    """

    users: Count = 200
    items: Annotated[int, Field(ge=10)] = 100
    each: Annotated[int, Field(ge=3)] = 12
    """Choices of a user, all different."""
    seed: int = 0

    @model_validator(mode="after")
    def _enough_items(self) -> Interactions:
        if self.each > self.items:
            raise ValueError("no more choices of a user (`each`) than there are `items`")
        return self


class Datasets(Section):
    """A data set of the library `datasets`, in a folder or, by its name, from the hub."""

    folder: str | None = None
    """What `save_to_disk` wrote, or files that the library reads; relative to the recipe."""
    name: str | None = None
    """A name on the hub, which is downloaded."""
    config: str | None = None
    """A configuration of the data set on the hub."""
    revision: str | None = None
    """A commit on the hub, for a run that can be repeated."""
    columns: list[str] | None = None
    """The columns to read; without it, all that can be tensors."""
    target: Names | None = None
    text: str | None = None
    """A column of texts, which become the tokens of `tokens`."""
    tokens: Tokens = Bytes()
    length: Count | None = None
    """The most tokens that are kept of a text."""
    size: Count | None = None
    """Height that images are resized to, and width where that is not given."""
    width: Count | None = None
    channels: Literal[1, 3] = 3

    @model_validator(mode="after")
    def _one_place(self) -> Datasets:
        if (self.folder is None) == (self.name is None):
            raise ValueError("either `folder` or `name`")
        return self


class Shards(Section):
    """WebDataset shards: tar files in which the files of a sample have one name and several
    endings. Columns by their endings."""

    files: Names
    """The tar files, relative to the recipe: a pattern such as `shards/*.tar`, or a list."""
    target: Names | None = None
    size: Count | None = None
    """Height that images are resized to, and width where that is not given."""
    width: Count | None = None
    channels: Literal[1, 3] = 3


SOURCES: dict[str, type[Section]] = {
    "digits": Digits,
    "breast_cancer": BreastCancer,
    "wine": Wine,
    "diabetes": Diabetes,
    "csv": Csv,
    "parquet": Parquet,
    "npz": Npz,
    "npy": Npy,
    "images": Images,
    "text": Text,
    "sonnets": Sonnets,
    "token_file": TokenFile,
    "series": Series,
    "seasonal": Seasonal,
    "sunspots": Sunspots,
    "co2": Co2,
    "karate": Karate,
    "digit_scenes": DigitScenes,
    "moving_squares": MovingSquares,
    "interactions": Interactions,
    "datasets": Datasets,
    "shards": Shards,
}
"""The arguments of each source; a plugin adds to it."""
