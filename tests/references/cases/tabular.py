"""Tabular models: rtdl_revisiting_models, pytorch-tabnet and tab-transformer-pytorch."""

from typing import Any
from unittest import mock

import torch

from .case import Case, Inputs, Outputs, call, drawn, listed

DEFAULTS = {
    "cat_cardinalities": [],
    "d_out": 1,
    "n_blocks": 3,
    "d_block": 192,
    "attention_n_heads": 8,
    "attention_dropout": 0.2,
    "ffn_dropout": 0.1,
    "residual_dropout": 0.0,
}


def tokens(model: Any, inputs: Inputs) -> Outputs:
    """The reference wants both kinds of features, or None."""
    return {"": model(inputs["x_cont"], inputs.get("x_cat"))}


def ft_transformer(*inputs: dict[str, Any], names: bool = False, **params: Any) -> Case:
    """A feature-tokenising transformer; parameters left out are the spec's defaults."""
    multiplier = None if "ffn_d_hidden" in params else 4 / 3
    reference = call(
        "rtdl_revisiting_models.FTTransformer",
        **{"ffn_d_hidden": None} | DEFAULTS | params,
        ffn_d_hidden_multiplier=multiplier,
    )
    return Case(params=params, reference=reference, run=tokens, inputs=inputs, names=names)


def published(n_blocks: int, d_block: int) -> Case:
    """The reference's size for a number of blocks, for six numbers and two categories."""
    table = {"n_cont_features": 6, "cat_cardinalities": [3, 7]}
    reference = call(
        "rtdl_revisiting_models.FTTransformer",
        **DEFAULTS | table | {"n_blocks": n_blocks, "d_block": d_block},
        ffn_d_hidden=None,
        ffn_d_hidden_multiplier=4 / 3,
    )
    return Case(variant=f"blocks{n_blocks}", params=table, reference=reference)


def table(rows: int, numbers: int) -> dict[str, Any]:
    """Rows with numbers only."""
    return {"x_cont": drawn("normal", rows, numbers)}


CATEGORIES = listed([[0, 4], [2, 0], [1, 6]])
MIXED = {"x_cont": drawn("normal", 3, 6), "x_cat": CATEGORIES}
SMALL: dict[str, Any] = {"d_block": 24, "n_blocks": 2, "attention_n_heads": 4}


def mlp(*inputs: dict[str, Any], names: bool = False, **params: Any) -> Case:
    """A perceptron; parameters left out are the spec's defaults."""
    usual = {"d_out": 1, "n_blocks": 2, "d_block": 384, "dropout": 0.4}
    reference = call("rtdl_revisiting_models.MLP", **usual | params)
    return Case(params=params, reference=reference, inputs=inputs, names=names)


def resnet(*inputs: dict[str, Any], names: bool = False, **params: Any) -> Case:
    """A residual perceptron; parameters left out are the spec's defaults."""
    usual = {"d_out": 1, "n_blocks": 2, "d_block": 192, "dropout1": 0.3, "dropout2": 0.0}
    multiplier = None if "d_hidden" in params else 2.0
    reference = call(
        "rtdl_revisiting_models.ResNet", **usual | params, d_hidden_multiplier=multiplier
    )
    return Case(params=params, reference=reference, inputs=inputs, names=names)


def chosen(model: Any, inputs: Inputs) -> Outputs:
    """The prediction; the reference takes categories after the numbers in one table."""
    table = torch.cat([inputs["values"], inputs["categories"].double()], 1)
    with mock.patch("torch.FloatTensor", torch.DoubleTensor):
        return {"": model(table)[0]}


def explained(model: Any, inputs: Inputs) -> Outputs:
    """What each step looks at."""
    with mock.patch("torch.FloatTensor", torch.DoubleTensor):
        _, masks = model.forward_masks(inputs["values"])
    return {"": torch.stack([*masks.values()], 1)}


def tabnet(*inputs: Any, variant: str | None = None, **more: Any) -> Case:
    """A TabNet; parameters left out are the spec's defaults."""
    params: dict[str, Any] = {} if variant else more.pop("params")
    sizes = {"cardinalities": [], "d_out": 1} | more.pop("sizes", {}) | params
    sizes["mask_type"] = sizes.pop("mask", "Sparsemax").removesuffix("15").lower()
    reference = call("tests.references.tables.tabnet", **sizes)
    return Case(variant=variant, params=params, reference=reference, inputs=inputs, **more)


