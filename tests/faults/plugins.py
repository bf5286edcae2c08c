"""Modules of users with one fault each, and the rules that would come with them."""

from __future__ import annotations

from typing import Any

import torch
from netwright.ir.types import TensorType
from netwright.ops.entry import Arguments, Result
from torch import Tensor, nn


class Tap(nn.Module):
    """What passes through comes out: the base of modules whose fault is all they do."""

    def forward(self, x: Tensor) -> Tensor:
        return x


# The batch ----------------------------------------------------------------------------------


class BatchCentre(nn.Module):
    """Takes the mean over the batch away, in evaluation too."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(dim=0, keepdim=True)


class BatchScale(nn.Module):
    """Divides by the largest value of the whole batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x / (x.abs().max() + 1e-6)


class BatchCount(nn.Module):
    """Scales by the number of samples, so that a batch is not its samples."""

    def forward(self, x: Tensor) -> Tensor:
        return x / x.shape[0]


class FirstSample(nn.Module):
    """Adds the first sample to the others."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * x[:1]


# Gradients ----------------------------------------------------------------------------------


class Detached(nn.Module):
    """Takes the value of its input and leaves its history."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach().clone()


class WithoutGrad(nn.Module):
    """A learned gain, computed under `no_grad`."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(1.5))

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            scaled = x * self.gain
        return x + scaled


class HalfDetached(nn.Module):
    """Half of what it adds has no gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.tanh(x.detach()) * x


class _Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 2 * grads[0] * torch.cos(x)


class WrongBackward(nn.Module):
    """A function with a backward pass of its own, a factor of two off."""

    def forward(self, x: Tensor) -> Tensor:
        return _Doubled.apply(x)


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x.abs()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return grads[0] * 2 * x


class WrongSign(nn.Module):
    """A backward pass that is right for positive numbers alone."""

    def forward(self, x: Tensor) -> Tensor:
        return _Sign.apply(x)


class RootOfZero(nn.Module):
    """Square roots of what is zero half of the time: infinite slopes."""

    def forward(self, x: Tensor) -> Tensor:
        return (x * (x > 0)).sqrt() + x


class WhereNan(nn.Module):
    """Keeps a logarithm out of the value with `where`, and lets its NaN into the gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, torch.log(x), x)


class DeadGain(nn.Module):
    """A learned gain that cancels."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(1.5))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gain * 0.0


# Randomness and state -----------------------------------------------------------------------


class AlwaysNoisy(nn.Module):
    """Adds noise in evaluation too."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * torch.randn_like(x)


class AlwaysDrops(nn.Module):
    """Dropout that never learns that training is over."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(x, 0.3, training=True)


class Counting(nn.Module):
    """Counts its calls in a buffer, in evaluation too."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x


class Drifting(nn.Module):
    """Keeps a running mean, in evaluation too, and takes it away."""

    running: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.running.lerp_(x.detach().mean(), 0.1)
        return x - self.running


class Remembering(nn.Module):
    """Adds what the call before gave; a second call differs from the first."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0.0

    def forward(self, x: Tensor) -> Tensor:
        out = x + self.last
        self.last = 0.1
        return out


class InPlace(nn.Module):
    """Writes into its input."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mul_(0.5)


class InPlaceInEvaluation(nn.Module):
    """Writes into its input where no gradient is at stake."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 0.5 if x.requires_grad else x.mul_(0.5)


class EvaluationScale(nn.Module):
    """Drops nothing, and yet scales in training."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if self.training else x


# Weights ------------------------------------------------------------------------------------


class Hidden(nn.Module):
    """A random projection in a plain attribute: no `state_dict` holds it."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.features = features
        self.mix = [torch.randn(features, features) / features**0.5]

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.mix[0]


class Unsaved(nn.Module):
    """A random buffer that is not persistent, so that a loaded model has another one."""

    mix: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mix", torch.randn(features, features) / features**0.5, False)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.mix


class HugeStart(nn.Module):
    """A linear layer that begins a thousand times too large."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(1000.0 * torch.randn(features, features))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


class NanStart(nn.Module):
    """A weight that is left as the memory was."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((features,), float("nan")))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


# Tracing ------------------------------------------------------------------------------------


class Branching(nn.Module):
    """Goes by the values of its input."""

    def forward(self, x: Tensor) -> Tensor:
        if x.sum() > 0:
            return x * 2
        return x


class ThroughNumbers(nn.Module):
    """Reads a number out of a tensor and computes with it in Python."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (1.0 + abs(float(x.detach().mean())))


class ThroughNumpy(nn.Module):
    """Leaves torch on the way."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.from_numpy(x.detach().cpu().numpy() * 0.5)


# Layouts, precision -------------------------------------------------------------------------


class Viewing(nn.Module):
    """`view` on what need not be contiguous."""

    def forward(self, x: Tensor) -> Tensor:
        return x.view(-1).view(x.shape)


class Strided(nn.Module):
    """Reads memory as if its input were contiguous."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_strided(x, x.shape, torch.empty(x.shape, device="meta").stride())


class SinglePrecision(nn.Module):
    """A table of single precision, whatever the model is built in."""

    def forward(self, x: Tensor) -> Tensor:
        return (x.float() * 1.0001).to(torch.float32)


class Overflowing(nn.Module):
    """Squares of large numbers: too much for half precision."""

    def forward(self, x: Tensor) -> Tensor:
        return ((x * 1000) @ (x * 1000).mT @ x) / 1e6


class Tiny(nn.Module):
    """A norm whose epsilon vanishes in half precision."""

    def forward(self, x: Tensor) -> Tensor:
        small = x * 1e-5
        return small / (small.square().mean(-1, keepdim=True) + 1e-12).sqrt()


class Cancelling(nn.Module):
    """Adds a large number and takes it away again."""

    def forward(self, x: Tensor) -> Tensor:
        return (x + 1e6) - 1e6


# Shapes -------------------------------------------------------------------------------------


class Halving(nn.Module):
    """Every second item along the dim before the last."""

    def forward(self, x: Tensor) -> Tensor:
        return x[..., ::2, :]


class Squeezing(nn.Module):
    """Drops dims of size 1, the batch's too."""

    def forward(self, x: Tensor) -> Tensor:
        return x.squeeze()


class Doubling(nn.Module):
    """Gives double precision."""

    def forward(self, x: Tensor) -> Tensor:
        return x.double()


class AsLong(nn.Module):
    """Gives integers."""

    def forward(self, x: Tensor) -> Tensor:
        return (x * 8).round().long()


class Order(nn.Module):
    """Depends on the order of the items: adds the number of each."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * torch.arange(x.shape[-2], device=x.device)[:, None]


class Ahead(nn.Module):
    """Adds the mean over all times, those to come among them."""

    def forward(self, x: Tensor) -> Tensor:
        return x + x.mean(dim=-2, keepdim=True)


class Shift(nn.Module):
    """Rolls the items on by one; the last comes first."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.5 * torch.roll(x, 1, -2)


def unchanged(args: Arguments) -> Result:
    """The rule that says: what comes out is like what goes in."""
    found = args["x"]
    assert isinstance(found, TensorType)
    return found


def one_row(args: Arguments) -> Result:
    """The rule that says: of size 1 along the dim before the last."""
    x = args["x"]
    assert isinstance(x, TensorType)
    return TensorType(x.dtype, (*x.shape[:-2], 1, x.shape[-1]))
