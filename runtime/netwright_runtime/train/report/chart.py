"""Charts as SVG: lines over steps, and points.

They are drawn in the page's own text colour, so that they are readable on light and dark alike, and
every series has a dash or a mark of its own beside its colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netwright_runtime.train.report.markup import Markup, element, style

WIDTH, HEIGHT = 560, 260
"""Units of the drawing, which scales with the page."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 28, 36

COLOURS = ("#2a78c2", "#d1622b", "#2f8f4e", "#8a4fbf", "#b5305c", "#7a6a00")
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "10 4")

STYLE = """
.chart { width: 100%; max-width: 640px; font: 12px system-ui, sans-serif; }
.chart text { fill: currentColor; } .chart .title { font-weight: 600; }
.chart .quiet { opacity: .7; } .grid { stroke: currentColor; opacity: .15; }
.stroke { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
"""
"""What a page with charts needs among its styles."""

MOST_POINTS = 400
"""Points of one line; of longer ones every n-th is drawn, and the last."""


@dataclass(frozen=True)
class Series:
    """Points `(x, y)` under one name; what is not finite is left out."""

    name: str
    points: Sequence[tuple[float, float]]
    labels: Sequence[str] = field(default=())


def lines(title: str, series: Sequence[Series], x: str = "step") -> Markup:
    """A chart of lines."""
    return _chart(title, [_finite(s) for s in series], x, "", _polyline)


def points(title: str, series: Sequence[Series], x: str, y: str) -> Markup:
    """A chart of points; the label of a point shows when it is pointed at."""
    return _chart(title, [_finite(s) for s in series], x, y, _circles)


def alone(chart: Markup) -> str:
    """A chart as a file of its own."""
    opening = '<svg xmlns="http://www.w3.org/2000/svg" style="background: white; color: #222"'
    return chart.replace("<svg", opening, 1).replace("><title>", f">{style(STYLE)}<title>", 1)


@dataclass(frozen=True)
class _Axis:
    """From values to units of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """About five round numbers."""
        step = _round_step((self.high - self.low) / 6)
        first = math.ceil(self.low / step)
        last = math.floor(self.high / step + 1e-9)
        return [round(n * step, 12) for n in range(first, last + 1)]


def _round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= step * 0.999)


def _chart(
    title: str,
    series: list[Series],
    x: str,
    y: str,
    draw: Callable[[Series, int, _Axis, _Axis], Markup],
) -> Markup:
    drawn = [s for s in series if s.points]
    if not drawn:
        return element("p", f"{title}: no finite values", attributes={"class": "quiet"})
    across = _axis([p[0] for s in drawn for p in s.points], _LEFT, WIDTH - _RIGHT)
    up = _axis([p[1] for s in drawn for p in s.points], HEIGHT - _BOTTOM, _TOP)
    marks = [draw(s, n, across, up) for n, s in enumerate(drawn)]
    return element(
        "svg",
        element("title", title),
        *_grid(across, up),
        *marks,
        *_words(title, x, y),
        *(_legend(drawn) if len(drawn) > 1 else ()),
        attributes={"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "class": "chart"},
    )


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    low, high = min(values), max(values)
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    room = (high - low) * 0.04
    return _Axis(low - room, high + room, start, end)


def _grid(across: _Axis, up: _Axis) -> list[Markup]:
    drawn = []
    for tick in up.ticks():
        drawn += [
            _line(_LEFT, up(tick), WIDTH - _RIGHT, up(tick)),
            _text(f"{tick:.4g}", _LEFT - 6, up(tick) + 4, "end"),
        ]
    for tick in across.ticks():
        drawn.append(_text(f"{tick:.6g}", across(tick), HEIGHT - _BOTTOM + 16, "middle"))
    return drawn


def _words(title: str, x: str, y: str) -> list[Markup]:
    above = f"{title} ({y})" if y else title
    return [
        _text(above, _LEFT, 16, "start", "title"),
        _text(x, WIDTH - _RIGHT, HEIGHT - 4, "end", "quiet"),
    ]


def _legend(series: Sequence[Series]) -> list[Markup]:
    drawn, right = [], float(WIDTH - _RIGHT)
    for number, one in reversed(list(enumerate(series))):
        drawn.append(_text(one.name, right, 16, "end"))
        right -= 7 * len(one.name) + 6
        drawn.append(_stroke(f"M{right - 18} 12H{right}", number))
        right -= 30
    return drawn


def _polyline(series: Series, number: int, across: _Axis, up: _Axis) -> Markup:
    every = -(-len(series.points) // MOST_POINTS)
    kept = [*series.points[:-1:every], series.points[-1]]
    if len(kept) == 1:
        return _circles(series, number, across, up)
    return _stroke("M" + "L".join(f"{across(x)} {up(y)}" for x, y in kept), number)


def _circles(series: Series, number: int, across: _Axis, up: _Axis) -> Markup:
    labels = series.labels or [""] * len(series.points)
    return element(
        "g",
        *(
            element(
                "circle",
                *([element("title", label)] if label else []),
                attributes={"cx": across(x), "cy": up(y), "r": 3},
            )
            for (x, y), label in zip(series.points, labels, strict=True)
        ),
        attributes={"fill": COLOURS[number % len(COLOURS)], "fill-opacity": 0.7},
    )


def _finite(series: Series) -> Series:
    labels = series.labels or [""] * len(series.points)
    both = zip(series.points, labels, strict=True)
    kept = [(p, label) for p, label in both if math.isfinite(p[0]) and math.isfinite(p[1])]
    return Series(series.name, [p for p, _ in kept], [label for _, label in kept])


def _stroke(path: str, number: int) -> Markup:
    return element(
        "path",
        attributes={
            "d": path,
            "stroke": COLOURS[number % len(COLOURS)],
            "stroke-dasharray": _DASHES[number % len(_DASHES)],
            "class": "stroke",
        },
    )


def _line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return element("line", attributes={"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": "grid"})


def _text(text: str, x: float, y: float, anchor: str, kind: str = "") -> Markup:
    return element("text", text, attributes={"x": x, "y": y, "text-anchor": anchor, "class": kind})