ROWS = {"values": drawn("normal", 3, 4), "categories": listed([[0, 2], [4, 1], [3, 0]])}
TINY: dict[str, Any] = {
    "numbers": 4,
    "cardinalities": [5, 3],
    "d_out": 3,
    "n_steps": 2,
    "n_independent": 1,
    "mask": "Entmax15",
}
OTHER: dict[str, Any] = {"numbers": 7, "n_d": 6, "n_a": 5, "n_steps": 4, "gamma": 1.5}
COLUMNS = {"values": drawn("normal", 5, 7)}


def tab_transformer(*inputs: Any, variant: str | None = None, **more: Any) -> Case:
    """A TabTransformer; a large one has the spec's defaults, as published."""
    params: dict[str, Any] = {} if variant else more.pop("params")
    sizes = {"dim": 32, "depth": 6, "heads": 8} | more.pop("sizes", {}) | params
    columns, dim = sizes.pop("column_dim", sizes["dim"] // 8), sizes["dim"]
    said = {REFERRED.get(name, name): value for name, value in sizes.items()}
    reference = call(
        "tab_transformer_pytorch.TabTransformer",
        **said,
        use_shared_categ_embed=columns > 0,
        shared_categ_dim_divisor=dim / max(columns, 1),
    )
    return Case(variant=variant, params=params, reference=reference, inputs=inputs, **more)


REFERRED = {
    "cardinalities": "categories",
    "numbers": "num_continuous",
    "d_out": "dim_out",
    "head_dim": "dim_head",
    "hidden": "mlp_hidden_mults",
    "special_tokens": "num_special_tokens",
}
ADULT: dict[str, Any] = {"cardinalities": [8, 16, 7, 14, 6, 5, 2, 41], "numbers": 6}
LITTLE: dict[str, Any] = {"dim": 8, "depth": 2, "heads": 2, "head_dim": 4}
COLUMNED: dict[str, Any] = {"cardinalities": [5, 3, 4], "numbers": 4, **LITTLE}
PLAIN: dict[str, Any] = {"cardinalities": [7], "numbers": 0, "d_out": 2, "column_dim": 0}
MANY: dict[str, Any] = {"cardinalities": [3, 6], "numbers": 2, "column_dim": 4, "hidden": [3, 2, 1]}

CASES = {
    "tabular/mlp": (
        mlp({"x": drawn("normal", 3, 8)}, d_in=8, names=True),
        mlp(d_in=54, d_out=7, n_blocks=4, d_block=512),
    ),
    "tabular/tabular_resnet": (
        resnet({"x": drawn("normal", 3, 8)}, d_in=8, d_out=2, d_block=24, names=True),
        resnet({"x": drawn("normal", 2, 5)}, d_in=5, n_blocks=3, d_block=12, d_hidden=20),
        resnet(d_in=54),
    ),
    "tabular/tabnet": (
        tabnet(ROWS, variant="tiny", sizes=TINY, run=chosen, names=True),
        tabnet(COLUMNS, params=OTHER, method="explain", run=explained),
        tabnet(params={"numbers": 4, "n_shared": 1, "n_independent": 3}),
        tabnet(params={"numbers": 54, "d_out": 7, "n_d": 64, "n_a": 64, "n_steps": 5}),
    ),
    "tabular/tab_transformer": (
        tab_transformer(
            {"categories": listed([[0, 2, 1], [4, 0, 3]]), "values": drawn("normal", 2, 4)},
            variant="tiny",
            sizes=COLUMNED,
            names=True,
        ),
        tab_transformer(
            {"categories": listed([[6], [0], [3]]), "values": drawn("normal", 3, 0)},
            params=PLAIN | LITTLE,
            names=True,
        ),
        tab_transformer(
            {"categories": listed([[2, 5], [0, 1]]), "values": drawn("normal", 2, 2)},
            params=MANY | LITTLE | {"special_tokens": 0},
        ),
        tab_transformer(params=ADULT),
    ),
    "tabular/ft_transformer": (
        ft_transformer(MIXED, n_cont_features=6, cat_cardinalities=[3, 7], names=True),
        ft_transformer(table(3, 8), table(1, 8), n_cont_features=8, names=True),
        ft_transformer(MIXED, n_cont_features=6, cat_cardinalities=[3, 7], d_out=4, **SMALL),
        ft_transformer(
            MIXED,
            n_cont_features=6,
            cat_cardinalities=[3, 7],
            d_block=24,
            n_blocks=1,
            attention_n_heads=1,
            ffn_d_hidden=20,
            names=True,
        ),
        published(1, 96),
        published(2, 128),
        published(4, 256),
        published(5, 320),
        published(6, 384),
    ),
}
