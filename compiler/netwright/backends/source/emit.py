"""A model's facts to the code IR of one file: classes leaves first, the model last."""

from __future__ import annotations

from netwright.backends.source.classes import classes_of
from netwright.backends.source.code import Extras, File
from netwright.backends.source.context import contexts
from netwright.backends.source.legend import legend
from netwright.ir.classes import ModelFacts


def file_of(model: ModelFacts, provenance: list[str]) -> File:
    """The whole file; `provenance` says where it comes from."""
    extras, family = Extras(), contexts(model)
    classes = [made for facts in model.classes for made in classes_of(extras, family[facts])]
    return File(
        _title(model),
        provenance,
        legend(model),
        sorted(extras.imports),
        sorted(extras.helpers),
        classes,
        family[model.root].name,
    )


def _title(model: ModelFacts) -> str:
    doc = " ".join(model.block.doc.split()).split(". ")[0].rstrip(".")
    name = model.variant or model.block.name
    return f"{name}: {doc}." if doc else f"{name}."
