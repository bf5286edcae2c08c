"""What came out: the last numbers of each split, and where the model errs."""

from __future__ import annotations

from collections.abc import Sequence

from netwright_runtime.train.evidence import Confusion, Found, Residuals
from netwright_runtime.train.report.chart import Series, points
from netwright_runtime.train.report.markup import Markup, element, joined, table
from netwright_runtime.train.table import Row

_SPLITS = ("train", "validation", "test")


def results(rows: Sequence[Row]) -> Markup:
    """The last value of each number, by split."""
    last = {(row.name, row.split): row for row in rows}
    splits = [split for split in _SPLITS if any(s == split for _, s in last)]
    names = dict.fromkeys(name for name, _ in last)
    if not names:
        return element("p", "Nothing was logged.")
    body: list[list[str | Markup]] = [
        [name, *(_value(last.get((name, split))) for split in splits)] for name in names
    ]
    step = max(row.step for row in rows)
    return joined(element("p", f"After step {step}."), table(["", *splits], body))


def _value(row: Row | None) -> str:
    return "" if row is None else f"{row.value:.5g}"


def errors(found: Found | None) -> Markup:
    """A confusion matrix, or predictions beside the truth."""
    match found:
        case Confusion():
            return _matrix(found)
        case Residuals():
            return _residuals(found)
        case None:
            return joined()


def _matrix(found: Confusion) -> Markup:
    head = element("tr", element("th", "true \\ told"), *(element("th", c) for c in found.classes))
    rows = [_row(name, counts) for name, counts in zip(found.classes, found.counts, strict=True)]
    right = sum(row[n] for n, row in enumerate(found.counts))
    total = sum(map(sum, found.counts))
    words = f"{right:,} of {total:,} on the diagonal. Rows are true classes, columns told ones."
    matrix = element("table", head, *rows, attributes={"class": "matrix"})
    return joined(element("p", words), element("div", matrix, attributes={"class": "scrolled"}))


def _row(name: str, counts: Sequence[int]) -> Markup:
    total = sum(counts) or 1
    cells = (
        element(
            "td",
            f"{count:,}" if count else "",
            attributes={"style": f"background: rgb(42 120 194 / {0.6 * count / total:.2f})"},
        )
        for count in counts
    )
    return element("tr", element("th", name), *cells)


def _residuals(found: Residuals) -> Markup:
    shown = f"{len(found.pairs):,} of {found.count:,} values"
    truth = [pair[0] for pair in found.pairs]
    ideal = Series("told = true", [(min(truth), min(truth)), (max(truth), max(truth))])
    told = points(f"predictions, {shown}", [Series("", found.pairs), ideal], "true", "told")
    missed = [(true, value - true) for true, value in found.pairs]
    left = points(f"residuals, {shown}", [Series("", missed)], "true", "told - true")
    return element("div", told, left, attributes={"class": "charts"})
