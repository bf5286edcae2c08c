"""What is text is escaped, wherever it stands."""

from __future__ import annotations

from netwright_runtime.train.report.markup import Markup, element, joined, table

HOSTILE = "<script>\"&'</script>"


def test_text_is_escaped_and_markup_is_not() -> None:
    inner = element("b", HOSTILE, attributes={"title": HOSTILE})
    found = element("p", "1 < 2 ", inner)
    assert found.count("<script>") == 0
    assert found.startswith("<p>1 &lt; 2 <b title=")
    assert isinstance(joined(HOSTILE), Markup)
    assert "<script>" not in joined(HOSTILE)


def test_cells_are_escaped_and_numbers_stand_right() -> None:
    found = table([HOSTILE], [[HOSTILE], ["1,234.5"], ["-3e-05"]])
    assert "<script>" not in found
    assert found.count('<td class="number">') == 2


def test_elements_that_hold_nothing_are_closed() -> None:
    assert element("circle", attributes={"r": 3}) == '<circle r="3"/>'
    assert element("td") == "<td></td>"
