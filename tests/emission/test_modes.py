"""Emitted models in torch's own machinery: meta device, full-graph compilation, tracing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from netwright.passes.model import Elaboration
from torch import nn
from torch.utils import _pytree as pytree

from tests.emission.building import built, class_of, emitted
from tests.emission.small import ONE_EACH, cases_of, small

BOTH = pytest.mark.parametrize(("spec", "variant"), ONE_EACH)

UNTRACED = {
    "audio/wav2vec2": "compares the length of the sound with `where`",
    "generative/autoencoder": "compares sizes of the image with `where`",
    "vision/convnext": "compares sizes of the image with `where`",
    "vision/deeplabv3": "compares sizes of the image with `where`",
    "vision/deeplabv3plus": "compares sizes of the image with `where`",
    "vision/densenet": "compares sizes of the image with `where`",
    "vision/detr": "compares sizes of the image with `where`",
    "vision/fcos": "compares sizes of the image with `where`",
    "vision/retinanet": "compares sizes of the image with `where`",
    "vision/rt_detr": "compares sizes of the image with `where`",
    "vision/segformer": "compares sizes of the image with `where`",
    "vision/unet": "compares sizes of the image with `where`",
    "vision/vgg": "compares sizes of the image with `where`",
    "vision/yolo11": "compares sizes of the image with `where`",
    "vision/yolov8": "compares sizes of the image with `where`",
    "language/gpt2": "compares the number of tokens with `where`",
    "language/tiny_gpt": "compares the number of tokens with `where`",
    "language/mamba": "takes as many steps in `linear_scan` as the number of tokens asks for",
}
"""Specs whose `forward` decides by a size, which a symbolic trace does not know, and why."""

SAMPLE = ["language/tiny_gpt", "vision/resnet", "vision/segformer", "graph/gcn"]
"""One spec for each structure: attention, convolutions and norms, several maps, scatters."""


def bare(elaboration: Elaboration, spec: str) -> dict[str, Any]:
    """The inputs of the plain case, without optional ones."""
    return next(cases_of(elaboration, spec))


def assert_same(found: Any, expected: Any) -> None:
    found, expected = pytree.tree_leaves(found), pytree.tree_leaves(expected)
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


@BOTH
def test_meta(spec: str, variant: str | None) -> None:
    """Building under the meta device allocates nothing, and shapes come out as on the CPU."""
    elaboration = small(spec, variant)
    with torch.device("meta"):
        model = class_of(emitted(elaboration))().eval()
    assert all(t.is_meta for t in (*model.parameters(), *model.buffers()))
    inputs = bare(elaboration, spec)
    real = built(elaboration)(**inputs)
    shown = model(**pytree.tree_map_only(torch.Tensor, lambda t: t.to("meta"), inputs))
    assert shapes(shown) == shapes(real)


def shapes(value: Any) -> list[Any]:
    return [getattr(leaf, "shape", leaf) for leaf in pytree.tree_leaves(value)]


@BOTH
def test_compile(spec: str, variant: str | None) -> None:
    elaboration = small(spec, variant)
    model = built(elaboration)
    inputs = bare(elaboration, spec)
    torch._dynamo.reset()
    with torch._dynamo.config.patch(allow_rnn=True):  # nn.LSTM breaks the graph otherwise
        compiled = torch.compile(model, fullgraph=True, backend="eager")
        assert_same(compiled(**inputs), model(**inputs))


@pytest.mark.parametrize("spec", SAMPLE)
def test_compile_with_gradients(spec: str) -> None:
    """A full graph forwards and backwards: outputs and gradients are those of the module."""
    elaboration = small(spec, None)
    model = built(elaboration)
    inputs = bare(elaboration, spec)
    torch._dynamo.reset()
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    expected = gradients(model, model(**inputs))
    assert_same(gradients(model, compiled(**inputs)), expected)


def gradients(model: nn.Module, out: Any) -> list[torch.Tensor]:
    """An output's tensors and the gradients of their sum."""
    model.zero_grad()
    tensors = [t for t in pytree.tree_leaves(out) if t.is_floating_point()]
    sum(t.sum() for t in tensors).backward()
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    assert len(grads) == len(list(model.parameters()))
    return [*(t.detach() for t in tensors), *(g.clone() for g in grads)]


@BOTH
def test_trace(spec: str, variant: str | None) -> None:
    """`torch.fx` traces what decides nothing by a size."""
    elaboration = small(spec, variant)
    model = built(elaboration)
    inputs = bare(elaboration, spec)
    absent = {i.name: None for i in elaboration.block.inputs if i.name not in inputs}
    if spec in UNTRACED:
        with pytest.raises((torch.fx.proxy.TraceError, TypeError)):
            torch.fx.symbolic_trace(model, concrete_args=absent)
        return
    traced: nn.Module = torch.fx.symbolic_trace(model, concrete_args=absent)
    assert_same(traced(**inputs), model(**inputs))
