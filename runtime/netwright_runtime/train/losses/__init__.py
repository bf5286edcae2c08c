"""Losses by name. A `Loss` is made of the recipe's terms; the loop calls

    batch = loss.prepare(batch, Draws(seed, epoch, indices))   hides tokens, adds noise
    outputs = model(...)
    losses = loss(outputs, batch)                              `losses.total.backward()`

and a `LossMean` gathers what an evaluation finds, each sample once.
"""

from netwright_runtime.train.losses.fit import Unfit
from netwright_runtime.train.losses.loss import Loss, Losses, LossMean, Mean

__all__ = ["Loss", "LossMean", "Losses", "Mean", "Unfit"]
