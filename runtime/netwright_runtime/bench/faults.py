"""What cannot be measured."""

from __future__ import annotations


class NotMeasured(ValueError):
    """What was asked for cannot be measured; the text says why, and what to do."""
