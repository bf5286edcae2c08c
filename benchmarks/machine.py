"""Where a run took place: processor and versions, but no names of machines or folders."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "torch",
    "lightning",
    "pydantic",
    "ruamel.yaml",
    "scikit-learn",
    "PyYAML",
    "timm",
    "transformers",
)


def machine() -> dict[str, object]:
    """The machine and the versions of what is measured, for the results of a run."""
    from netwright import __version__

    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "python": platform.python_version(),
        "netwright": __version__,
        **{name: found for name in _PACKAGES if (found := installed(name)) is not None},
    }


def installed(name: str) -> str | None:
    """The version of a package, None where it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
