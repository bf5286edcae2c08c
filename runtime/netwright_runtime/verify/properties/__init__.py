"""The properties, in the order in which they run: what others stand on comes first."""

from netwright_runtime.verify.properties import (
    back_ends,
    batch_independence,
    checkpointing,
    export,
    fixed_point,
    gradients,
    meta_device,
    resources,
    round_trip,
    types,
)

PROPERTIES = (
    types.PROPERTY,
    back_ends.PROPERTY,
    gradients.PROPERTY,
    batch_independence.PROPERTY,
    checkpointing.PROPERTY,
    export.PROPERTY,
    fixed_point.PROPERTY,
    meta_device.PROPERTY,
    resources.PROPERTY,
    round_trip.PROPERTY,
)
"""Every property; `verify` takes those that its level includes."""
