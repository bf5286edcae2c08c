"""Which dim counts independent samples."""

from __future__ import annotations

from netwright.artifact import Manifest


def batch_dim(manifest: Manifest) -> str | None:
    """The dim of independent samples: what the spec declares, else what its types suggest.

    Suggested is the dim that leads every required input, where it stands once, and that every
    output has.
    """
    if "batch" in manifest.properties:
        found = manifest.properties["batch"]
        return None if found is None else str(found)
    taken = [p for p in manifest.inputs if not p.optional]
    leading = {str(p.shape[0]) if p.shape else "" for p in taken}
    name = leading.pop() if len(leading) == 1 else ""
    once = all(list(map(str, p.shape)).count(name) == 1 for p in taken)
    kept = all(name in map(str, p.shape) for p in manifest.outputs)
    return name if once and kept and name in {dim.name for dim in manifest.dims} else None
