"""The page around the sections of a report."""

from __future__ import annotations

from collections.abc import Mapping

from netwright_runtime.train.report.chart import STYLE
from netwright_runtime.train.report.markup import Markup, element, joined, style

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; }
body { max-width: 1180px; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
th { font-weight: 600; } tr + tr { border-top: 1px solid #8884; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.scrolled { overflow-x: auto; }
.charts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); }
.quiet { opacity: .7; }
.matrix td, .matrix th { text-align: center; padding: .2rem .45rem; border: 1px solid #8883; }
pre { overflow-x: auto; background: #8881; padding: .7rem; font-size: .85rem; }
"""


def page(title: str, sections: Mapping[str, Markup], kind: str = "training run") -> Markup:
    """A whole document; a section without content is left out."""
    head = element(
        "head",
        element("meta", attributes={"charset": "utf-8"}),
        element(
            "meta",
            attributes={"name": "viewport", "content": "width=device-width, initial-scale=1"},
        ),
        element("title", f"{title}: {kind}"),
        style(_STYLE + STYLE),
    )
    parts = [joined(element("h2", name), body) for name, body in sections.items() if body]
    body = element("body", element("h1", title), *parts)
    return joined(
        Markup("<!doctype html>\n"), element("html", head, body, attributes={"lang": "en"})
    )
