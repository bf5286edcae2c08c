"""`new`: a spec to begin with, whose comments teach the language."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from netwright.diagnostics import Report
from netwright.frontend.document import MappingValue, read
from netwright.frontend.identifiers import fault_of

Kind = Literal["mlp", "cnn", "transformer"]
KINDS: tuple[Kind, ...] = ("mlp", "cnn", "transformer")


def starter(name: str, kind: Kind = "mlp") -> str:
    """The text of a commented spec for a model called `name`.

    kind  `mlp` takes vectors `float[B, 64]` and `cnn` images `float[B, 1, H, W]`, both fit for
          scikit-learn's digits; `transformer` takes tokens `int[B, T]`

    ValueError where `name` cannot be a class's name or is a block's in this spec, or where there is
    no such `kind`.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no starter `{kind}`; there are {', '.join(KINDS)}")
    if fault := fault_of(name):
        raise ValueError(f"`{name}` {fault}")
    text = (files("netwright.frontend") / "starters" / f"{kind}.yaml").read_text(encoding="utf-8")
    root = read(text, kind, Report()).root
    assert isinstance(root, MappingValue)
    blocks = root.get("blocks")
    if isinstance(blocks, MappingValue) and name in blocks.entries:
        raise ValueError(f"`{name}` is the name of a block in this starter")
    return text.replace("model: Starter\n", f"model: {name}\n")
