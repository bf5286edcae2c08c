"""docs/verification.md: each example fails as it says, and every property has its section.

The `yaml` block of a section is a spec that a check finds nothing in, `python` the user's modules
that it names, `diff` a change of the source that is emitted for it. `text` is what
`netwright verify` prints of the property, without the command that repeats it.
`NETWRIGHT_UPDATE=1 pytest tests/docs` writes what is printed now into the page.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import netwright_runtime.verify
import pytest
from netwright.cli import main
from netwright.cli.verify import told
from netwright.driver.check import check
from netwright.driver.register import load_plugin
from netwright.ops.plugin import CLASSES
from netwright.ops.table import MODULES
from netwright_runtime.verify import PROPERTIES, Property, Report

from tests.docs.pages import DOCS, Fence, fences, replaced
from tests.verify.subjects import HEAD, outcome, patched, subject

FILE = DOCS / "verification.md"
PAGE = FILE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| \[(?P<name>\w+)\]\(#(?P<anchor>\w+)\) \| .+ \| (?P<level>\w+) \|$", re.M)
SECTION = re.compile(r"^### (\w+)$", re.M)
SECONDS = re.compile(r"\d+\.\d+")
COMMANDS = [
    line
    for block in fences(PAGE, "sh")
    for line in block.text.splitlines()
    if line.startswith("netwright")
]


def blocks(heading: str) -> dict[str, Fence]:
    """The fenced blocks under a heading, by their language."""
    return {fence.language: fence for fence in fences(PAGE) if fence.heading == heading}


def compare(shown: Fence, printed: str, free: re.Pattern[str] | None = None) -> None:
    """Hold what the page shows to what is printed now, or write that into the page.

    `free` is what may differ.
    """
    if free is not None and free.sub("", shown.text) == free.sub("", printed):
        return
    if os.environ.get("NETWRIGHT_UPDATE"):
        page = FILE.read_text(encoding="utf-8")
        again = next(f for f in fences(page, "text") if f.heading == shown.heading)
        FILE.write_text(replaced(page, again, printed), encoding="utf-8")
    else:
        assert printed == shown.text


@contextmanager
def plugged(text: str, folder: Path) -> Iterator[None]:
    """A user's modules as ops for a while."""
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    with patch.dict(MODULES), patch.dict(CLASSES):
        load_plugin(path)
        try:
            yield
        finally:
            del sys.modules["layers"]


def sides(diff: str) -> tuple[str, str]:
    """What a diff takes away, and what it puts there."""
    lines = diff.splitlines(keepends=True)
    old, new = ([line[1:] for line in lines if line[0] in kept] for kept in (" -", " +"))
    return "".join(old), "".join(new)


def printed(prop: Property, found: dict[str, Fence]) -> str:
    """What `netwright verify` prints of a property that fails for an example."""
    spec = found["yaml"].text
    assert spec.startswith(HEAD)
    held = subject(spec.removeprefix(HEAD))
    if "diff" in found:
        held = patched(held, *sides(found["diff"].text))
    failed = outcome(held, prop)
    assert failed.verdict == "failed", failed
    return told(replace(failed, command=""))


def checked(spec: str, folder: Path) -> str:
    """The diagnostics of a spec, none where it is sound as far as a check can tell."""
    path = folder / "net.yaml"
    path.write_text(spec, encoding="utf-8")
    found = check(path)
    return found.render() if list(found.report) else ""


def test_every_property_has_a_row_and_a_section_in_their_order() -> None:
    rows = [(row["name"], row["anchor"], row["level"]) for row in ROW.finditer(PAGE)]
    assert rows == [(p.name, p.name, p.level.name.lower()) for p in PROPERTIES]
    assert SECTION.findall(PAGE) == [p.name for p in PROPERTIES]


@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.name)
def test_an_example_fails_as_it_says(prop: Property, tmp_path: Path) -> None:
    found = blocks(prop.name)
    plugin = plugged(found["python"].text, tmp_path) if "python" in found else nullcontext()
    with plugin:
        assert not checked(found["yaml"].text, tmp_path)
        compare(found["text"], printed(prop, found))


def test_the_property_that_is_added_works() -> None:
    found = blocks("Adding a property")
    names: dict[str, Any] = {"__doc__": None}
    exec(compile(found["python"].text, "silence.py", "exec", dont_inherit=True), names)
    compare(found["text"], printed(names["PROPERTY"], found))


def test_the_first_run_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = blocks("A first run")
    assert not checked(found["yaml"].text, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "88")
    assert main(shlex.split(found["sh"].text)[1:]) == 1
    lines = (line.rstrip() for line in capsys.readouterr().out.splitlines())
    compare(found["text"], "\n".join(lines) + "\n", SECONDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(netwright_runtime.verify, "verify", lambda *a, **k: Report("net", ()))
    assert main(shlex.split(command, comments=True)[1:]) == 0


def test_the_failure_that_is_explained_is_that_of_the_first_run() -> None:
    assert blocks("Reading a failure")["text"].text in blocks("A first run")["text"].text


def executed(heading: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the Python under a heading defines, run beside a folder with a sound spec."""
    (folder / "specs").mkdir()
    sound = blocks("A first run")["yaml"].text.replace("dim=0", "dim=-1, keepdim=True")
    (folder / "specs" / "encoder.yaml").write_text(sound)
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(blocks(heading)["python"].text, "example.py", "exec", dont_inherit=True), names)
    return names


def test_a_report_comes_from_python_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = executed("Reports", tmp_path, monkeypatch)
    assert {outcome.verdict for outcome in names["report"].outcomes} == {"passed", "skipped"}


def test_the_line_for_a_users_suite_makes_a_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mark,) = executed("In a test suite", tmp_path, monkeypatch)["test_architectures"].pytestmark
    assert [path.name for path, _ in mark.args[1]] == ["encoder.yaml"]
