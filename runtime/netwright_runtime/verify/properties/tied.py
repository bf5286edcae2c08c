"""Weights that the spec calls tied are one tensor.

Proves `properties: {tied: [[head.weight, embed.weight]]}` of the live module: a tie that an `init`,
a condition or a copy undoes goes unseen in training, and doubles the weights. It does not apply to
a model that claims none.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject


def unfit(subject: Subject) -> str:
    return "" if "tied" in subject.declared else "the spec does not claim `tied`"


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    held = _tensors(subject.module())
    for first, *more in subject.declared["tied"]:
        for name in (first, *more):
            if name not in held:
                yield Finding(f"the model has no weight `{name}`", _owner(name))
                return
        for name in more:
            if held[name] is not held[first]:
                yield Finding(
                    f"`{name}` and `{first}` are two tensors",
                    _owner(first),
                    help=f"say `tie: {{{first}: {name}}}`",
                )


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return dict(module.named_parameters(remove_duplicate=False))


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


PROPERTY = Property("tied", check, __doc__ or "", unfit, varies=False)
