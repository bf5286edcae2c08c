"""What losses and metrics read: outputs of the model, and columns of the data.

A recipe names them only where the choice is not clear: a model with one output has no other, and
of several the usual name is taken.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from netwright.diagnostics import nearest
from netwright.recipe.named import Section

LOGITS = ("logits", "out", "output", "masks", "head")
FIRST = ("first", "query", "user", "image_embeds", "image")
SECOND = ("second", "item", "text_embeds", "text")


@dataclass(frozen=True)
class Read:
    """One tensor that is read.

    argument  the recipe's key that names it
    of        where it comes from: the model's `outputs`, or a column of the `batch`
    named     what the recipe says, None where it is silent
    usual     names that are looked for then, in this order
    """

    argument: str
    of: Literal["outputs", "batch"]
    named: str | None
    usual: tuple[str, ...] = ()


class Reading(Section, ABC):
    """Arguments of a loss or metric, which say what it reads."""

    @abstractmethod
    def reads(self) -> tuple[Read, ...]:
        """The outputs and columns that it needs."""


class Compared(Reading):
    """Of one output against one column."""

    output: str | None = None
    """The output of the model; left out where it has one, or one that is named as usual."""
    target: str | None = None
    """The column that it should equal; left out for the data's target."""

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("output", "outputs", self.output, LOGITS),
            Read("target", "batch", self.target),
        )


class Unread(ValueError):
    """What is to be read is not there, or not one; `help` says what the recipe can do."""

    def __init__(self, argument: str, message: str, help: str) -> None:
        super().__init__(message)
        self.argument = argument
        self.help = help


def choose(read: Read, have: Sequence[str], target: str | None = None) -> str:
    """The name of what `read` stands for, among those that there are.

    target  the data's target, which a silent recipe means by a `target`

    Raises:
        Unread: none of them can be meant.
    """
    what = "output" if read.of == "outputs" else "column"
    if read.named is not None:
        if read.named not in have:
            raise Unread(read.argument, f"there is no {what} `{read.named}`", _help(read, have))
        return read.named
    if read.argument == "target" and target is not None and target in have:
        return target
    if read.of == "outputs" and len(have) == 1:
        return have[0]
    found = next((name for name in read.usual if name in have), None)
    if found is None:
        raise Unread(
            read.argument,
            f"it is not clear which {what} is the `{read.argument}`",
            f"name it: `{read.argument}: NAME`; there are {_listed(have)}",
        )
    return found


def unread_outputs(reads: Iterable[Read], outputs: Sequence[str]) -> list[Unread]:
    """What a model with these outputs lacks, told before it is built and any data is read."""
    faults: list[Unread] = []
    for read in reads:
        if read.of == "outputs":
            try:
                choose(read, outputs)
            except Unread as fault:
                faults.append(fault)
    return faults


def _help(read: Read, have: Sequence[str]) -> str:
    near = nearest(read.named or "", have)
    return f"did you mean `{near}`?" if near else f"there are {_listed(have)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
