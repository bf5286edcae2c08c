"""Time series: transformers' PatchTST, with every norm, pooling and class token, and others."""

from itertools import product
from typing import Any

import torch

from .case import OWN, Case, Inputs, Outputs, bare, call, drawn

NAMES = {
    "context": "context_length",
    "channels": "num_input_channels",
    "patch": "patch_length",
    "stride": "patch_stride",
    "horizon": "prediction_length",
    "dim": "d_model",
    "depth": "num_hidden_layers",
    "heads": "num_attention_heads",
    "hidden": "ffn_dim",
    "norm": "norm_type",
    "pooling": "pooling_type",
    "pre_norm": "pre_norm",
    "use_cls_token": "use_cls_token",
}
WORDS = {"BatchNormed": "batchnorm", "LayerNorm": "layernorm", "none": None}


def forecast(model: Any, inputs: Inputs) -> Outputs:
    """The forecast, and the scaling it was made under."""
    result = model(**inputs)
    return {
        "prediction_outputs": result.prediction_outputs,
        "loc": result.loc,
        "scale": result.scale,
    }


def patchtst(*inputs: dict[str, Any], names: bool = False, **params: Any) -> Case:
    """A PatchTST with learned ("random") positions, as the spec has; sine ones would be frozen."""
    said = {
        NAMES[name]: WORDS.get(value, value) if isinstance(value, str) else value
        for name, value in params.items()
    }
    config = call("transformers.PatchTSTConfig", **said, positional_encoding_type="random")
    return Case(
        params=params,
        reference=call("transformers.PatchTSTForPrediction", config),
        run=forecast,
        inputs=inputs,
        names=names,
    )


SMALL: dict[str, Any] = {
    "context": 30,
    "channels": 3,
    "patch": 8,
    "stride": 5,
    "horizon": 6,
    "dim": 16,
    "depth": 2,
    "heads": 2,
    "hidden": 24,
}
"""Two steps at the start belong to no patch."""
SERIES = {"past_values": drawn("normal", 2, 30, 3)}
OBSERVED = SERIES | {"past_observed_mask": drawn("bools", 2, 30, 3)}


def options() -> tuple[Case, ...]:
    """Norms, their place, poolings, and the class token, which leaves nothing to pool."""
    pooled = product(("BatchNormed", "LayerNorm"), (True, False), ("mean", "max", "none"))
    classed = product(("BatchNormed", "LayerNorm"), (True, False))
    return (
        *(
            patchtst(
                SERIES,
                **SMALL,
                norm=norm,
                pre_norm=before,
                pooling=pooling,
                names=before and (norm == "LayerNorm" or pooling == "none"),
            )
            for norm, before, pooling in pooled
        ),
        *(
            patchtst(SERIES, **SMALL, norm=norm, pre_norm=before, use_cls_token=True, names=before)
            for norm, before in classed
        ),
    )


MIXED: dict[str, Any] = {"context": 30, "channels": 3, "horizon": 6, "depth": 3, "hidden": 5}


def tsmixer(*inputs: dict[str, Any], names: bool = False, **params: Any) -> Case:
    reference = call(f"{OWN}.TSMixer", **params)
    return Case(params=params, reference=reference, run=bare, inputs=inputs, names=names)


def lstm(*inputs: dict[str, Any], names: bool = False, **params: Any) -> Case:
    """An LSTM; parameters left out are the spec's defaults."""
    usual = {"channels": 1, "horizon": 24, "hidden": 64, "depth": 2}
    reference = call("tests.references.forecasters.LSTMForecaster", **usual | params)
    return Case(params=params, reference=reference, inputs=inputs, names=names)


def expanded(model: Any, inputs: Inputs) -> Outputs:
    """A forecast of a target that is on its own scale."""
    past = inputs["past_values"]
    scale = torch.tensor([[0.0, 1.0]]).expand(len(past), 2)
    result = model({"encoder_cont": past[..., None], "target_scale": scale})
    return {"": result.prediction[..., 0]}


def nbeats(variant: str | None, stacks: list[str], *inputs: Any, **more: Any) -> Case:
    """An N-BEATS with stacks of these kinds and widths; the others are as large as by default."""
    names = more.pop("names", False)
    sizes = {"context": 96, "horizon": 24, "depth": 3, "layers": 3} | more
    reference = call("tests.references.forecasters.nbeats", stacks=stacks, **sizes)
    return Case(variant=variant, reference=reference, run=expanded, inputs=inputs, names=names)


def fused(model: Any, inputs: Inputs) -> Outputs:
    """A forecast; the reference takes what was observed apart from the series."""
    past = inputs["past_values"]
    columns = {
        "insample_y": past[..., :1],
        "hist_exog": past[..., 1:] if past.shape[-1] > 1 else None,
        "futr_exog": inputs.get("known_values"),
        "stat_exog": inputs.get("static_values"),
    }
    return {"": model(columns)}


def tft(*inputs: Any, variant: str | None = None, names: bool = False, **params: Any) -> Case:
    """A Temporal Fusion Transformer; parameters left out are the spec's defaults."""
    usual = {"context": 96, "horizon": 24, "dim": 128, "heads": 4, "depth": 1, "d_out": 1}
    reference = call("tests.references.forecasters.tft", **usual | params)
    given = {} if variant else params
    return Case(
        variant=variant, params=given, reference=reference, run=fused, inputs=inputs, names=names
    )


FUSED: dict[str, Any] = {
    "context": 4,
    "horizon": 2,
    "observed": 1,
    "known": 2,
    "static": 2,
    "dim": 8,
    "heads": 2,
    "d_out": 3,
}
COLUMNS = {
    "past_values": drawn("normal", 2, 4, 2),
    "known_values": drawn("normal", 2, 6, 2),
    "static_values": drawn("normal", 2, 2),
}

CASES = {
    "timeseries/patchtst": (
        patchtst({"past_values": drawn("normal", 2, 32, 1)}, names=True),
        patchtst(context=512, channels=7, patch=16, stride=8, horizon=96),
        patchtst(OBSERVED, {"past_values": drawn("uniform", 1, 30, 3)}, **SMALL),
        *options(),
    ),
    "timeseries/tsmixer": (
        tsmixer({"past_values": drawn("normal", 2, 96, 1)}, names=True),
        tsmixer(SERIES, {"past_values": drawn("uniform", 1, 30, 3)}, **MIXED),
    ),
    "timeseries/lstm_forecaster": (
        lstm(names=True),
        lstm(
            {"past_values": drawn("normal", 2, 9, 3)},
            {"past_values": drawn("uniform", 1, 5, 3)},
            channels=3,
            horizon=4,
            hidden=8,
        ),
    ),
    "timeseries/nbeats": (
        nbeats(None, ["trend: 32", "seasonality: 512"]),
        nbeats("interpretable", ["trend: 256", "seasonality: 2048"], layers=4),
        nbeats("generic", ["generic: 512"], depth=30, layers=4),
        nbeats(
            "tiny",
            ["generic: 8", "trend: 6", "seasonality: 8"],
            {"past_values": drawn("normal", 3, 10)},
            context=10,
            horizon=5,
            depth=1,
            layers=2,
            names=True,
        ),
    ),
    "timeseries/tft": (
        tft(),
        tft(COLUMNS, variant="tiny", names=True, **FUSED),
        tft(
            {"past_values": drawn("normal", 2, 5, 1)}, context=5, horizon=2, dim=6, heads=2, depth=2
        ),
    ),
}
