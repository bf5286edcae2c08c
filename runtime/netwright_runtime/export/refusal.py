"""What cannot be exported, and why."""

from __future__ import annotations

import traceback

from netwright_runtime.model import Compiled


class Unexportable(Exception):
    """A model cannot be exported in this way; the text says what, where, why and what to do."""


def place(compiled: Compiled, error: BaseException) -> str:
    """Where in the spec the innermost emitted line stands that an error passed through, or nothing.

    torch.export may tell of a line in its text alone, as it does for data that decide a branch.
    """
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_code.co_filename == compiled.file:
            return compiled.place(line)
    _, found, after = str(error).partition(f'File "{compiled.file}", line ')
    number = after.split(",", 1)[0].strip()
    return compiled.place(int(number)) if found and number.isdigit() else ""


def first_line(error: BaseException) -> str:
    """What an exception says, in one line."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].removesuffix('.') if lines else 'no text'}"
