"""The report of a load as text, the same for an error and for the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwright_runtime.model.weights.loaded import Loaded, Match

_LISTED = 100
"""Lines of one kind that are written out; the rest are counted."""

CHANGES = (
    "as they are", "renamed", "split", "unstacked", "joined", "stacked", "transposed", "reshaped",
    "interpolated", "converted",
)  # fmt: skip
"""What may have been done to a weight, in the order of the report."""

HELP = (
    "`--skip NAME` (a pattern, such as `head.*`) leaves weights as they begin, "
    "`--interpolate NAME` stretches learned positions, `--inserted LAYER` makes room for a new "
    "layer, `--partial` loads whatever fits"
)


def told(report: Loaded) -> str:
    """The whole report; weights that came as they are, are counted only."""
    lines = [head(report), *notes(report), *faults(report)]
    return "\n".join(lines)


def head(report: Loaded) -> str:
    """How many weights the file gave, and how it was read."""
    found = len(report.matches) + len(report.tied) + len(report.begun)
    line = f"{report.model} from {report.file}: {found} of {report.total} weights"
    changes = [f"{count} {change}" for change, count in report.changes.items()]
    return f"{line} ({', '.join(changes)})" if changes else line


def rows(report: Loaded) -> Iterator[tuple[str, int, str]]:
    """What was done to weights on their way, to how many, and one of them as an example."""
    for change in CHANGES:
        changed = [m for m in report.matches if change in (m.changes or ("as they are",))]
        if changed:
            yield change, len(changed), _example(changed[0], change)


def _example(match: Match, change: str) -> str:
    """`q.weight from part 1 of 3 of qkv.weight`, `head.weight from [3, 8, 1, 1]`."""
    source = [] if match.key == match.name else [match.key]
    if match.others:
        shown = [match.key, *match.others][:3]
        more = len(match.others) - 2
        source = [f"{' + '.join(shown)}" + (f" and {more} more" if more > 0 else "")]
    if match.part is not None:
        source = [f"part {match.part[0] + 1} of {match.part[1]} of {match.key}"]
    if change == "converted":
        source.append(str(match.converted))
    elif change in ("reshaped", "interpolated"):
        source.append(str(list(match.reshaped or match.interpolated or ())))
    return " ".join([match.name, *(["from"] if source else []), *source])


def notes(report: Loaded) -> Iterator[str]:
    """How the file was read, and what was left out because something says so."""
    if report.inside:
        yield f"the weights lay inside `{'.'.join(report.inside)}`"
    if report.others:
        yield f"`{'`, `'.join(report.others)}` would fit as well; `--inside` chooses"
    if report.prefix:
        yield f"`{report.prefix}` was taken from the front of names"
    if report.key_map:
        yield f"key map `{report.key_map}`" + _few(", which drops ", report.dropped)
    for what, names in (
        ("inserted layers, past which the file's numbers are moved on: ", report.inserted),
        ("skipped: ", report.skipped),
        ("stay as the model begins: ", report.kept),
        ("not in the file, begin at 0: ", report.begun),
    ):
        if names:
            yield _few(what, names)
    if report.tied:
        pairs = [f"`{name}` with `{source}`" for name, source in report.tied.items()]
        yield f"tied: {', '.join(pairs)}"
    for how in ("reshaped", "interpolated"):
        changed = [match for match in report.matches if how in match.changes]
        yield from _limited([f"{how}: {_example(match, how)}" for match in changed])


def faults(report: Loaded) -> Iterator[str]:
    """What is missing, left over or of another shape, each with what may be meant."""
    for title, lines in (
        ("missing from the file", [_line(m.name, m.shape, m.near) for m in report.missing]),
        ("left over in the file", [_line(o.key, o.shape, o.near) for o in report.left_over]),
        ("does not fit", [f"  `{m.key}`: {m.reason}" for m in report.misfits]),
    ):
        if lines:
            yield f"{title} ({len(lines)}):"
            yield from _limited(lines)


def _line(name: str, shape: Sequence[int], near: Sequence[str]) -> str:
    meant = f"; is it `{'` or `'.join(near)}`?" if near else ""
    return f"  `{name}` {list(shape)}{meant}"


def _few(before: str, names: Sequence[str]) -> str:
    """The names behind `before`, the first of them where they are many; nothing for none."""
    if not names:
        return ""
    shown = ", ".join(f"`{name}`" for name in names[:4])
    return f"{before}{shown}" + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _limited(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_LISTED]
    if len(lines) > _LISTED:
        yield f"  and {len(lines) - _LISTED} more"
