"""An exception of a model, as a finding with the spec's node."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from torch import Tensor
from torch.fx import Node

from netwright_runtime.verify.property import Finding
from netwright_runtime.verify.recording import NodeFailed, Value, path_of, place_of
from netwright_runtime.verify.subject import Subject


def explained(subject: Subject, error: Exception) -> Finding:
    """What went wrong, and where: by the graph's node, or by the line of the emitted source."""
    if isinstance(error, NodeFailed):
        node = _of_another_dtype(error.before) or error.node
        return Finding(f"raises {_text(error.__cause__)}", path_of(node), place_of(node), HELP)
    return Finding(f"raises {_text(error)}", "", _place(subject, error), HELP)


HELP = "sizes that the model is not meant for are ruled out by `where`"


def raised(finding: Finding) -> tuple[str, str] | None:
    """The kind and the line of an exception that a finding tells of; None for another finding.

    One fault of a model raises in many properties, with sizes in its text that differ.
    """
    if finding.help != HELP:
        return None
    return finding.message.partition(":")[0], finding.place.rpartition(":")[0]


def _of_another_dtype(values: Sequence[Value]) -> Node | None:
    """The first value that is not in the floating dtype of those before it, as it should be."""
    floats = [v for v in values if v.type is not None and v.type.dtype == "float"]
    made = [v for v in floats if isinstance(v.value, Tensor)]
    return next((v.node for v in made if v.value.dtype != made[0].value.dtype), None)


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
