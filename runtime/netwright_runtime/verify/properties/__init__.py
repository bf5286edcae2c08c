"""The properties, in the order in which they run: what others stand on comes first."""

from netwright_runtime.verify.properties import (
    back_ends,
    batch_independence,
    gradients,
    types,
)

PROPERTIES = (
    types.PROPERTY,
    back_ends.PROPERTY,
    gradients.PROPERTY,
    batch_independence.PROPERTY,
)
"""Every property; `verify` takes those that its level includes."""
