"""Run-time errors of a built model, led back to the spec.

The model's class gets a `__call__` that adds a note to what it lets through. The emitted text stays
as it is, no hook is registered and no module is wrapped, so that the `state_dict`, copies, fx and
torch.export see the class as emitted; torch.compile goes around the addition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

from netwright.backends.source import Emitted
from netwright.source import NOWHERE, Sources


def explain(error: BaseException, root: Any, file: str, emitted: Emitted, sources: Sources) -> None:
    """Add a note with the spec's file, line and node to `error`, if it passed through `file`.

    The innermost line counts that comes from the spec. An error gets one note, however many models
    it passes through.
    """
    for frame, number in reversed(list(_frames(error.__traceback__))):
        if frame.f_code.co_filename != file or not 1 <= number <= len(emitted.spans):
            continue
        span = emitted.spans[number - 1]
        if span == NOWHERE:
            continue
        path = _path(root, frame.f_locals.get("self"))
        text = (sources.line(span.file, span.line) or "").strip()
        note = f"in the spec: {span}, {path}" + (f": `{text}`" if text else "")
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
        return


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _path(root: Any, module: Any) -> str:
    """Where `module` stands in the model, as in the names of its weights."""
    for name, candidate in root.named_modules():
        if candidate is module:
            return f"in `{name}`" if name else "in the model"
    return "in the model"


def explaining(call: Callable[..., Any], explainer: Callable[[BaseException, Any], None]) -> Any:
    """`nn.Module.__call__` that passes errors to `explainer` on their way."""

    def explained(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return call(self, *args, **kwargs)
        except Exception as error:
            explainer(error, self)
            raise

    return explained
