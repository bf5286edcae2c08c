"""Garbage collection, held back while a spec is checked."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """No cycles are looked for meanwhile.

    A program is a tree of many small objects that all stay. To walk through all of them again
    whenever some more were made takes a third of the time of a check.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
