"""Where a run took place: processor and versions, but no names of machines or folders."""

from __future__ import annotations

import os
import platform

from netwright_runtime.measure.machine import processor, versions

_PACKAGES = (
    "torch",
    "lightning",
    "pydantic",
    "ruamel.yaml",
    "scikit-learn",
    "PyYAML",
    "onnxruntime",
    "timm",
    "transformers",
)


def machine() -> dict[str, object]:
    """The machine and the versions of what is measured, for the results of a run."""
    from netwright import __version__

    found = versions(_PACKAGES)
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "python": found.pop("python"),
        "netwright": __version__,
        **found,
    }
