"""Plain data as the YAML text of a spec file, for specs that a program wrote."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from netwright.frontend.scalars import plain_value

_BARE = re.compile(r"[A-Za-z_][\w ./*()+=-]*(?<! )", re.ASCII)
"""Texts that mean themselves without quotes, wherever they stand."""


def to_yaml(data: Mapping[str, Any]) -> str:
    """The text of `data`: mappings in block style, lists and scalars on one line."""
    return "".join(f"{line}\n" for line in _lines(data, ""))


def _lines(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            yield f"{indent}{_key(key)}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{_key(key)}: {_inline(value)}"


def _key(key: str) -> str:
    return key if key.isdigit() and str(int(key)) == key else _text(key)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return json.dumps(value)


def _text(text: str) -> str:
    if _BARE.fullmatch(text) and isinstance(plain_value(text), str):
        return text
    return json.dumps(text, ensure_ascii=False)
