"""What parameters begin with where expressions say it: in source, graph and catalogue."""

from __future__ import annotations

from pathlib import Path

import netwright
import pytest
import torch
import torch.nn.functional as F

SPEC = """netwright: 1
model: M
params: {inner: 6, state: 4}
inputs: {x: "float[B, inner]"}
graph:
  mix:
    graph:
      A_log: {parameter: [inner, state], init: "log(arange(1, state + 1))"}
      rates: {parameter: inner, init: "1 / arange(1, inner + 1)"}
      marks: {buffer: "arange(inner).float()"}
      places: {parameter: [2, inner], init: "marks[None]"}
      out: x * rates + A_log.sum(1) + places.sum(0)
  fc: Linear(out_features=state)
init:
  - {match: fc.bias, with: "arange(state) / state"}
  - {match: "*.rates", with: "arange(inner).float()"}
  - {match: Linear.weight, with: "arange(inner) * 0.5"}
"""


def test_expressions_say_what_parameters_begin_with(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(SPEC, encoding="utf-8")
    expected = {
        "mix.A_log": torch.arange(1, 5).log().expand(6, 4),
        "mix.rates": torch.arange(6.0),
        "mix.places": torch.arange(6.0).expand(2, 6),
        "mix.marks": torch.arange(6.0),
        "fc.bias": torch.arange(4) / 4,
        "fc.weight": (torch.arange(6) * 0.5).expand(4, 6),
    }
    for module in (netwright.build(file), netwright.graph(file)):
        state = module.state_dict()
        assert state.keys() == expected.keys()
        assert all(torch.equal(state[name], value) for name, value in expected.items())


FAULTS = {
    "log(arange(1, 4)": ("E0301", "`p` is [2, 5], and begins with float[3]"),
    "arange(5": ("E0304", "a parameter is floating, and this is int[5]"),
    "log(x": ("E0305", "an initial value is computed at build, but this needs `x`"),
    "log(inner": ("E0305", "a parameter begins with a tensor, found 1.0986122886681098"),
    "logg(inner": ("E0201", "there is no initialiser `logg`"),
}


@pytest.mark.parametrize("begins", FAULTS)
def test_what_no_parameter_begins_with(begins: str, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(
        'netwright: 1\nmodel: M\nparams: {inner: 3}\ninputs: {x: "float[B, 5]"}\ngraph:\n'
        f'  p: {{parameter: [2, 5], init: "{begins})"}}\n  out: x + p.sum(0) + inner\n'
    )
    (found,) = netwright.check(file).errors
    assert (found.code, found.message, found.span.line) == (*FAULTS[begins], 6)


def test_a_rule_fits_the_weights_that_it_matches(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(SPEC.replace("arange(state) / state", "arange(inner) / state"))
    (found,) = netwright.check(file).errors
    expected = ("E0301", "`fc.bias` is [4], and begins with float[6]")
    assert (found.code, found.message) == expected


def test_mamba_begins_as_its_reference() -> None:
    """`A_log` and the bias of the step size as `transformers.MambaForCausalLM` draws them: decays
    of 1 ... 16, and steps that are uniform on a logarithmic scale from 0.001 to 0.1."""
    model = netwright.build("language/mamba", "tiny", dim=256, state=16)
    mixer = "backbone.layers.0.mixer."
    state = {k.removeprefix(mixer): v for k, v in model.state_dict().items() if mixer in k}
    assert torch.equal(state["A_log"], torch.arange(1, 17).log().expand(512, 16))
    steps = F.softplus(state["dt_proj.bias"])
    assert 0.001 <= steps.min() < 0.0012 and 0.08 < steps.max() <= 0.1001
    assert steps.median().item() == pytest.approx(0.01, rel=0.5)
