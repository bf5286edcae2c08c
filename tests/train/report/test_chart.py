"""Charts are well-formed, within their frame, and leave out what is not finite."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from netwright_runtime.train.report.chart import HEIGHT, MOST_POINTS, WIDTH, Series, lines, points

NOTHING = math.nan


def _path(drawn: str) -> list[tuple[float, float]]:
    """The points of the first curve."""
    curve = next(e for e in ElementTree.fromstring(drawn).iter("path") if "L" in e.get("d", ""))
    numbers = re.findall(r"[ML](\S+) (\S+?)(?=L|$)", curve.get("d", ""))
    return [(float(x), float(y)) for x, y in numbers]


@pytest.mark.parametrize(
    "values", [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-5e9, 1e-9, 7e12], [1e-30, 2e-30, 5e-30]]
)
def test_points_stay_within_the_frame_in_their_order(values) -> None:
    found = _path(lines("loss", [Series("train", list(enumerate(values)))]))
    assert len(found) == 3
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in found)
    down = [y for _, y in found]
    ordered = sorted(zip(values, down, strict=True), key=lambda pair: pair[0])
    assert [y for _, y in ordered] == sorted(down, reverse=True)


def test_what_is_not_finite_is_left_out() -> None:
    drawn = lines("loss", [Series("", [(0, 1.0), (1, NOTHING), (2, math.inf), (3, 2.0)])])
    assert len(_path(drawn)) == 2
    assert "nan" not in drawn
    assert "no finite values" in lines("loss", [Series("", [(0, NOTHING)])])


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    values = [(float(n), float(n)) for n in range(10 * MOST_POINTS + 7)]
    found = _path(lines("loss", [Series("", values)]))
    assert MOST_POINTS // 2 < len(found) <= MOST_POINTS + 1
    assert max(y for _, y in found[:-1]) > min(y for _, y in found)
    assert found[-1] == (max(x for x, _ in found), min(y for _, y in found))


def test_one_point_is_a_mark() -> None:
    drawn = lines("loss", [Series("", [(5, 1.0)])])
    assert len(list(ElementTree.fromstring(drawn).iter("circle"))) == 1


def test_several_lines_have_a_legend_and_dashes() -> None:
    curve = [(0.0, 1.0), (1.0, 2.0)]
    drawn = ElementTree.fromstring(lines("x", [Series("train", curve), Series("test", curve)]))
    assert {"train", "test"} <= {e.text for e in drawn.iter("text")}
    dashes = {e.get("stroke-dasharray") for e in drawn.iter("path")}
    assert len(dashes) == 2


def test_points_have_labels() -> None:
    drawn = points("p", [Series("s", [(1, 2), (3, 4)], ["a < b", "c"])], "parameters", "loss")
    titles = [e.text for e in ElementTree.fromstring(drawn).iter("title")]
    assert titles == ["p", "a < b", "c"]


def test_ticks_are_round() -> None:
    drawn = lines("x", [Series("", [(0, 0.0), (97, 0.83)])])
    written = {e.text for e in ElementTree.fromstring(drawn).iter("text")}
    assert {"0", "0.2", "0.4", "0.6", "0.8", "20", "40", "60", "80"} <= written
