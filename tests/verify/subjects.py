"""Subjects for the tests of properties, from the text of a spec."""

from __future__ import annotations

import dataclasses
from typing import Any

from netwright.driver.model import Model
from netwright.frontend.load import load_text
from netwright_runtime.model import compiled
from netwright_runtime.verify import Finding, Fixed, Outcome, Plan, Property, Subject
from netwright_runtime.verify.run import verify_subject

HEAD = "netwright: 1\nmodel: Net\n"


def subject(text: str, **params: Any) -> Subject:
    """What is verified of a spec whose first two lines are left out."""
    loaded = load_text(HEAD + text, "net.yaml")
    assert loaded.module is not None, [d.message for d in loaded.report]
    return Subject(compiled(Model(loaded.module, loaded.sources, None, {}), params=params))


def patched(sound: Subject, old: str, new: str) -> Subject:
    """A subject whose emitted source was changed in one place."""
    source = sound.compiled.source
    assert source.count(old) == 1, source
    return Subject(dataclasses.replace(sound.compiled, source=source.replace(old, new)))


def outcome(held: Subject, prop: Property, **sizes: int) -> Outcome:
    """What becomes of one property."""
    (found,) = verify_subject(held, Plan([prop], fixed=Fixed(sizes))).outcomes
    return found


def finding(held: Subject, prop: Property, **sizes: int) -> Finding:
    """The first finding of a property that fails."""
    found = outcome(held, prop, **sizes)
    assert found.verdict == "failed", found
    return found.findings[0]
