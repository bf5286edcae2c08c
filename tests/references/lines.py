"""Count the code of the references: `python -m tests.references.lines [vision/resnet ...]`, or all.

Run by hand in the environment that `record` describes; writes `lines.json`, which `make bench
ARGS=lines` reads. Counted are the classes of all modules that the recorded references of a spec
consist of, torch's own aside: `__init__` and `forward`, the methods, bases and functions of the
same file that these name, and what those name in turn. Loading, configurations, other heads and
what a file imports are left out, which is in the reference's favour. Where references of two
libraries were recorded, the shorter counts.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import torch
from torch import nn

from .cases import CASES
from .cases.case import Case
from .code_lines import code_lines
from .record import declare_torchvision_operators

PATH = Path(__file__).parent / "lines.json"


class Counted(TypedDict):
    """The code of a spec's references; `own` where it was written for the comparison."""

    lines: int
    files: dict[str, int]
    """By the dotted name of the module."""
    own: NotRequired[bool]


def main() -> None:
    """Count the references of the specs named on the command line."""
    declare_torchvision_operators()
    found: dict[str, Counted] = json.loads(PATH.read_text()) if PATH.is_file() else {}
    for spec in sys.argv[1:] or CASES:
        found[spec] = counted(CASES[spec])
        print(f"{spec}: {found[spec]['lines']}", flush=True)
    PATH.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")


def counted(cases: Iterable[Case]) -> Counted:
    """The code of the references of a spec together, of the library that has the least."""
    libraries: dict[str, set[type[nn.Module]]] = {}
    for case in cases:
        library, classes = _classes(case)
        libraries.setdefault(library, set()).update(classes)
    files = min(map(_files, libraries.values()), key=lambda lines: sum(lines.values()))
    found: Counted = {"lines": sum(files.values()), "files": files}
    if all(name.startswith("tests.") for name in files):
        found["own"] = True
    return found


def _classes(case: Case) -> tuple[str, set[type[nn.Module]]]:
    """The library of a reference, and the classes of its modules without those of torch."""
    with torch.device("meta"):
        model: nn.Module = case.reference()
    kinds = {type(module) for module in model.modules()}
    library = type(model).__module__.partition(".")[0]
    return library, {kind for kind in kinds if not kind.__module__.startswith("torch.")}


def _files(classes: Collection[type[nn.Module]]) -> dict[str, int]:
    """Lines of code by file."""
    return {
        name: _lines(name, {kind.__qualname__ for kind in classes if kind.__module__ == name})
        for name in sorted({kind.__module__ for kind in classes})
    }


def _lines(module: str, classes: Collection[str]) -> int:
    """Lines of code in a file that its `classes` need to be built and called."""
    text = inspect.getsource(sys.modules[module])
    parts = _parts(ast.parse(text))
    waiting = [part for part in parts if part.owner in classes and part.name in _ENTERED]
    wanted = set(waiting)
    while waiting:
        part = waiting.pop()
        new = {other for other in parts if _needs(part, other, wanted)} - wanted
        wanted |= new
        waiting += new
    return len(code_lines(text) & {line for part in wanted for line in part.lines})


@dataclass(frozen=True)
class _Part:
    """A function, a method of `owner`, or a class without its methods, whose name is empty.

    names  what it names: variables, attributes, bases
    """

    owner: str
    name: str
    lines: frozenset[int]
    names: frozenset[str]


_ENTERED = ("", "__init__", "forward")


def _parts(tree: ast.Module) -> list[_Part]:
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.append(_Part("", node.name, _span(node), _names(node)))
        elif isinstance(node, ast.ClassDef):
            methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
            inside = frozenset(line for method in methods for line in _span(method))
            bases = frozenset(base.id for base in node.bases if isinstance(base, ast.Name))
            found.append(_Part(node.name, "", _span(node) - inside, bases))
            found += [_Part(node.name, m.name, _span(m), _names(m)) for m in methods]
    return found


def _needs(part: _Part, other: _Part, wanted: Collection[_Part]) -> bool:
    """Whether a part names a function, a base, or a method of a class that is wanted."""
    if not other.owner:
        return other.name in part.names
    if other.owner in part.names and not part.name:
        return other.name in _ENTERED
    held = any(known.owner == other.owner for known in wanted)
    return held and other.name in part.names


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(
        inner.id if isinstance(inner, ast.Name) else inner.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name | ast.Attribute)
    )


def _span(node: ast.ClassDef | ast.FunctionDef) -> frozenset[int]:
    first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    return frozenset(range(first, (node.end_lineno or node.lineno) + 1))


if __name__ == "__main__":
    main()
