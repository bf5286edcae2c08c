"""The table of modules has every class of `torch.nn`, with torch's own signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_overloads

import pytest
from netwright.ops import modules
from netwright.ops.entry import REQUIRED, Arg, Kind
from torch import nn

OPS = {op.name: op for op in modules.ALL}

EXCLUDED = {
    **dict.fromkeys(
        ["Module", "RNNBase", "RNNCellBase"],
        "a base class, not a layer",
    ),
    **dict.fromkeys(
        ["Container", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"],
        "a container; graphs nest and loop in the language",
    ),
    "DataParallel": "a way to run a model, not a part of one",
    "NLLLoss2d": "deprecated by torch for NLLLoss",
    **dict.fromkeys(
        ["TransformerEncoder", "TransformerDecoder"],
        "takes a built layer; `repeat` is the language's way",
    ),
}
"""Classes of torch.nn that a spec cannot name, each with the reason."""

LEFT_OUT = {
    **dict.fromkeys(["device", "dtype"], "where and how to build is the build's choice"),
    **dict.fromkeys(["size_average", "reduce"], "deprecated by torch for `reduction`"),
    **dict.fromkeys(["min_value", "max_value"], "deprecated by torch for `min_val`, `max_val`"),
    **dict.fromkeys(["_weight", "_freeze", "_random_samples"], "private to torch"),
    **dict.fromkeys(["weight", "pos_weight"], "a tensor, which a spec's argument cannot be"),
    **dict.fromkeys(["distance_function"], "a function"),
    **dict.fromkeys(["custom_encoder", "custom_decoder"], "a built module"),
    **dict.fromkeys(["process_group", "options"], "an object of the run, not of the architecture"),
}
"""Arguments that entries leave out, each with the reason."""

RENAMED = {("PoissonNLLLoss", "log_input"): "input"}
"""Inputs that would share their name with an argument."""

KINDS: dict[str, tuple[Kind, ...]] = {
    "bool": ("bool",),
    "int": ("int", "size", "axis"),
    "float": ("float", "number"),
    "str": ("str",),
}


def classes() -> dict[str, type]:
    found = {name: getattr(nn, name) for name in dir(nn)}
    return {n: c for n, c in found.items() if isinstance(c, type) and issubclass(c, nn.Module)}


def test_no_class_is_missing() -> None:
    eligible = {name for name in classes() if not name.startswith("Lazy")}
    assert eligible - set(EXCLUDED) == set(OPS)
    assert set(EXCLUDED) <= eligible


def constructor(cls: type) -> Callable[..., Any]:
    """The constructor, or its first overload where it takes anything."""
    init: Callable[..., Any] = cls.__init__  # type: ignore[misc]
    overloads = get_overloads(init)
    return overloads[0] if overloads else init


def parameters(function: Callable[..., Any], first: int = 1) -> list[inspect.Parameter]:
    found = list(inspect.signature(function).parameters.values())[first:]
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def default_of(parameter: inspect.Parameter) -> object:
    if parameter.default is parameter.empty:
        return REQUIRED
    if callable(parameter.default):  # `activation=F.relu` goes by its name
        return parameter.default.__name__
    return parameter.default


def annotated(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")


@pytest.mark.parametrize("name", sorted(OPS))
def test_arguments_are_those_of_torch(name: str) -> None:
    expected = [p for p in parameters(constructor(classes()[name])) if p.name not in LEFT_OUT]
    args = OPS[name].args
    assert [(a.name, a.default) for a in args] == [(p.name, default_of(p)) for p in expected]
    for arg, parameter in zip(args, expected, strict=True):
        kinds = KINDS.get(annotated(parameter))
        assert kinds is None or arg.kind in kinds, arg.name
        assert arg.doc, arg.name


@pytest.mark.parametrize("name", sorted(OPS))
def test_inputs_are_those_of_torch(name: str) -> None:
    expected = parameters(classes()[name].forward)  # type: ignore[attr-defined]
    names = [RENAMED.get((name, p.name), p.name) for p in expected]
    inputs = OPS[name].inputs
    assert [(a.name, a.default) for a in inputs] == list(
        zip(names, map(default_of, expected), strict=True)
    )
    assert not {a.name for a in inputs} & {a.name for a in OPS[name].args}


@pytest.mark.parametrize("name", sorted(OPS))
def test_entry_is_well_formed(name: str) -> None:
    op = OPS[name]
    assert op.path == f"nn.{name}"
    assert op.doc.endswith(".")
    args: dict[str, Arg] = {arg.name: arg for arg in op.args}
    for inferred in op.infer:
        assert args[inferred].required, inferred


def test_acts_differently_in_training() -> None:
    """`train` is set where torch's documentation tells apart training and evaluation."""
    stems = ("Dropout", "BatchNorm", "InstanceNorm", "RReLU", "Transformer", "MultiheadAttention")
    acting = {n for n in OPS if any(stem in n for stem in stems) or n in ("RNN", "LSTM", "GRU")}
    assert {n for n, op in OPS.items() if op.train} == acting
