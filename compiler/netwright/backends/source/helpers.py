"""Functions that an emitted file brings along where it uses them: torch has no counterpart."""

from __future__ import annotations

HELPERS = {
    "make_divisible": '''\
def make_divisible(
    value: float,
    divisor: int = 8,
    min_value: int | None = None,
    round_limit: float = 0.9,
) -> int:
    """Round to a multiple of `divisor` without going under `round_limit` of the value."""
    least = min_value or divisor
    rounded = max(least, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < round_limit * value else rounded
''',
    "drop_path": '''\
def drop_path(x: Tensor, p: float, training: bool) -> Tensor:
    """Drop whole samples of a residual branch in training (arXiv:1603.09382)."""
    if p == 0.0 or not training:
        return x
    keep = 1 - p
    shape = (x.shape[0],) + (1,) * (x.ndim - 1)
    return x * x.new_empty(shape).bernoulli_(keep) / keep
''',
    "linear_scan": '''\
def linear_scan(a: Tensor, b: Tensor, dim: int) -> Tensor:
    """Solve h[t] = a[t] * h[t - 1] + b[t] along `dim`, h[-1] = 0, in log2(T) steps."""
    a, b = a.movedim(dim, -1), b.movedim(dim, -1)
    step = 1
    while step < b.shape[-1]:
        later = b[..., step:] + a[..., step:] * b[..., :-step]
        b = torch.cat([b[..., :step], later], -1)
        a = torch.cat([a[..., :step], a[..., step:] * a[..., :-step]], -1)
        step *= 2
    return b.movedim(-1, dim)
''',
}
"""Source text by name, formatted as `ruff format` does."""
