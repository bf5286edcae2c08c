"""References of forecasters: an LSTM in plain torch, others of pytorch-forecasting."""

import pkgutil
import re
from operator import itemgetter
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

LAYER = re.compile(r"\.fc\.(\d+)(?:\.1)?\.")


class LSTMForecaster(nn.Module):
    """The last state of an LSTM over a window, mapped to all steps of the horizon."""

    def __init__(self, channels: int, horizon: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.channels = channels
        self.lstm = nn.LSTM(channels, hidden, depth, batch_first=True)
        self.head = nn.Linear(hidden, horizon * channels)

    def forward(self, past_values: Tensor) -> Tensor:
        """(B, T, channels) -> (B, horizon, channels)."""
        variance, mean = torch.var_mean(past_values, dim=1, correction=0, keepdim=True)
        deviation = torch.sqrt(variance + 1e-5)
        states, _ = self.lstm((past_values - mean) / deviation)
        future: Tensor = self.head(states[:, -1])
        return future.reshape(len(future), -1, self.channels) * deviation + mean


def nbeats(context: int, horizon: int, stacks: list[str], **sizes: Any) -> nn.Module:
    """N-BEATS of pytorch-forecasting; stacks as in `trend: 256`, with their widths.

    Its state dict is under the spec's names, and its waves are computed in the default dtype.
    """
    kinds = [stack.partition(": ")[0] for stack in stacks]
    widths = [int(stack.partition(": ")[2]) for stack in stacks]
    lengths = {"generic": 32, "trend": 3, "seasonality": 7}
    count = len(stacks)
    with mock.patch("numpy.float32", np.float64):
        model: Any = pkgutil.resolve_name("pytorch_forecasting:NBeats")(
            stack_types=kinds,
            widths=widths,
            num_blocks=[sizes["depth"]] * count,
            num_block_layers=[sizes["layers"]] * count,
            expansion_coefficient_lengths=[lengths[kind] for kind in kinds],
            context_length=context,
            prediction_length=horizon,
            output_transformer=itemgetter("prediction"),
        )
    model.register_state_dict_post_hook(_renamed)
    found: nn.Module = model
    return found


def _renamed(model: object, state: dict[str, Tensor], *_: object) -> None:
    """`fc.0` and `fc.2.1`, layers one and two, are `fc.0.linear` and `fc.1.linear` in the spec."""
    entries = dict(state)
    state.clear()
    for name, entry in entries.items():
        if "theta_f_fc" not in name:  # which is theta_b_fc once more
            state[LAYER.sub(lambda m: f".fc.{int(m[1]) // 2}.linear.", name)] = entry


def tft(context: int, horizon: int, d_out: int, **sizes: int) -> nn.Module:
    """The Temporal Fusion Transformer of neuralforecast, without what it never uses.

    Its state dict is under the spec's names.
    """
    columns = {
        f"{kind}_exog_list": [f"{kind}{i}" for i in range(sizes.get(name, 0))]
        for kind, name in (("hist", "observed"), ("futr", "known"), ("stat", "static"))
    }
    losses = pkgutil.resolve_name("neuralforecast.losses.pytorch")
    levels = [(i + 1) / (d_out + 1) for i in range(d_out)]
    model: Any = pkgutil.resolve_name("neuralforecast.models.tft:TFT")(
        h=horizon,
        input_size=context,
        hidden_size=sizes["dim"],
        n_head=sizes["heads"],
        n_rnn_layers=sizes["depth"],
        loss=losses.MAE() if d_out == 1 else losses.MQLoss(quantiles=levels),
        **columns,
    )
    if sizes.get("static"):
        del model.static_encoder.vsn.joint_grn.lin_c
    model.loss = model.valid_loss = None
    model.register_state_dict_post_hook(_plain)
    found: nn.Module = model
    return found


def _plain(model: object, state: dict[str, Tensor], *_: object) -> None:
    """A norm is called `layer_norm.ln` where the spec has `layer_norm`; the mask is a constant."""
    for name in list(state):
        entry = state.pop(name)
        if not name.endswith("._mask"):
            state[name.replace(".layer_norm.ln.", ".layer_norm.")] = entry
