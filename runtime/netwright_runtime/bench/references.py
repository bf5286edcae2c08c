"""Models of others by name: `timm:resnet50`, `transformers:BertModel`, `package.module:factory`."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from torch import nn

from netwright_runtime.bench.faults import NotMeasured

Make = Callable[[], nn.Module]


@dataclass(frozen=True)
class _Named:
    """`home:name(argument=value, ...)`, read."""

    text: str
    home: str
    name: str
    arguments: Mapping[str, Any]


def reference(text: str) -> Make:
    """What makes the model that `text` names, with weights of its own.

    Args:
        text: `timm:NAME`, `torchvision:NAME`, `transformers:NAME` (a model class, a config class or
            a model type) or `module.path:factory`; arguments may follow, as `(num_classes=7)`.

    Raises:
        NotMeasured: the text is not of this form, or there is no such model.
    """
    named = _read(text)
    try:
        return _HOMES.get(named.home, _own)(named)
    except NotMeasured:
        raise
    except Exception as fault:  # what is imported on the way may raise anything
        raise NotMeasured(f"`{text}`: {_told(fault, named)}") from fault


def _told(fault: Exception, named: _Named) -> str:
    top = named.home.partition(".")[0]
    if isinstance(fault, ModuleNotFoundError) and fault.name == top:
        return f"there is no package `{top}` in this environment"
    return f"importing it fails with {type(fault).__name__}: {fault}"


def _read(text: str) -> _Named:
    home, colon, rest = text.partition(":")
    name, bracket, arguments = rest.partition("(")
    if not (home and colon and name):
        raise NotMeasured(
            f"`{text}` is not of the form LIBRARY:NAME or module.path:factory, as `timm:resnet50`"
        )
    return _Named(text, home, name, _arguments(text, bracket + arguments))


def _arguments(text: str, call: str) -> dict[str, Any]:
    """The values of `(depth=2, name='x')`, which are literals."""
    try:
        parsed = ast.parse(f"f{call or '()'}", mode="eval").body
        if not isinstance(parsed, ast.Call) or parsed.args:
            raise ValueError("only named arguments are read")
        return {str(k.arg): ast.literal_eval(k.value) for k in parsed.keywords}
    except (SyntaxError, ValueError) as fault:
        raise NotMeasured(
            f"the arguments of `{text}` are not of the form (name=1): {fault}"
        ) from fault


def _timm(named: _Named) -> Make:
    timm: Any = import_module("timm")
    if not timm.is_model(named.name):
        raise _unknown(named, "`timm.list_models()` has the names")
    return partial(timm.create_model, named.name, **named.arguments)


def _torchvision(named: _Named) -> Make:
    models: Any = import_module("torchvision.models")
    if named.name not in models.list_models():
        raise _unknown(named, "`torchvision.models.list_models()` has the names")
    return partial(models.get_model, named.name, weights=None, **named.arguments)


def _transformers(named: _Named) -> Make:
    """A class, or the plain model of a config class or type; the arguments are the config's.

    It keeps no keys and values for later calls, as a plain call of a spec does not.
    """
    transformers: Any = import_module("transformers")
    found: Any = getattr(transformers, named.name, None)
    types = transformers.models.auto.configuration_auto.CONFIG_MAPPING
    if found is None and named.name in types:
        found = types[named.name]
    if not isinstance(found, type):
        raise _unknown(named, "name a model class, a config class or a type, as `BertModel`")
    plain = issubclass(found, transformers.PretrainedConfig)
    make: Any = found if plain else getattr(found, "config_class", None)
    if make is None:
        raise _unknown(named, "it is neither a model class nor a config class")
    config = make(**named.arguments)
    if hasattr(config, "use_cache"):
        config.use_cache = False
    return partial(transformers.AutoModel.from_config if plain else found, config)


def _own(named: _Named) -> Make:
    """The user's factory, looked for in the current folder too, as `python -m` does."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    found = getattr(import_module(named.home), named.name, None)
    if not callable(found):
        raise _unknown(named, "a class or a function that gives an `nn.Module` is needed")
    return partial(found, **named.arguments)


_HOMES: Mapping[str, Callable[[_Named], Make]] = {
    "timm": _timm,
    "torchvision": _torchvision,
    "transformers": _transformers,
}


def _unknown(named: _Named, help: str) -> NotMeasured:
    return NotMeasured(f"there is no `{named.name}` in `{named.home}`: {help}")
