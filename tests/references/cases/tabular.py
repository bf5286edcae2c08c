"""Tabular models: rtdl_revisiting_models."""

from typing import Any

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


def table(rows: int, numbers: int) -> dict[str, Any]:
    """Rows with numbers only."""
    return {"x_cont": drawn("normal", rows, numbers)}


CATEGORIES = listed([[0, 4], [2, 0], [1, 6]])
MIXED = {"x_cont": drawn("normal", 3, 6), "x_cat": CATEGORIES}
SMALL: dict[str, Any] = {"d_block": 24, "n_blocks": 2, "attention_n_heads": 4}

CASES = {
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
    )
}
