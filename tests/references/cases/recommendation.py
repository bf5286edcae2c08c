"""Recommendation: plain torch, and deepctr-torch."""

from typing import Any

import torch

from .case import Case, Inputs, Outputs, call, drawn, listed

HOME = "tests.references.recommenders"

TINY_DLRM: dict[str, Any] = {
    "numbers": 3,
    "cardinalities": [7, 5, 11],
    "bottom": [8, 4],
    "top": [8, 6],
}
CRITEO = [
    *(1460, 583, 10131227, 2202608, 305, 24, 12517, 633, 3, 93145, 5683, 8351593, 3194),
    *(27, 14992, 5461306, 10, 5652, 2173, 4, 7046547, 18, 15, 286181, 105, 142572),
]
TINY_DEEPFM: dict[str, Any] = {
    "numbers": 2,
    "cardinalities": [5, 7, 3],
    "dim": 4,
    "hidden": [8, 6],
}


def click(model: Any, inputs: Inputs) -> Outputs:
    """The logit of deepctr-torch's probability; it takes categories and numbers in one table."""
    table = torch.cat([inputs["categories"].to(inputs["values"].dtype), inputs["values"]], 1)
    return {"": torch.logit(model(table))[:, 0]}


def neumf(variant: str, users: int, items: int, *inputs: Any, names: bool = False) -> Case:
    reference = call(f"{HOME}.NeuMF", users, items, 8)
    return Case(variant=variant, reference=reference, inputs=inputs, names=names)


def dlrm(variant: str, *inputs: Any, names: bool = False, **sizes: Any) -> Case:
    return Case(
        variant=variant, reference=call(f"{HOME}.DLRM", **sizes), inputs=inputs, names=names
    )


def features(values: int) -> dict[str, Any]:
    """Three rows of three categories and some numbers."""
    rows = [[0, 4, 2], [4, 1, 0], [3, 3, 1]]
    return {"values": drawn("normal", 3, values), "categories": listed(rows)}


def two_tower(variant: str, users: list[int], items: list[int], *inputs: Any, **more: Any) -> Case:
    names = more.pop("names", False)
    reference = call(f"{HOME}.TwoTower", users, items, **more)
    return Case(variant=variant, reference=reference, inputs=inputs, names=names)


PAIRS = {"user": listed([[6, 2], [0, 1], [3, 0]]), "item": listed([[4], [0]])}

CASES = {
    "recommendation/two_tower": (
        two_tower("movielens-1m", [6040, 2, 7, 21], [3706, 81, 18]),
        two_tower("tiny", [7, 3], [5], PAIRS, embed_dim=4, hidden=[6], dim=8, names=True),
    ),
    "recommendation/neumf": (
        neumf("movielens-1m", 6040, 3706),
        neumf("pinterest", 55187, 9916),
        neumf("tiny", 30, 20, {"user": listed([0, 29, 7]), "item": listed([19, 0, 3])}, names=True),
    ),
    "recommendation/dlrm": (
        dlrm(
            "criteo-kaggle",
            numbers=13,
            cardinalities=CRITEO,
            bottom=[512, 256, 64, 16],
            top=[512, 256],
        ),
        dlrm("tiny", features(3), names=True, **TINY_DLRM),
    ),
    "recommendation/deepfm": (
        Case(
            variant="tiny",
            reference=call(f"{HOME}.deepfm", **TINY_DEEPFM),
            run=click,
            inputs=(features(2),),
            names=True,
        ),
    ),
}
