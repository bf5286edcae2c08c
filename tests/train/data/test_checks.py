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


COLUMNS = {
    "image": Column("float", (3, 8, 8)),
    "mask": Column("int", (4, 4)),
    "ids": Column("int", (None,)),
    "maps": Column("float", (5,)),
    "label": Column("int", ()),
}


def faults(
    of: Manifest, bounds: Any = None, **batch: Tensor
) -> list[tuple[tuple[str | int, ...], str]]:
    found = misfits(batch, of, {name: name for name in batch}, COLUMNS, bounds or {})
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


NO_IMAGE = "column `image` float[3, 8, 8] is no input `image` float[B, 3, H, W]: "
NO_IDS = "column `ids` int[?] is no input `ids` int[B, T]: "
NO_MASK = "column `mask` int[4, 4] is no input `mask` int[B, H // 2, W // 2]: "


def test_a_size_that_is_a_number() -> None:
    (fault,) = faults(manifest(IMAGE), image=torch.zeros(2, 1, 8, 8))
    assert fault == (("image",), NO_IMAGE + "axis 1 of a batch is 1, expected 3")


def test_a_dtype() -> None:
    (fault,) = faults(manifest(IDS), ids=torch.zeros(2, 5))
    assert fault == (("ids",), NO_IDS + "its dtype is float, expected int")


def test_a_number_of_axes() -> None:
    (fault,) = faults(manifest(IDS), ids=torch.zeros(2).long())
    assert fault == (("ids",), NO_IDS + "a batch of it has 1 axis, expected 2")


def test_a_dim_that_two_inputs_share() -> None:
    image, ids = torch.zeros(2, 3, 8, 8), torch.zeros(3, 5).long()
    (fault,) = faults(manifest(IMAGE, IDS), image=image, ids=ids)
    assert fault == (("ids",), NO_IDS + "axis 0 of a batch is 3, expected 2 as in `image`")


def test_a_multiple() -> None:
    columns = {"photo": Column("float", (3, 20, 8))}
    batch = {"photo": torch.zeros(2, 3, 20, 8)}
    (fault,) = misfits(batch, manifest(IMAGE), {"image": "photo"}, columns, {})
    assert fault.message == (
        "column `photo` float[3, 20, 8] is no input `image` float[B, 3, H, W]: "
        "axis 2 of a batch is 20, expected a multiple of 8"
    )
    assert fault.help == "let the source give 24"


def test_a_size_that_is_computed() -> None:
    image, mask = torch.zeros(2, 3, 8, 8), torch.zeros(2, 4, 5).long()
    (fault,) = faults(manifest(IMAGE, MASK), image=image, mask=mask)
    assert fault == (("mask",), NO_MASK + "axis 2 of a batch is 5, expected 4")


def test_a_constraint() -> None:
    model = manifest(IDS, constraints=("T <= longest", "T % 2 == 0"), params={"longest": 4})
    (fault, _) = faults(model, ids=torch.zeros(2, 5).long())
    assert fault == ((), "the model needs `T <= longest`, and the data have T = 5")


def test_a_constraint_about_what_is_left_out() -> None:
    assert not faults(manifest(IDS, constraints=("H >= 8",)), ids=torch.zeros(2, 5).long())


@pytest.mark.parametrize(("bound", "fits"), [(8, False), (9, True), ("T", False), ("2 * T", True)])
def test_numbers_that_index(bound: int | str, fits: bool) -> None:
    ids = torch.tensor([[0, 1, 2, 3, 8]])
    found = faults(manifest(IDS), {"ids": bound}, ids=ids)
    limit = {8: 8, "T": 5}.get(bound)
    wanted = NO_IDS + f"its numbers are below 9, expected below {limit}"
    assert found == ([] if fits else [(("ids",), wanted)])


def test_what_the_source_says_of_its_numbers_counts_and_not_one_batch() -> None:
    columns = {"ids": Column("int", (None,), below=256)}
    ids = {"ids": torch.zeros(2, 5).long()}
    (fault,) = misfits(ids, manifest(IDS), {"ids": "ids"}, columns, {"ids": 100})
    assert fault.message.endswith("its numbers are below 256, expected below 100")
    assert not misfits(ids, manifest(IDS), {"ids": "ids"}, columns, {"ids": 256})


def test_all_faults_are_told() -> None:
    found = faults(manifest(IMAGE, IDS), image=torch.zeros(2, 1, 9, 8), ids=torch.zeros(2, 5))
    assert [where for where, _ in found] == [("image",), ("image",), ("ids",)]


def test_lists_cannot_come_from_a_column() -> None:
    port = Port("maps", "float", ("B", "T"), kind="list")
    (fault,) = faults(manifest(port), maps=torch.zeros(2, 5))
    assert fault[1].endswith(": the input takes a list of tensors")


OFFERED = {"image": COLUMNS["image"], "label": COLUMNS["label"]}


def test_inputs_go_by_their_names() -> None:
    assert assigned(manifest(IMAGE, MASK), {}, OFFERED) == {"image": "image"}
    found = assigned(manifest(IMAGE, MASK), {"mask": "label"}, OFFERED)
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
        assigned(manifest(IMAGE, IDS), inputs, OFFERED)
    assert fault.value.where == ("data", "inputs", *where)
    assert fault.value.message == message
    assert help in fault.value.help
