"""`train:` how long, in what precision, on which devices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netwright.recipe.named import Section

Count = Annotated[int, Field(ge=1)]


class Train(Section):
    epochs: Count = 10
    """Passes over the training split."""
    accumulate: Count = 1
    """Batches whose gradients make one step of the optimiser."""
    clip: Annotated[float, Field(gt=0)] | None = None
    """The largest norm of the gradient; what is longer is scaled down to it."""
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The decay of a moving average of the weights, which evaluation and export then use."""
    precision: Literal["32-true", "bf16-mixed", "16-mixed", "bf16-true", "64-true"] = "32-true"
    compile: bool = False
    """Compile the blocks that the model repeats, or the whole model where it repeats none."""
    checkpointing: bool = False
    """Compute the values inside repeated blocks again in the backward pass, and keep none."""
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    strategy: Literal["auto", "ddp", "fsdp"] = "auto"
    devices: Count = 1
    nodes: Count = 1
    """Machines, each of which is started by `torchrun`."""
    deterministic: bool = False
    """Refuse algorithms that may give other numbers when they run again."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    shrink_batch: bool = False
    """Where memory runs out: halve the batch that is computed at once and accumulate more."""
    evaluate_every: Count = 1
    """Epochs between evaluations on the validation split."""
