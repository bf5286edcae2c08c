"""Level 3: what is measured, what is taken, and what is left out with a reason.

Times are given here, or come from the modules' own clock: no test measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from unittest.mock import patch

import pytest
import torch
from netwright_runtime.measure.timing import Time
from netwright_runtime.optimise import choosing, optimise
from netwright_runtime.optimise.candidates import Candidate, ChannelsLast
from netwright_runtime.optimise.choosing import choose, fastest, run
from netwright_runtime.optimise.examples import drawn_inputs, dynamic_inputs
from netwright_runtime.optimise.optimising import optimised_graph
from torch import nn

from tests.optimise.models import lively, spec

IMAGE = """inputs: {x: "float[B, 4, H, W]"}
graph:
  conv: Conv2d(out_channels=6, kernel_size=3, padding=1)
  norm: BatchNorm2d
  act: ReLU
"""


def times(**medians: float) -> dict[str, Time]:
    return {name: Time(median, median, median, 3) for name, median in medians.items()}


@pytest.mark.parametrize(
    ("medians", "name"),
    [
        ({"eager": 1.0, "folded": 0.5, "frozen": 0.4}, "frozen"),
        ({"eager": 1.0, "folded": 0.985}, "eager"),
        ({"eager": 1.0, "folded": 1.5}, "eager"),
        ({"eager": 1.0}, "eager"),
    ],
)
def test_the_quickest_is_taken_where_it_saves_more_than_noise(
    medians: Mapping[str, float], name: str
) -> None:
    assert fastest(times(**medians)) == name


class Scaled(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


def fails() -> nn.Module:
    raise RuntimeError("no compiler here\nand more")


def test_what_differs_or_fails_is_told_and_left_out() -> None:
    model, called = Scaled(2.0), {"x": torch.ones(3)}
    others = [
        Candidate("other", lambda: Scaled(2.1)),
        Candidate("broken", fails),
        Candidate("same", lambda: Scaled(2.0)),
    ]
    with patch.object(choosing, "timed", lambda ready, *_: times(eager=2.0, same=1.0)):
        made, name, tried = choose(model, others, called, called, 60.0)
    assert (name, made is model) == ("same", False)
    found = {outcome.name: outcome for outcome in tried}
    assert found["other"].reason == "differs from eager"
    assert found["other"].error == pytest.approx(0.1 / 2.1)
    assert found["broken"].reason == "RuntimeError: no compiler here"
    assert (found["same"].ratio, found["same"].error) == (0.5, 0.0)


def test_when_the_time_is_over_nothing_is_begun() -> None:
    model, called = Scaled(2.0), {"x": torch.ones(3)}
    _, name, tried = choose(model, [Candidate("broken", fails)], called, called, 0.0)
    assert name == "eager"
    assert tried[1].reason == "not tried, 0 s were over"


def test_random_functions_draw_the_same_in_every_run() -> None:
    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.rand_like(x)

    before = torch.get_rng_state()
    found = [run(Noisy(), {"x": torch.ones(3)}) for _ in range(2)]
    assert torch.equal(*found)
    assert torch.equal(torch.get_rng_state(), before)


def test_channels_lie_next_to_one_another() -> None:
    found = spec(IMAGE)
    model = lively(found, torch.float32)
    graph, _ = optimised_graph(found, model, 2)
    made = ChannelsLast(graph)
    image = torch.randn(2, 4, 5, 6)
    out = made(image)
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, graph(image))
    strides = [m.weight.stride() for m in graph.modules() if isinstance(m, nn.Conv2d)]
    assert strides == [(36, 9, 3, 1)]


def test_inputs_are_drawn_at_usual_sizes_and_marked_where_they_are_open() -> None:
    found = spec(IMAGE)
    graph, _ = optimised_graph(found, lively(found), 2)
    called = drawn_inputs(found, graph, {"H": 8})
    assert called["x"].shape == (1, 4, 8, 224)
    assert called["x"].dtype == torch.float64
    marked = dynamic_inputs(graph, called)["x"]
    assert torch.equal(marked, called["x"])
    assert marked._dynamo_weak_dynamic_indices == {0, 2, 3}


def test_a_model_is_measured_and_runs_at_other_sizes() -> None:
    found = spec(IMAGE)
    fast = optimise(found, level=3, sizes={"H": 6, "W": 6}, seconds=1e-3)
    report = fast.report
    assert report.level == 3
    assert report.chosen in {outcome.name for outcome in report.tried if outcome.time}
    assert [outcome.name for outcome in report.tried][:4] == [
        "eager", "exact", "folded", "channels_last"
    ]  # fmt: skip
    assert fast(torch.randn(2, 4, 9, 5)).shape == (2, 6, 9, 5)
    assert "of eager" in str(report)
