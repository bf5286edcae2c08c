"""Faults of a call, as opposed to faults of a spec (`SpecError`)."""

from __future__ import annotations


class CallError(Exception):
    """What was asked for cannot be done with any spec: an unknown name, a bad option, no memory."""


class UnknownSpec(CallError, LookupError):
    """No file and no spec of the catalogue has this name; the text says what comes near."""


class TooLarge(CallError, MemoryError):
    """The model's weights do not fit into memory; the text gives both sizes."""


class BadPlugin(CallError):
    """A plugin cannot be loaded, or a class of it cannot be an op."""
