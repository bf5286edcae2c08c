"""docs/support.md: which model goes to which format, and why one does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netwright_runtime.export.formats import FORMATS

from benchmarks.processes import ROOT
from benchmarks.reasons import reason_of

PAGE = ROOT / "docs" / "support.md"
WORKS = "yes"
"""What is found of a model that a format takes; all else is a fault."""

Found = dict[str, dict[str, str]]

_HEAD = """# Support

Written by `python -m benchmarks.support`; do not edit. `yes` says that every entry point of the
model was exported, run in the runtime of the format at sizes that it was not traced at, and gave
what the model gives. A large model is stood for by a smaller one of the same spec. A number stands
for what does not work, and leads to the reason; an empty cell has not been tried.
[Exporting](exporting.md) says what each format is for.
"""
_FIXED = (
    "`executorch` plans memory ahead: it is tried with all dims fixed at the sizes of the trace.\n"
)


def page(found: Mapping[str, Mapping[str, str]]) -> str:
    """The whole page: what works in numbers, a row for each model, and the reasons below."""
    reasons: dict[str, int] = {}
    rows = [_row(model, said, reasons) for model, said in found.items()]
    lines = [_HEAD, *_table(("", *FORMATS), list(_summary(found))), ""]
    lines += [*_table(("model", *FORMATS), rows), "", _FIXED]
    lines += [f"## Reason {number}\n\n{reason}\n" for reason, number in reasons.items()]
    return "\n".join(lines).rstrip() + "\n"


def _summary(found: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, ...]]:
    said = {name: [row[name] for row in found.values() if name in row] for name in FORMATS}
    yield ("models tried", *(str(len(said[name])) for name in FORMATS))
    yield (f"`{WORKS}`", *(str(said[name].count(WORKS)) for name in FORMATS))


def _row(model: str, said: Mapping[str, str], reasons: dict[str, int]) -> tuple[str, ...]:
    return (model, *(_cell(name, said.get(name, ""), reasons) for name in FORMATS))


def _cell(format_: str, said: str, reasons: dict[str, int]) -> str:
    if said in (WORKS, ""):
        return said
    number = reasons.setdefault(reason_of(format_, said), len(reasons) + 1)
    return f"[{number}](#reason-{number})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
