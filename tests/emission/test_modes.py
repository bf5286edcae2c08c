"""Emitted models in torch's own machinery: meta device, full-graph compilation, export, tracing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from netwright.ir.dims import Dim, known, symbols
from netwright.ir.instance import Instance
from netwright.ir.values import Tensor, TensorList
from netwright.passes.model import Case, Elaboration
from torch import nn
from torch.utils import _pytree as pytree

from tests.emission.building import built, class_of, emitted
from tests.emission.small import ONE_EACH, cases_of, small

BOTH = pytest.mark.parametrize(("spec", "variant"), ONE_EACH)

UNTRACED = {
    "vision/unet": "compares sizes of the image with `where`",
    "language/gpt2": "compares the number of tokens with `where`",
    "language/tiny_gpt": "compares the number of tokens with `where`",
    "language/llama": "makes a range whose length is a size",
    "language/bert": "makes a range whose length is a size",
    "vision/vit": "",
}
"""Specs whose `forward` decides by a size, which a symbolic trace does not know, and why."""


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
    """Building under the meta device allocates nothing, and shapes come out as they do on the CPU."""
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
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    assert_same(compiled(**inputs), model(**inputs))


@BOTH
def test_export(spec: str, variant: str | None) -> None:
    """Sizes that the spec left open stay open: the program runs at others than it was made with."""
    elaboration = small(spec, variant)
    model = built(elaboration)
    inputs = bare(elaboration, spec)
    instance = elaboration.cases[Case()]
    program = torch.export.export(
        model, (), kwargs=inputs, dynamic_shapes=dynamic(instance, inputs), strict=False
    )
    module = program.module()
    assert_same(module(**inputs), model(**inputs))
    larger = {name: doubled(value) for name, value in inputs.items()}
    assert_same(module(**larger), model(**larger))


def dynamic(instance: Instance, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A dynamic dim for the first dim of every input that is a symbol, with its multiples."""
    found: dict[str, Any] = {}
    for name, given in inputs.items():
        value = instance.inputs[name]
        assert isinstance(value, Tensor | TensorList)
        type_ = value.type if isinstance(value, Tensor) else value.item
        axes = {0: torch.export.Dim.DYNAMIC} if is_open(type_.shape[0]) else {}
        found[name] = [axes for _ in given] if isinstance(given, list) else axes
    return found


def is_open(size: object) -> bool:
    return isinstance(size, Dim) and known(size) is None and len(symbols(size)) == 1


def doubled(value: Any) -> Any:
    if isinstance(value, list):
        return [doubled(v) for v in value]
    return torch.cat([value, value]) if value.ndim else value


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
