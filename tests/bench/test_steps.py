"""One call, as inference and as a step of training."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from netwright_runtime.bench import NotMeasured
from netwright_runtime.bench.steps import Arguments, inference, loss, training_step
from torch import Tensor, nn


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, image: Tensor, mask: Tensor | None = None) -> dict[str, Any]:
        return {"out": self.scale * image, "count": [image.shape[0]]}


def test_inputs_go_by_name_where_the_model_has_the_names_and_else_in_their_order() -> None:
    image = torch.ones(3)
    assert Arguments.of(Scaled(), {"image": image}) == Arguments((), {"image": image})
    assert Arguments.of(Scaled(), {"pixels": image}) == Arguments((image,), {})


def test_inference_has_no_gradient() -> None:
    given = inference(Scaled(), Arguments((torch.ones(3),), {}))()
    assert given["out"].tolist() == [2.0, 2.0, 2.0]
    assert not given["out"].requires_grad


def test_a_step_of_training_changes_weights_and_leaves_no_gradient() -> None:
    model = Scaled()
    step = training_step(model, model, Arguments((torch.ones(3),), {}))
    step()
    assert 1.9 < model.scale.item() < 2.0
    assert model.scale.grad is None


def test_the_loss_is_of_every_output_with_a_gradient() -> None:
    one = torch.full((2,), 3.0, requires_grad=True)
    assert float(loss({"a": one, "b": (one * 2, torch.ones(2)), "c": 7}).detach()) == 9 + 36
    with pytest.raises(NotMeasured, match="no output has a gradient"):
        loss(torch.ones(2))
