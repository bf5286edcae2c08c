"""`loss:` what training lowers: a name, one key with arguments, or a list of them with weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, TypeAdapter, WrapValidator
from pydantic_core import core_schema

from netwright.recipe.named import Named, Section
from netwright.recipe.reads import FIRST, LOGITS, SECOND, Compared, Read, Reading

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]

IGNORED = -100
"""The class that no sample has: torch's own default for what a loss leaves out."""


class LossArguments(Reading):
    """What all losses have in common."""

    weight: Positive = 1.0
    """The factor of this loss in the sum of several."""

    def makes(self) -> tuple[str, ...]:
        """Columns that it adds to a batch before the model sees it."""
        return ()


class ComparedLoss(Compared, LossArguments):
    """A loss of one output against one column."""


class CrossEntropy(ComparedLoss):
    """Logits `(B, K)` against classes `(B)`, or maps `(B, K, ...)` against maps of classes."""

    label_smoothing: Share = 0.0
    """The share of the target that is spread over all classes (arXiv:1512.00567)."""
    class_weights: Annotated[list[Positive], Field(min_length=1)] | None = None
    """A factor for each class."""
    ignore_index: int = IGNORED
    """The class of samples or pixels that do not count."""


class BinaryCrossEntropy(ComparedLoss):
    """Logits against 0 and 1, each item by itself."""

    positive_weight: Positive | None = None
    """A factor for the items that are 1."""


class MeanSquaredError(ComparedLoss):
    """The mean of squared differences."""


class MeanAbsoluteError(ComparedLoss):
    """The mean of absolute differences."""


class Huber(ComparedLoss):
    """Squared below `delta`, linear above it."""

    delta: Positive = 1.0


class Dice(ComparedLoss):
    """1 minus the overlap of soft masks and true ones, mean over classes (arXiv:1606.04797)."""

    ignore_index: int = IGNORED
    """The class of pixels that do not count."""
    smooth: Annotated[float, Field(ge=0)] = 1.0
    """Added above and below the fraction, so that an absent class has an overlap of 1."""


class NextToken(ComparedLoss):
    """Logits `(B, T, V)` against the token that follows each of T."""

    shift: bool = False
    """The target holds the tokens themselves: position t is held to token t + 1 of it."""
    label_smoothing: Share = 0.0
    ignore_index: int = IGNORED
    """The token that does not count, such as padding."""


class MaskedLanguageModel(LossArguments):
    """Tokens are hidden at random and told from the others (arXiv:1810.04805).

    Of the chosen tokens, 80% become the mask, 10% another token, 10% stay. The choice follows from
    seed, epoch and sample.
    """

    mask_token: Annotated[int, Field(ge=0)]
    """The token that stands for a hidden one."""
    vocabulary: Annotated[int, Field(ge=1)]
    """The number of tokens."""
    output: str | None = None
    tokens: str = "tokens"
    """The column of the model's tokens, `(B, T)`."""
    probability: Annotated[float, Field(gt=0, lt=1)] = 0.15
    special: list[int] = Field(default=[])
    """Tokens that are never hidden: padding, separators."""

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("output", "outputs", self.output, LOGITS),
            Read("tokens", "batch", self.tokens),
        )

    def makes(self) -> tuple[str, ...]:
        return ("hidden_tokens",)


class Contrastive(LossArguments):
    """Pairs find one another among all of a batch, both ways (InfoNCE, arXiv:1807.03748)."""

    first: str | None = None
    """The output with the embeddings of one side, `(B, D)`."""
    second: str | None = None
    """The output with those of the other, `(B, D)`."""
    temperature: Positive = 0.07
    """What cosine similarities are divided by."""
    scale: str | None = None
    """An output of the model that they are multiplied by instead."""

    def reads(self) -> tuple[Read, ...]:
        pair = (
            Read("first", "outputs", self.first, FIRST),
            Read("second", "outputs", self.second, SECOND),
        )
        return pair if self.scale is None else (*pair, Read("scale", "outputs", self.scale))


class VariationalBound(LossArguments):
    """Reconstruction, and the divergence of a diagonal Gaussian from the standard one, per sample
    (arXiv:1312.6114)."""

    reconstruction: str | None = None
    mean: str | None = None
    log_variance: str | None = None
    target: str | None = None
    """The column that is reconstructed; left out for the data's target."""
    beta: Annotated[float, Field(ge=0)] = 1.0
    """The factor of the divergence."""
    likelihood: Literal["gaussian", "bernoulli"] = "gaussian"
    """`gaussian`: half the squared differences; `bernoulli`: the outputs are probabilities."""

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("reconstruction", "outputs", self.reconstruction, ("recon", "reconstruction")),
            Read("mean", "outputs", self.mean, ("mu", "mean")),
            Read("log_variance", "outputs", self.log_variance, ("logvar", "log_variance")),
            Read("target", "batch", self.target),
        )


class Diffusion(LossArguments):
    """The model is given a noisy sample and its time, and tells the noise (arXiv:2006.11239).

    Noise and time follow from seed, epoch and sample. The noisy sample takes the place of the clean
    one; the time becomes a column of its own, `int64 (B)`.
    """

    output: str | None = None
    clean: str
    """The column that becomes noisy, `(B, ...)`."""
    time: str = "time"
    """The column of times that the loss makes, for the model's input of this or another name."""
    steps: Annotated[int, Field(ge=1)] = 1000
    """Times run from 0 to `steps` - 1."""
    schedule: Literal["linear", "cosine"] = "linear"
    """How the signal fades: as in arXiv:2006.11239, or in arXiv:2102.09672."""

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("output", "outputs", self.output, ("noise", *LOGITS)),
            Read("clean", "batch", self.clean),
        )

    def makes(self) -> tuple[str, ...]:
        return (self.time, "noise")


class Quantile(ComparedLoss):
    """Outputs `(..., Q)` against a target `(...)`: the pinball loss, mean over quantiles."""

    quantiles: list[Annotated[float, Field(gt=0, lt=1)]] = Field([0.1, 0.5, 0.9], min_length=1)
    """In the order of the output's last axis."""


LOSSES: dict[str, type[Section]] = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
    "dice": Dice,
    "next_token": NextToken,
    "masked_language_model": MaskedLanguageModel,
    "contrastive": Contrastive,
    "vae": VariationalBound,
    "diffusion": Diffusion,
    "quantile": Quantile,
}

NAMED_LOSS = Named("loss", LOSSES)

_TERM = Annotated[LossArguments, NAMED_LOSS]
_TERMS: TypeAdapter[list[LossArguments]] = TypeAdapter(Annotated[list[_TERM], Field(min_length=1)])
_ONE: TypeAdapter[LossArguments] = TypeAdapter(_TERM)


def _read(value: Any, _: core_schema.ValidatorFunctionWrapHandler) -> list[LossArguments]:
    """The losses that `value` writes; the place of a fault is the one that the recipe has."""
    if isinstance(value, list):
        return _TERMS.validate_python(value)
    return [_ONE.validate_python(value)]


LossSection = Annotated[
    list[LossArguments],
    WrapValidator(_read),
    PlainSerializer(lambda terms: [NAMED_LOSS.written(term) for term in terms]),
]
"""One loss or several, as a list."""
