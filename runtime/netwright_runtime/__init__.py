"""What happens to a compiled model: verify, train, export, optimise, bench.

    import netwright_runtime

    report = netwright_runtime.verify("vision/resnet", variant="resnet18")

The runtime meets the compiler in the artifact: the emitted source and its manifest. One module,
`netwright_runtime.model.opening`, calls the compiler to have one made from a spec.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwright_runtime.export import export
    from netwright_runtime.model.weights import load_weights
    from netwright_runtime.optimise import optimise
    from netwright_runtime.verify import verify

_HOMES = {
    "export": "netwright_runtime.export",
    "load_weights": "netwright_runtime.model.weights",
    "optimise": "netwright_runtime.optimise",
    "verify": "netwright_runtime.verify",
}

__all__ = ["export", "load_weights", "optimise", "verify"]


class _Task(ModuleType):
    """A package whose name is that of its function: `netwright_runtime.verify` is both."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOMES and isinstance(value, ModuleType):  # Python imported it below this one
            value.__class__ = _Task
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `netwright_runtime` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)
