"""Diagnostics: faults of a spec as data, and how they are printed."""

from netwright.diagnostics.codes import CODES, Code
from netwright.diagnostics.model import Diagnostic, Label, Report, Severity, SpecError
from netwright.diagnostics.render import render, render_all, to_json

__all__ = [
    "CODES",
    "Code",
    "Diagnostic",
    "Label",
    "Report",
    "Severity",
    "SpecError",
    "render",
    "render_all",
    "to_json",
]
