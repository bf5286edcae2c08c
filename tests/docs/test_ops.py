"""docs/ops.md says what the table of ops holds."""

from __future__ import annotations

import os

from netwright.ops import functions, modules

from tests.docs.ops_page import listed, page
from tests.docs.pages import DOCS


def test_every_op_has_a_group() -> None:
    names = ({op.name for op in modules.ALL}, {op.name for op in functions.ALL})
    assert listed() == names


def test_the_page_is_what_the_table_gives() -> None:
    path = DOCS / "ops.md"
    if os.environ.get("NETWRIGHT_UPDATE"):
        path.write_text(page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page()
