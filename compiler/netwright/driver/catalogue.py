"""The catalogue: the specs that come with netwright, by name.

A spec's name is its path below the catalogue without the ending (`vision/resnet`). A model's name
is its variant's where that begins with the spec's own (`resnet50`), else both (`segformer_b0`); a
spec without variants is one model, called as the spec is.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from netwright.diagnostics import Report
from netwright.driver.failure import UnknownSpec
from netwright.frontend.budgets import DEFAULT
from netwright.frontend.catalogue import Catalogue, Unreadable
from netwright.frontend.document import MappingValue, read
from netwright.frontend.lower_extras import FOR


@dataclass(frozen=True)
class Entry:
    """One spec of the catalogue. `model` is empty for a library of blocks."""

    name: str
    path: Path
    model: str
    variants: tuple[str, ...]

    @property
    def stem(self) -> str:
        return self.name.rpartition("/")[2]

    def names(self) -> dict[str, str | None]:
        """The names of its models, each with its variant."""
        if not self.model:
            return {}
        if not self.variants:
            return {self.stem: None}
        return {v if v.startswith(self.stem) else f"{self.stem}_{v}": v for v in self.variants}


@dataclass(frozen=True)
class Found:
    """What a name came to: a file, and a variant where the name was a model's."""

    path: Path
    variant: str | None = None


def root() -> Path:
    """The folder of the catalogue: beside the package in a wheel, `specs/` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "specs"
    return packaged if packaged.is_dir() else package.parents[1] / "specs"


@cache
def entries() -> tuple[Entry, ...]:
    """All specs of the catalogue, in the order of their names. Faulty files are left out."""
    top = root()
    found = (_entry(top, path) for path in sorted(top.rglob("*.yaml")))
    return tuple(entry for entry in found if entry is not None)


def _entry(top: Path, path: Path) -> Entry | None:
    try:
        text = Catalogue(top, DEFAULT).read(path)
    except Unreadable:
        return None
    document = read(text, str(path), Report())
    if not isinstance(document.root, MappingValue):
        return None
    model = document.root.get("model")
    variants = document.root.get("variants")
    held = variants.entries.items() if isinstance(variants, MappingValue) else ()
    names = tuple(name for name, variant in held if not _has_purpose(variant.value))
    name = path.relative_to(top).with_suffix("").as_posix()
    return Entry(name, path, "" if model is None else getattr(model, "text", ""), names)


def _has_purpose(variant: object) -> bool:
    """Whether a variant is made for something, and so is no model of the catalogue."""
    return isinstance(variant, MappingValue) and FOR in variant.entries


def _shown(path: Path) -> Path:
    """`path` as diagnostics should name it: relative where it lies below the current folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def model_names() -> dict[str, Found]:
    """Every model of the catalogue by its name, in the order of the names.

    Where two specs would give one name, both models are called by their specs' full names.
    """
    taken: dict[str, list[tuple[Entry, str | None]]] = {}
    for entry in entries():
        for name, variant in entry.names().items():
            taken.setdefault(name, []).append((entry, variant))
    found: dict[str, Found] = {}
    for name, owners in taken.items():
        for entry, variant in owners:
            folder = entry.name.rpartition("/")[0]
            full = name if len(owners) == 1 else f"{folder}/{name}"
            found[full] = Found(_shown(entry.path), variant)
    return dict(sorted(found.items()))


def list_models(pattern: str = "*") -> list[str]:
    """The names of the catalogue's models that match a glob such as `*resnet*`, in any case."""
    return [n for n in model_names() if fnmatchcase(n.lower(), pattern.lower())]


def find(name: str | os.PathLike[str]) -> Found:
    """The spec called `name`: a path, a spec or a model of the catalogue; raises UnknownSpec.

    A path is what ends in `.yaml` or `.yml` or leads to a file; a model may also be called by its
    variant alone, where only one spec has it.
    """
    text = os.fspath(name)
    path = Path(text)
    if isinstance(name, os.PathLike) or path.suffix in (".yaml", ".yml") or path.is_file():
        if not path.is_file():
            raise UnknownSpec(f"there is no file `{text}`")
        return Found(path)
    direct = root() / f"{text}.yaml"
    if "/" in text and ".." not in text and direct.is_file():
        return Found(_shown(direct))
    matches = list(dict.fromkeys(_matches(text)))
    if len(matches) == 1:
        return matches[0]
    raise UnknownSpec(_several(text, matches) if matches else _unknown(text))


def _matches(name: str) -> Iterator[Found]:
    """What `name` may mean; the first kind of name that fits is the one that counts."""
    models = model_names()
    if name in models:
        yield models[name]
        return
    specs = [e for e in entries() if name in (e.name, e.stem)]
    if specs:
        yield from (Found(_shown(e.path)) for e in specs)
        return
    yield from (Found(_shown(e.path), name) for e in entries() if name in e.variants)


def _several(name: str, matches: list[Found]) -> str:
    names = [n for n, found in model_names().items() if found in matches]
    names += [e.name for e in entries() if Found(_shown(e.path)) in matches]
    return f"`{name}` means several: {', '.join(names)}"


def _unknown(name: str) -> str:
    known = [*model_names(), *(e.name for e in entries())]
    near = difflib.get_close_matches(name, known, 3)
    tail = f"; did you mean {', '.join(f'`{n}`' for n in near)}?" if near else ""
    return f"there is no file or model `{name}`{tail}"
