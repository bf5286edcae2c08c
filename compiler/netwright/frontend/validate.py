"""What is wrong with a value's form, and what was expected."""

from __future__ import annotations

from netwright.diagnostics import Diagnostic
from netwright.frontend.form import Form


def explain(form: Form) -> None:
    """Report every place that was rejected."""
    for span in form.rejected:
        form.report.add(Diagnostic("E0105", "a value of another kind is expected here", span))
