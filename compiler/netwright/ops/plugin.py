"""Entries of the table made from users' own classes.

The names, annotations and defaults of `__init__` become the op's arguments, those of `forward` its
inputs. Nothing here imports torch: a class that comes in has brought it along.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from netwright.ops.entry import REQUIRED, Arg, Arguments, Kind, ModuleOp, Result

Rule = Callable[[Arguments], Result]

CLASSES: dict[str, type] = {}
"""The users' classes by path. Specs name entries of the table, never a path."""

_KINDS: dict[object, Kind] = {
    int: "size",
    float: "float",
    bool: "bool",
    str: "str",
}
_FACTORY = ("device", "dtype")
"""Arguments that say where and how weights are made; the build decides that."""


def describe(cls: type, rule: Rule | None = None) -> ModuleOp:
    """The entry for a module class, which is then known to the fallback.

    `rule` infers its results; without one the class runs on fake tensors. Raises TypeError for
    what is no module class, for `*args` and `**kwargs`, for a required tensor in the constructor,
    and for a name that constructor and forward share; ValueError for a local class.
    """
    _check_class(cls)
    path = f"{cls.__module__}.{cls.__qualname__}"
    args = _constructor(cls)
    inputs = tuple(_arg(cls, p, _input_kind) for p in _parameters(cls, "forward"))
    shared = {arg.name for arg in args} & {arg.name for arg in inputs}
    if shared:
        names = ", ".join(sorted(shared))
        raise TypeError(f"constructor and forward of {cls.__name__} share names: {names}")
    CLASSES[path] = cls
    return ModuleOp(
        cls.__name__,
        path,
        args,
        inputs,
        _summary(cls),
        rule=rule,
        weights=None,
        outputs=_outputs(cls),
    )


def _check_class(cls: object) -> None:
    if not isinstance(cls, type) or not any(_is_module(base) for base in cls.__mro__[1:]):
        raise TypeError(f"{cls!r} is no subclass of torch.nn.Module")
    if "<locals>" in cls.__qualname__:
        raise ValueError(f"{cls.__qualname__} is local to a function and cannot be imported")
    if _method(cls, "forward").__name__ == "_forward_unimplemented":
        raise TypeError(f"{cls.__name__} has no forward")


def _is_module(cls: type) -> bool:
    return (cls.__module__, cls.__name__) == ("torch.nn.modules.module", "Module")


def _method(cls: type, name: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(cls, name)
    return method


def _summary(cls: type) -> str:
    lines = (cls.__doc__ or "").strip().splitlines()
    return lines[0] if lines else ""


def _outputs(cls: type) -> tuple[str, ...]:
    """The fields of a NamedTuple that `forward` is annotated to return."""
    returned = _hints(_method(cls, "forward")).get("return")
    return tuple(getattr(returned, "_fields", ()))


# Signatures ---------------------------------------------------------------------------------


def _constructor(cls: type) -> tuple[Arg, ...]:
    owner = next(base for base in cls.__mro__ if "__init__" in vars(base))
    if _is_module(owner):
        return ()
    found = []
    for parameter in _parameters(cls, "__init__"):
        arg = _arg(cls, parameter, _argument_kind)
        if arg.kind in ("tensor", "tensors"):
            if arg.required:
                raise TypeError(f"{cls.__name__} needs a tensor `{arg.name}` to be built")
            continue
        if arg.name not in _FACTORY or arg.required:
            found.append(arg)
    return tuple(found)


_Described = tuple[inspect.Parameter, object]
"""A parameter and its annotation, resolved."""


def _parameters(cls: type, method: str) -> list[_Described]:
    function = _method(cls, method)
    hints = _hints(function)
    _, *parameters = inspect.signature(function).parameters.values()  # without self
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"{cls.__name__}.{method} takes `{parameter}`, which has no names")
    return [(p, hints.get(p.name, p.annotation)) for p in parameters]


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Annotations as objects; none where a name in them cannot be found."""
    try:
        return get_type_hints(function)
    except NameError:
        return {}


def _arg(cls: type, described: _Described, kind_of: Callable[..., Kind]) -> Arg:
    parameter, annotation = described
    default = REQUIRED if parameter.default is parameter.empty else parameter.default
    bare, optional = _without_none(annotation)
    return Arg(
        parameter.name,
        kind_of(bare, default),
        _plain(default),
        optional=optional or default is None,
        choices=tuple(str(c) for c in get_args(bare)) if get_origin(bare) is Literal else (),
        keyword=parameter.kind is parameter.KEYWORD_ONLY,
    )


def _plain(default: object) -> object:
    return tuple(default) if isinstance(default, list) else default


def _without_none(annotation: object) -> tuple[object, bool]:
    """The annotation without `| None`, and whether that was there."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    members = [m for m in get_args(annotation) if m is not type(None)]
    optional = len(members) < len(get_args(annotation))
    return (members[0] if len(members) == 1 else tuple(members)), optional


# Kinds --------------------------------------------------------------------------------------


def _argument_kind(annotation: object, default: object) -> Kind:
    if annotation is inspect.Parameter.empty:
        return _KINDS.get(type(default), "any")
    return _kind(annotation)


def _input_kind(annotation: object, default: object) -> Kind:
    """What has no annotation and no default, or None for one, is taken for a tensor."""
    if annotation is inspect.Parameter.empty:
        return "tensor" if default in (REQUIRED, None) else _KINDS.get(type(default), "any")
    return _kind(annotation)


def _kind(annotation: object) -> Kind:
    if isinstance(annotation, tuple):  # a union
        kinds = {_kind(member) for member in annotation}
        if kinds <= {"size", "sizes"}:
            return "sizes"
        return "number" if kinds == {"size", "float"} else "any"
    if _is_torch(annotation, "Tensor"):
        return "tensor"
    if _is_torch(annotation, "dtype"):
        return "dtype"
    if get_origin(annotation) is Literal:
        return "str" if all(isinstance(c, str) for c in get_args(annotation)) else "any"
    return _KINDS.get(annotation) or _list_kind(annotation)


def _is_torch(annotation: object, name: str) -> bool:
    module = getattr(annotation, "__module__", "")
    return isinstance(annotation, type) and (module, annotation.__name__) == ("torch", name)


def _list_kind(annotation: object) -> Kind:
    if get_origin(annotation) not in (list, tuple, Sequence):
        return "any"
    items = {_kind(item) for item in get_args(annotation) if item is not Ellipsis}
    if items == {"size"}:
        return "sizes"
    return "tensors" if items == {"tensor"} else "any"
