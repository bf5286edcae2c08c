"""`sweep:` what `netwright sweep` tries: values over keys of the recipe, params of the model among
them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from netwright.recipe.named import Section

Count = Annotated[int, Field(ge=1)]
Bound = Annotated[float, Field(gt=0)]

COUNTED = ("parameters", "flops", "memory")
"""Objectives that the compiler counts; all others are measured on the validation split."""


class Range(Section):
    """Numbers from `low` to `high`, both among them; whole ones where both are written so."""

    low: int | float
    high: int | float
    log: bool = False
    """Draw the exponent evenly, as for rates."""
    step: Annotated[int | float, Field(gt=0)] | None = None
    """Only `low`, `low` + `step`, and so on."""

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.low >= self.high:
            raise ValueError("a `low` that is less than `high`")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("a positive `low` and no `step` with `log`")
        return self

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def _space(value: Any, _: ValidatorFunctionWrapHandler) -> list[Any] | Range:
    """A list of choices or a range; errors are of the one that is meant."""
    if isinstance(value, list) and value:
        return value
    if isinstance(value, Range | dict):
        return Range.model_validate(value)
    raise ValueError("a list of at least one value, or a mapping with `low` and `high`")


Space = Annotated[list[Any] | Range, WrapValidator(_space)]


class Sweep(Section):
    over: dict[str, Space] = Field(default={})
    """For keys such as `optimiser.AdamW.lr` or `model.params.depth`: a list of values, or a
    range."""
    trials: Count = 20
    """Candidates that are trained; rejected ones do not count."""
    objectives: dict[str, Literal["min", "max"]] = Field({"loss": "min"}, min_length=1)
    """Metrics of the validation split, `parameters`, `flops` or `memory`; several make a Pareto
    front."""
    max_parameters: Bound | None = None
    """Candidates with more are rejected before they are built, as are those of the next two."""
    max_flops: Bound | None = None
    """Operations of one forward pass, at `sizes`."""
    max_memory: Bound | None = None
    """Bytes of the weights and of the values of one forward pass, at `sizes`."""
    sizes: dict[str, Count] = Field(default={})
    """Sizes of the model's dims for these counts; the others are those of `netwright show`."""
    sampler: Literal["tpe", "random"] = "tpe"
    """How the next candidate is drawn: near good ones (arXiv:2304.11127), or anywhere."""
    prune: Literal["median", "none"] | None = None
    """`median`: end trials that are worse than half of the others at the same epoch; it is what
    happens with one objective."""
    seed: int = 0
    """Of the sampler."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.prune == "median" and len(self.objectives) > 1:
            raise ValueError("one objective with `prune: median`")
        return self

    @property
    def pruned(self) -> bool:
        """Whether trials are ended early: by one objective, which training tells epoch by
        epoch."""
        (first, *more) = self.objectives
        return self.prune != "none" and not more and first not in COUNTED
