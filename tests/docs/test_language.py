"""The examples of docs/language.md: each checks, emits and runs, or fails as it says.

A `yaml` block is a whole spec, or a fragment that its comment completes:

    <!-- fragment of: vector -->        no errors, no warnings, equal in both back ends
    <!-- fails: E0210 of: vector -->    gives this code and no other error

What a fragment stands in is one of `HOSTS`; a key of the fragment replaces the host's.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from netwright.driver.check import Checked, check
from netwright.driver.model import load

from tests.docs.pages import DOCS, Fence, fences
from tests.emission.feeding import feeds
from tests.emission.test_back_ends import assert_equal

PAGE = (DOCS / "language.md").read_text(encoding="utf-8")
HOSTS = {
    "vector": 'inputs: {x: "float[B, 8]"}\ngraph: {out: relu(x)}\n',
    "sequence": 'inputs: {x: "float[B, T, 64]"}\ngraph: {out: relu(x)}\n',
    "image": 'inputs: {image: "float[B, 3, H, W]"}\ngraph: {out: relu(image)}\n',
    "tokens": 'inputs: {tokens: "int[B, T]"}\ngraph: {out: tokens + 1}\n',
    "library": "",
}
MARK = re.compile(r"(?:fragment|fails: (?P<code>[EW]\d+)) of: (?P<host>\w+)")
SECTION = re.compile(r"^(\w+):.*\n(?:(?:[ \n-].*)?\n)*?(?=\w|\Z)", re.MULTILINE)
SPECS = list(fences(PAGE, "yaml"))


def completed(fence: Fence) -> str:
    """The whole spec that a block means."""
    if fence.text.startswith(("netwright:", "#")):
        return fence.text
    mark = MARK.fullmatch(fence.mark)
    assert mark is not None, fence.text
    held = {section[1] for section in SECTION.finditer(fence.text)}
    host = [s[0] for s in SECTION.finditer(HOSTS[mark["host"]]) if s[1] not in held]
    name = "" if mark["host"] == "library" else "model: Example\n"
    return f"netwright: 1\n{name}{''.join(host)}{fence.text}"


def checked(fence: Fence, folder: Path) -> tuple[Path, Checked]:
    """A block's check, among the files that the page puts beside it."""
    for other in SPECS:
        kind, _, name = other.mark.partition(" ")
        if kind == "file":
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(other.text, encoding="utf-8")
    path = folder / "spec.yaml"
    path.write_text(completed(fence), encoding="utf-8")
    return path, check(path)


def label(fence: Fence) -> str:
    return f"{fence.heading}: {fence.text.strip().splitlines()[0]}"


@pytest.mark.parametrize("fence", [pytest.param(fence, id=label(fence)) for fence in SPECS])
def test_an_example_does_as_the_page_says(fence: Fence, tmp_path: Path) -> None:
    path, found = checked(fence, tmp_path)
    failing = MARK.fullmatch(fence.mark)
    if failing is not None and failing["code"]:
        assert {diagnostic.code for diagnostic in found.report} == {failing["code"]}
        return
    assert not list(found.report), found.render()
    if found.model:
        elaboration = load(path, params=assumed(found)).elaborate()
        assert_equal(elaboration, feeds(elaboration))


def assumed(found: Checked) -> dict[str, int]:
    """The sizes that the check assumed for params without a value."""
    pairs = re.findall(r"(\w+)=(\d+)", " ".join(found.notes))
    return {name: int(value) for name, value in pairs}
