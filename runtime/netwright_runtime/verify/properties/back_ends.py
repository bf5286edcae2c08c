"""The emitted source and the graph compute the same, bit for bit: outputs and gradients.

Proves the lowering: two back ends that share no code agree. Differential testing of compilers does
this with foreign implementations (NNSmith, LEMON); here each user's model is the test. It always
applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from netwright_runtime.verify.compare import all_identical, identical, scalar
from netwright_runtime.verify.locating import located
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    for training in (False, True):
        yield from _in_mode(subject, trial, training)


def _in_mode(subject: Subject, trial: Trial, training: bool) -> Iterator[Finding]:
    """Both back ends once, from the same random state."""
    graph = _run(subject.graph(trial.given, training=training), subject.inputs(trial), trial.seed)
    mode = "training" if training else "evaluation"
    try:
        source = _run(subject.module(training=training), subject.inputs(trial), trial.seed)
    except Exception as error:
        message = f"in {mode} the source raises {type(error).__name__}, and the graph does not"
        yield located(subject, trial, training, message)
        return
    if not all_identical(source[0], graph[0]):
        yield located(subject, trial, training, f"the outputs differ in {mode}")
        return
    for name, expected in graph[1].items():
        if not identical(source[1].get(name), expected):
            yield Finding(
                f"in {mode}, `{name}` differs after a step: source and graph disagree",
                name.rpartition(".")[0].removesuffix(".weight"),
            )
            return


def _run(module: nn.Module, inputs: Mapping[str, Any], seed: int) -> tuple[Any, dict[str, Any]]:
    """The outputs, and what training goes by: gradients and buffers."""
    torch.manual_seed(seed)
    out = module(**inputs)
    loss = scalar(out)
    if loss is not None:
        torch.autograd.backward(loss)
    gradients = {f"{name} (gradient)": p.grad for name, p in module.named_parameters()}
    return out, {**gradients, **{n: b.clone() for n, b in module.named_buffers()}}


PROPERTY = Property("back_ends", check, __doc__ or "", trials=5, minimum=lambda s: s.telling)
