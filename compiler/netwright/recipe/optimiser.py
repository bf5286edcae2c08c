"""`optimiser:` torch's optimisers by name, with torch's arguments, and groups of parameters."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from netwright.recipe.named import Named, Section

Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[list[Share], Field(min_length=2, max_length=2)]


class Group(Section):
    """Parameters with settings of their own; the first group that matches takes a parameter."""

    match: str
    """A glob over the names of parameters: `*.bias`, `blocks.0.*`."""
    lr: Rate | None = None
    weight_decay: Rate | None = None


class Optimiser(Section):
    """What all optimisers take."""

    lr: Rate = 1e-3
    weight_decay: Rate = 0.0
    groups: list[Group] = Field(default_factory=list)
    no_decay: list[Literal["norms", "biases", "embeddings"]] = Field(default_factory=list)
    """Parameters without weight decay: those of normalisation layers, biases, embedding tables."""

    def arguments(self) -> dict[str, object]:
        """What torch's class takes."""
        own = self.model_dump(exclude={"groups", "no_decay"})
        return {k: tuple(v) if isinstance(v, list) else v for k, v in own.items()}


class Adam(Optimiser):
    betas: Betas = Field([0.9, 0.999])
    eps: Rate = 1e-8
    amsgrad: bool = False


class AdamW(Adam):
    weight_decay: Rate = 1e-2


class NAdam(Optimiser):
    lr: Rate = 2e-3
    betas: Betas = Field([0.9, 0.999])
    eps: Rate = 1e-8
    momentum_decay: Rate = 4e-3
    decoupled_weight_decay: bool = False


class RAdam(Optimiser):
    betas: Betas = Field([0.9, 0.999])
    eps: Rate = 1e-8
    decoupled_weight_decay: bool = False


class Adamax(Optimiser):
    lr: Rate = 2e-3
    betas: Betas = Field([0.9, 0.999])
    eps: Rate = 1e-8


class Adagrad(Optimiser):
    lr: Rate = 1e-2
    lr_decay: Rate = 0.0
    initial_accumulator_value: Rate = 0.0
    eps: Rate = 1e-10


class RMSprop(Optimiser):
    lr: Rate = 1e-2
    alpha: Share = 0.99
    eps: Rate = 1e-8
    momentum: Rate = 0.0
    centered: bool = False


class SGD(Optimiser):
    momentum: Rate = 0.0
    dampening: Rate = 0.0
    nesterov: bool = False

    @model_validator(mode="after")
    def _momentum(self) -> Self:
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError("a `momentum` and no `dampening` with `nesterov`")
        return self


OPTIMISERS: dict[str, type[Section]] = {
    kind.__name__: kind for kind in (Adam, AdamW, NAdam, RAdam, Adamax, Adagrad, RMSprop, SGD)
}

OptimiserSection = Annotated[Optimiser, Named("optimiser", OPTIMISERS)]
