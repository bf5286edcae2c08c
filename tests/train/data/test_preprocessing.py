"""Normalisation: fitted on the training split alone, and kept with the model."""

from __future__ import annotations

import pytest
import torch
from netwright_runtime.data.encodings import (
    Categories,
    Encoding,
    Image,
    Label,
    Numbers,
    Pixels,
    TextTokens,
    Values,
    from_data,
    to_data,
)
from netwright_runtime.data.tokenisers import ByteTokeniser
from netwright_runtime.train.data import Column, DataError, Normalisation, Preprocessing
from netwright_runtime.train.data.holding import Described, Held
from netwright_runtime.train.data.preprocessing import check, fitted
from torch import Tensor


def held(column: Column, values: Tensor) -> Held:
    return Held(Described({"x": column}), {"x": values})


def spread(*shape: int) -> Tensor:
    """Values whose mean and deviation differ along every axis."""
    random = torch.Generator().manual_seed(0)
    values = torch.randn(shape, generator=random)
    for axis, size in enumerate(shape[1:], 1):
        factors = torch.arange(1.0, size + 1).reshape(-1, *(1,) * (len(shape) - 1 - axis))
        values = values * factors + factors
    return values


@pytest.mark.parametrize(
    ("shape", "features", "over"),
    [
        ((50,), None, (0,)),
        ((50, 4), 0, (0,)),
        ((50, 4), None, (0, 1)),
        ((50, 3, 5, 6), 0, (0, 2, 3)),
        ((50, 7, 2), -1, (0, 1)),
    ],
)
def test_mean_0_and_deviation_1(
    shape: tuple[int, ...], features: int | None, over: tuple[int, ...]
) -> None:
    values = spread(*shape)
    source = held(Column("float", shape[1:], features=features), values)
    norm = fitted(source, torch.arange(50), ["x"])["x"]
    made = torch.stack([norm.apply(values[i]) for i in range(50)])
    assert torch.allclose(made.mean(over), torch.zeros(()), atol=1e-5)
    assert torch.allclose(made.std(over, correction=0), torch.ones(()), atol=1e-5)
    assert torch.equal(norm.apply(values), made)  # a batch like its samples
    assert torch.allclose(norm.undo(made), values, atol=1e-5)


def test_only_the_training_split_is_looked_at() -> None:
    values = spread(50, 4)
    column = Column("float", (4,), features=0)
    before = fitted(held(column, values), torch.arange(30), ["x"])
    values = torch.cat([values[:30], torch.full((20, 4), torch.nan)])
    assert fitted(held(column, values), torch.arange(30), ["x"]) == before


def test_images_of_several_sizes_count_by_their_pixels() -> None:
    images = [torch.full((1, 2, 3), 1.0), torch.full((1, 3, 1), 4.0)]
    column = Column("float", (1, None, None), features=0)
    norm = fitted(Held(Described({"x": column}), {"x": images}), torch.arange(2), ["x"])["x"]
    assert norm.mean == pytest.approx((2.0,)) and norm.deviation == pytest.approx((2**0.5,))


def test_large_offsets_lose_nothing() -> None:
    values = 1e4 + spread(200, 1)
    norm = fitted(held(Column("float", (1,), features=0), values), torch.arange(200), ["x"])["x"]
    assert norm.deviation[0] == pytest.approx(float(values.double().std(correction=0)), rel=1e-6)


def test_a_constant_feature_loses_its_mean_alone() -> None:
    values = torch.full((10, 1), 3.0)
    norm = fitted(held(Column("float", (1,), features=0), values), torch.arange(10), ["x"])["x"]
    assert norm.apply(values[0]).tolist() == [0.0]


def test_a_column_can_be_normalised_like_another() -> None:
    columns = {"a": Column("float", (), like="b"), "b": Column("float", ())}
    tensors = {"a": torch.tensor([100.0, 200.0]), "b": torch.tensor([1.0, 3.0])}
    found = fitted(Held(Described(columns), tensors), torch.arange(2), ["a"])
    assert found == {"a": Normalisation((2.0,), (1.0,))}


@pytest.mark.parametrize(
    ("name", "message"), [("y", "there is no column `y`"), ("x", "`x` is int[], and has no")]
)
def test_faults_are_located(name: str, message: str) -> None:
    with pytest.raises(DataError) as fault:
        check(held(Column("int", ()), torch.arange(3)), name, 2)
    assert fault.value.where == ("data", "normalise", 2)
    assert fault.value.message.startswith(message)


ENCODINGS: dict[str, Encoding] = {
    "values": Values("v", "float"),
    "numbers": Numbers(("a", "b")),
    "categories": Categories({"c": ("x", "y"), "d": ("z",)}),
    "label": Label("l", ("no", "yes")),
    "image": Image("i", (4, 6), 3),
    "large": Image("i", None, 1),
    "pixels": Pixels("p"),
    "tokens": TextTokens("t", ByteTokeniser(), 5),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings_are_kept(name: str) -> None:
    data = to_data(ENCODINGS[name])
    assert to_data(from_data(data)) == data


def test_all_is_kept_with_the_model() -> None:
    normalisations = {"numbers": Normalisation((0.1, 1 / 3), (2.0, 1e-7), 0)}
    prepared = Preprocessing(
        {"x": "numbers", "ids": "tokens"}, ENCODINGS, normalisations, ("label",), ("no", "yes")
    )
    again = Preprocessing.from_json(prepared.to_json())
    assert again.to_json() == prepared.to_json()
    assert again.normalisations == normalisations
    read = again.read({"a": "1", "b": 2, "t": "a long text"})
    assert read.keys() == {"numbers", "tokens"}
    wanted = normalisations["numbers"].apply(torch.tensor([1.0, 2.0]))
    assert torch.equal(read["numbers"], wanted)
    assert torch.equal(again.undo("label", torch.ones(1)), torch.ones(1))
    assert torch.allclose(again.undo("numbers", wanted), torch.tensor([1.0, 2.0]))


def test_another_format_is_refused() -> None:
    for text in ("[]", '{"format": 2}'):
        with pytest.raises(ValueError, match="format 1"):
            Preprocessing.from_json(text)


@pytest.mark.parametrize(
    ("record", "field", "message"),
    [
        ({"a": 1, "t": ""}, "b", "there is no field `b`"),
        ({"a": 1, "b": "much", "t": ""}, "b", "`b` is `much`, which is no number"),
        ({"a": 1, "b": None, "t": ""}, "b", "`b` has no value"),
    ],
)
def test_a_record_that_does_not_fit(record: dict[str, object], field: str, message: str) -> None:
    prepared = Preprocessing({"x": "numbers", "ids": "tokens"}, ENCODINGS)
    with pytest.raises(DataError) as fault:
        prepared.read(record)
    assert (fault.value.where, fault.value.message) == ((field,), message)


def test_an_unknown_category_is_told() -> None:
    with pytest.raises(DataError) as fault:
        ENCODINGS["label"]({"l": "yess"})
    assert fault.value.message == "there is no value of `l` `yess`"
    assert fault.value.help == "did you mean `yes`?"
