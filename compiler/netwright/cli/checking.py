"""What `netwright check` does.

Plain calls come here without typer, whose import takes as long as a check: `netwright check` runs
at every save of a file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from netwright.cli.assignments import params
from netwright.driver.check import Checked, check


def plain(arguments: Sequence[str]) -> int | None:
    """Run `check` for specs and its common options; None for anything that typer should look at."""
    specs: list[str] = []
    options: dict[str, list[str]] = {"--set": [], "--variant": []}
    words = iter(arguments)
    for word in words:
        if word in options:
            value = next(words, None)
            if value is None:
                return None
            options[word].append(value)
        elif word.startswith("-") and word != "--json":
            return None
        elif word != "--json":
            specs.append(word)
    if not specs or len(options["--variant"]) > 1:
        return None
    variant = next(iter(options["--variant"]), None)
    return run(specs, variant, options["--set"], "--json" in arguments)


def run(specs: list[str], variant: str | None, assignments: list[str], as_json: bool) -> int:
    """Check `specs` and print what was found; the exit code is 1 where one of them is at fault."""
    given = params(assignments)
    found = [check(spec, variant, params=given) for spec in specs]
    if as_json:
        print(json.dumps([c.to_json() for c in found], indent=2))
    else:
        _print(found)
    return 0 if all(c.ok for c in found) else 1


def _print(found: list[Checked]) -> None:
    for checked in found:
        text = checked.render()
        if text:
            print(text, end="\n\n")
        for note in checked.notes:
            print(f"note: {checked.name}: {note}")
    errors = sum(len(c.errors) for c in found)
    warnings = sum(len(c.warnings) for c in found)
    print(_counts(errors, warnings) if errors else f"ok: {_summary(found, warnings)}")


def _summary(found: list[Checked], warnings: int) -> str:
    if len(found) > 1:
        text = f"{len(found)} specs"
    else:
        text = found[0].model or found[0].name
        variants = sum(v is not None for v in found[0].variants)
        text += f", {variants} variant{'s' * (variants != 1)}" if variants else ""
    return f"{text}, {_counts(0, warnings)}" if warnings else text


def _counts(errors: int, warnings: int) -> str:
    parts = [(errors, "error"), (warnings, "warning")]
    return ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in parts if n)
