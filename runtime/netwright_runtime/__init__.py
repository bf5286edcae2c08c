"""What happens to a compiled model: verify, train, export, optimise, bench.

    import netwright_runtime

    report = netwright_runtime.verify("vision/resnet", variant="resnet18")

The runtime meets the compiler in the artifact: the emitted source and its manifest. One module,
`netwright_runtime.model.opening`, calls the compiler to have one made from a spec.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwright_runtime.model.weights import load_weights
    from netwright_runtime.verify import verify

_HOMES = {"load_weights": "netwright_runtime.model.weights", "verify": "netwright_runtime.verify"}

__all__ = ["load_weights", "verify"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `netwright_runtime` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)
