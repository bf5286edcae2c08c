"""Each page of docs/errors: its faulty spec gives what is shown, its mended one gives nothing.

A page marks its specs: `broken` is followed by its diagnostics, `mended` has none, `file NAME`
stands beside them. `broken variant=b1` checks with that variant, `broken recipe` is a recipe.
`NETWRIGHT_UPDATE=1 pytest tests/docs` writes what is printed now into the pages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from netwright.diagnostics import CODES, render_all
from netwright.driver.check import check
from netwright.driver.recipe import Loaded, load_recipe_text
from netwright_runtime import train

from tests.docs.pages import DOCS, Fence, fences, replaced

FOLDER = DOCS / "errors"
HEADING = re.compile(r"# (?P<code>[EW]\d{4}): (?P<title>.*)\n")
ENTRY = re.compile(r"^- \[(?P<code>[EW]\d{4})\]\((?P<file>[^)]*)\): (?P<title>.*)$", re.MULTILINE)


def page(code: str) -> str:
    return (FOLDER / f"{code}.md").read_text(encoding="utf-8")


def checked(fence: Fence, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The diagnostics of a spec, among the files that its page puts beside it."""
    for other in fences(text, "yaml"):
        kind, _, name = other.mark.partition(" ")
        if kind == "file":
            (folder / name).write_text(other.text, encoding="utf-8")
    monkeypatch.chdir(folder)
    if fence.mark.endswith(" recipe"):
        return recipe_checked(load_recipe_text(fence.text, "recipe.yaml", folder))
    (folder / "spec.yaml").write_text(fence.text, encoding="utf-8")
    variant = fence.mark.partition("variant=")[2] or None
    found = check("spec.yaml", variant)
    return f"{found.render()}\n" if list(found.report) else ""


def recipe_checked(loaded: Loaded) -> str:
    """The diagnostics of a recipe, and where it has none, of its data."""
    if loaded.recipe is None:
        return f"{render_all(loaded.report, loaded.sources)}\n"
    try:
        train.check(loaded.recipe, loaded.folder)
    except train.BadData as bad:
        found = loaded.fault((f.where, f.message, f.help) for f in bad.faults)
        return f"{render_all(found.diagnostics, found.sources)}\n"
    return ""


def pairs(text: str) -> Iterator[tuple[Fence, Fence]]:
    """Each faulty spec, and the diagnostics after it."""
    broken: Fence | None = None
    for fence in fences(text):
        if fence.mark.startswith("broken"):
            broken = fence
        elif fence.language == "text" and broken is not None:
            yield broken, fence
            broken = None


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in FOLDER.glob("[EW]*.md")} == set(CODES)


def test_the_index_lists_every_code() -> None:
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    listed = {m["code"]: (m["file"], m["title"]) for m in ENTRY.finditer(index)}
    assert listed == {c: (f"{c}.md", entry.title) for c, entry in CODES.items()}


@pytest.mark.parametrize("code", CODES)
def test_a_page_names_its_code(code: str) -> None:
    heading = HEADING.match(page(code))
    assert heading is not None
    assert (heading["code"], heading["title"]) == (code, CODES[code].title)


@pytest.mark.parametrize("code", CODES)
def test_the_faulty_spec_gives_what_is_shown(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page(code)
    found = list(pairs(text))
    assert found
    for broken, shown in found:
        printed = checked(broken, text, tmp_path, monkeypatch)
        if os.environ.get("NETWRIGHT_UPDATE"):
            (FOLDER / f"{code}.md").write_text(replaced(text, shown, printed), encoding="utf-8")
            continue
        assert printed == shown.text
        assert f"[{code}]" in printed
        assert re.findall(r"^\w+\[([EW]\d+)\]", printed, re.MULTILINE) == [code]


@pytest.mark.parametrize("code", CODES)
def test_the_mended_spec_is_sound(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page(code)
    mended = [fence for fence in fences(text, "yaml") if fence.mark.startswith("mended")]
    assert mended
    for fence in mended:
        assert not checked(fence, text, tmp_path, monkeypatch)
