"""The source back end: a checked model as one Python file that stands on torch alone."""

from __future__ import annotations

from dataclasses import dataclass

from netwright._version import __version__
from netwright.backends.source.attributes import Unwritable
from netwright.backends.source.audit import IMPORTS, audit
from netwright.backends.source.emit import file_of
from netwright.backends.source.render import render
from netwright.ir.classes import ModelFacts
from netwright.ops.plugin import CLASSES
from netwright.source import Span

__all__ = ["Emitted", "Unwritable", "emit"]


@dataclass(frozen=True)
class Emitted:
    """An emitted file.

    text        its source
    spans       the place in the spec that each line comes from (`NOWHERE` for the skeleton)
    class_name  the model's class
    classes     all classes, leaves first
    """

    text: str
    spans: tuple[Span, ...]
    class_name: str
    classes: tuple[str, ...]


def emit(model: ModelFacts) -> Emitted:
    """The file of a model. The same facts always give the same bytes.

    Raises AssertionError where the text breaks the rules of emitted files, which is a fault of
    ours.
    """
    variant = f", variant {model.variant}" if model.variant else ""
    provenance = [
        f"Generated from {model.module.path} ({model.module.digest[:8]}{variant}) "
        f"by netwright {__version__}.",
        "The file stands on its own: edit it freely, it needs nothing but torch.",
    ]
    file = file_of(model, provenance)
    packages = sorted({line.split()[1] for line in file.imports if not _is_known(line)})
    if packages:
        file.provenance[1] = f"Edit the file freely: it needs torch and {', '.join(packages)}."
    rendered = render(file)
    audit(rendered.text, frozenset(cls.__module__ for cls in CLASSES.values()))
    return Emitted(rendered.text, rendered.spans, file.model, tuple(c.name for c in file.classes))


def _is_known(line: str) -> bool:
    """Whether an import is of torch or the standard library, and not of a user's modules."""
    return line.split()[1].partition(".")[0] in IMPORTS
