"""An exception of a model, as a finding with the spec's node."""

from __future__ import annotations

import traceback

from netwright_runtime.verify.property import Finding
from netwright_runtime.verify.recording import NodeFailed, path_of, place_of
from netwright_runtime.verify.subject import Subject


def explained(subject: Subject, error: Exception) -> Finding:
    """What went wrong, and where: by the graph's node, or by the line of the emitted source."""
    if isinstance(error, NodeFailed):
        return Finding(
            f"raises {_text(error.__cause__)}", path_of(error.node), place_of(error.node)
        )
    return Finding(f"raises {_text(error)}", "", _place(subject, error))


def _text(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def _place(subject: Subject, error: Exception) -> str:
    """The place of the innermost line of the emitted source that the error passed through."""
    compiled = subject.compiled
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_code.co_filename == compiled.file:
            return compiled.place(line)
    return ""
