"""netwright: declarative architectures, compiled to PyTorch.

    import netwright

    model = netwright.create_model("resnet50", num_classes=10)
    source = netwright.emit("vision/resnet", variant="resnet50", num_classes=10)
    result = netwright.check("my_spec.yaml")

Names are imported when they are first used: only `build`, `graph` and `create_model` import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from netwright._version import __version__

if TYPE_CHECKING:
    from netwright.diagnostics import Diagnostic, SpecError
    from netwright.driver.build import build, create_model
    from netwright.driver.catalogue import list_models
    from netwright.driver.check import Checked, check
    from netwright.driver.count import Counts
    from netwright.driver.emit import emit
    from netwright.driver.failure import BadPlugin, CallError, TooLarge, UnknownSpec
    from netwright.driver.graph import graph
    from netwright.driver.model import Model, load
    from netwright.driver.register import load_plugin, register
    from netwright.driver.write import write
    from netwright.frontend.schema import (
        BlockSpec,
        BufferNodeSpec,
        InitRuleSpec,
        InlineNodeSpec,
        InputSpec,
        KeyRuleSpec,
        MethodSpec,
        ModuleNodeSpec,
        OutputSpec,
        ParameterNodeSpec,
        ParamSpec,
        Spec,
    )

_HOMES = {
    "netwright.diagnostics": ("Diagnostic", "SpecError"),
    "netwright.driver.build": ("build", "create_model"),
    "netwright.driver.catalogue": ("list_models",),
    "netwright.driver.check": ("Checked", "check"),
    "netwright.driver.count": ("Counts",),
    "netwright.driver.emit": ("emit",),
    "netwright.driver.failure": ("BadPlugin", "CallError", "TooLarge", "UnknownSpec"),
    "netwright.driver.graph": ("graph",),
    "netwright.driver.model": ("Model", "load"),
    "netwright.driver.register": ("load_plugin", "register"),
    "netwright.driver.write": ("write",),
    "netwright.frontend.schema": (
        "BlockSpec",
        "BufferNodeSpec",
        "InitRuleSpec",
        "InlineNodeSpec",
        "InputSpec",
        "KeyRuleSpec",
        "MethodSpec",
        "ModuleNodeSpec",
        "OutputSpec",
        "ParamSpec",
        "ParameterNodeSpec",
        "Spec",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "BadPlugin",
    "BlockSpec",
    "BufferNodeSpec",
    "CallError",
    "Checked",
    "Counts",
    "Diagnostic",
    "InitRuleSpec",
    "InlineNodeSpec",
    "InputSpec",
    "KeyRuleSpec",
    "MethodSpec",
    "Model",
    "ModuleNodeSpec",
    "OutputSpec",
    "ParamSpec",
    "ParameterNodeSpec",
    "Spec",
    "SpecError",
    "TooLarge",
    "UnknownSpec",
    "__version__",
    "build",
    "check",
    "create_model",
    "emit",
    "graph",
    "list_models",
    "load",
    "load_plugin",
    "register",
    "write",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module `netwright` has no attribute `{name}`")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
