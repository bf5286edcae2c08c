"""Diagnostics: faults of a spec as data, and how they are printed."""

from netwright.diagnostics.codes import CODES, Code
from netwright.diagnostics.model import (
    MAX_ERRORS,
    Diagnostic,
    Label,
    Report,
    Severity,
    SpecError,
    TooManyErrors,
)
from netwright.diagnostics.nearest import nearest
from netwright.diagnostics.render import render, render_all, to_json

__all__ = [
    "CODES",
    "MAX_ERRORS",
    "Code",
    "Diagnostic",
    "Label",
    "Report",
    "Severity",
    "SpecError",
    "TooManyErrors",
    "nearest",
    "render",
    "render_all",
    "to_json",
]
