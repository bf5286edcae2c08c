"""Every model of the catalogue goes to ONNX and to pt2, with open dims.

Entry points whose nodes another one holds are left out; `python -m benchmarks.support` exports all.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from netwright_runtime.export import agreement
from netwright_runtime.export.entries import Entry, entries
from netwright_runtime.export.formats import FORMATS
from netwright_runtime.export.formats.format import Writing
from netwright_runtime.export.tracing import Source, entry_point
from netwright_runtime.model import Compiled
from torch import nn

from tests.export.small import names, small


def taken(model: Compiled) -> list[Entry]:
    """`forward`, with state where there is any, and what enters in the midst of the graph."""
    found = entries(model)
    inside = {method.name for method in model.manifest.methods if method.inputs}
    forward = [entry for entry in found if entry.method == "forward"]
    return [forward[-1], *(entry for entry in found if entry.method in inside)]


@pytest.mark.parametrize("name", names())
def test_every_model_is_exported(name: str, tmp_path: Path) -> None:
    model = small(name)
    module = model.build().eval().requires_grad_(False)
    for entry in taken(model):
        source = Source(model, entry, entry_point(module, entry), torch.float32)
        dims = {dim.name for dim in model.manifest.dims}
        shape = {size for value in source.metadata().inputs for size in value.shape}
        assert not dims or shape & dims, "no dim stayed open"
        assert not dims or source.sizes not in source.others
        for to in ("pt2", "onnx"):
            path = tmp_path / f"{entry.name}{FORMATS[to].suffix}"
            FORMATS[to].write(source, path, source.metadata(), Writing())
            agreement.check(source, FORMATS[to].open(path, source))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", [nn.LSTM, nn.GRU])
def test_recurrent_modules_fix_time_in_export(module: type[nn.Module]) -> None:
    """torch traces `_VF.lstm` and `_VF.gru` step by step, so that the number of steps is fixed in
    the program, strict or not. Should this fail, `export.recurrent` can go."""
    dims = ({0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC},)
    with pytest.raises(torch._dynamo.exc.UserError, match="specialized it to be a constant"):
        torch.export.export(
            module(3, 4, batch_first=True).eval(), (torch.randn(2, 5, 3),), dynamic_shapes=dims
        )
