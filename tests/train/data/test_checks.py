"""Batches against the types that a model declares."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from netwright.artifact import Dim, Manifest, Port
from netwright_runtime.train.data import Column, DataError
from netwright_runtime.train.data.checks import assigned, misfits
from torch import Tensor

IMAGE = Port("image", "float", ("B", 3, "H", "W"))
MASK = Port("mask", "int", ("B", "H // 2", "W // 2"), optional=True)
IDS = Port("ids", "int", ("B", "T"))


def manifest(*inputs: Port, **about: Any) -> Manifest:
    dims = (Dim("B"), Dim("H", 8), Dim("W"), Dim("T"))
    return Manifest("Net", "Net", "net.yaml", "", "0", inputs=inputs, dims=dims, **about)


def faults(of: Manifest, **batch: Tensor) -> list[tuple[tuple[str | int, ...], str]]:
    found = misfits(batch, of, {name: name for name in batch})
    assert all(fault.help for fault in found)
    assert all(fault.where[:2] == ("data", "inputs") for fault in found)
    return [(fault.where[2:], fault.message) for fault in found]


def test_a_batch_that_fits() -> None:
    model = manifest(IMAGE, MASK, constraints=("H >= 8", "H == W"))
    assert not faults(model, image=torch.zeros(2, 3, 8, 8), mask=torch.zeros(2, 4, 4).long())
    assert not faults(model, image=torch.zeros(2, 3, 8, 8))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_precision_is_no_matter_of_types(dtype: torch.dtype) -> None:
    assert not faults(manifest(IMAGE), image=torch.zeros(2, 3, 8, 8, dtype=dtype))


def test_a_size_that_is_a_number() -> None:
    (fault,) = faults(manifest(IMAGE), image=torch.zeros(2, 1, 8, 8))
    assert fault == (
        ("image",),
        "column `image` is no input `image`: axis 1 of float[B, 3, H, W] is 3, "
        "found 1 in float[2, 1, 8, 8]",
    )


def test_a_dtype() -> None:
    (fault,) = faults(manifest(IDS), ids=torch.zeros(2, 5))
    assert fault == (
        ("ids",),
        "column `ids` is no input `ids`: it is int[B, T], found float[2, 5]",
    )


def test_a_number_of_axes() -> None:
    (fault,) = faults(manifest(IDS), ids=torch.zeros(2).long())
    assert fault[1].endswith("of 2 axes with that of the batch, found int[2], of 1 axis")


def test_a_dim_that_two_inputs_share() -> None:
    (fault,) = faults(
        manifest(IMAGE, IDS), image=torch.zeros(2, 3, 8, 8), ids=torch.zeros(3, 5).long()
    )
    assert fault[1] == (
        "column `ids` is no input `ids`: axis 0 of int[B, T] is 2 as in `image`, "
        "found 3 in int[3, 5]"
    )


def test_a_multiple() -> None:
    (fault,) = misfits({"photo": torch.zeros(2, 3, 20, 8)}, manifest(IMAGE), {"image": "photo"})
    assert fault.message == (
        "column `photo` is no input `image`: axis 2 of float[B, 3, H, W] is a multiple of 8, "
        "found 20"
    )
    assert fault.help == "let the source give 24"


def test_a_size_that_is_computed() -> None:
    (fault,) = faults(
        manifest(IMAGE, MASK), image=torch.zeros(2, 3, 8, 8), mask=torch.zeros(2, 4, 5).long()
    )
    assert "axis 2 of int[B, H // 2, W // 2] is 4, found 5" in fault[1]


def test_a_constraint() -> None:
    model = manifest(IDS, constraints=("T <= longest", "T % 2 == 0"), params={"longest": 4})
    (fault, _) = faults(model, ids=torch.zeros(2, 5).long())
    assert fault == ((), "the model needs `T <= longest`, and the batch has B = 2, T = 5")


def test_a_constraint_about_what_is_left_out() -> None:
    assert not faults(manifest(IDS, constraints=("H >= 8",)), ids=torch.zeros(2, 5).long())


def test_all_faults_are_told() -> None:
    found = faults(manifest(IMAGE, IDS), image=torch.zeros(2, 1, 9, 8), ids=torch.zeros(2, 5))
    assert [where for where, _ in found] == [("image",), ("image",), ("ids",)]


def test_lists_cannot_come_from_a_column() -> None:
    port = Port("maps", "float", ("B", "T"), kind="list")
    (fault,) = faults(manifest(port), maps=torch.zeros(2, 5))
    assert "it is a list of float[B, T]" in fault[1]


COLUMNS = {"image": Column("float", (3, 8, 8)), "label": Column("int", ())}


def test_inputs_go_by_their_names() -> None:
    assert assigned(manifest(IMAGE, MASK), {}, COLUMNS) == {"image": "image"}
    found = assigned(manifest(IMAGE, MASK), {"mask": "label"}, COLUMNS)
    assert found == {"image": "image", "mask": "label"}


@pytest.mark.parametrize(
    ("inputs", "where", "message", "help"),
    [
        ({"imge": "image"}, ("imge",), "there is no input of the model `imge`", "`image`?"),
        ({"image": "imge"}, ("image",), "there is no column `imge`", "did you mean `image`?"),
        (
            {},
            (),
            "the model's input `ids` is int[B, T], and the source has no such column",
            "name one by `inputs: {ids: ...}`: `image` float[3, 8, 8], `label` int[]",
        ),
    ],
)
def test_names_that_are_not_there(
    inputs: dict[str, str], where: tuple[str, ...], message: str, help: str
) -> None:
    with pytest.raises(DataError) as fault:
        assigned(manifest(IMAGE, IDS), inputs, COLUMNS)
    assert fault.value.where == ("data", "inputs", *where)
    assert fault.value.message == message
    assert help in fault.value.help
