"""A spec from a stranger is data: what others' configuration files can do, ours cannot."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from netwright.backends.source.audit import audit
from netwright.diagnostics import CODES

from tests.attacks.attack import Attack
from tests.attacks.replay import attacks

ROOT = Path(__file__).parents[2]
ATTACKS = dict(attacks())
GROWTH = 200
"""MiB that all attacks together may add to the process that runs them."""


def replayed(tmp_path: Path, *names: str) -> dict[str, dict[str, Any]]:
    """What `tests.attacks.replay` says of each attack, in a process without torch."""
    paths = os.pathsep.join(str(ROOT / p) for p in ("", "compiler", "runtime"))
    command = [sys.executable, "-m", "tests.attacks.replay", str(tmp_path), *names]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, check=True
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {result["name"]: result for result in results}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return replayed(tmp_path_factory.mktemp("attacks"))


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str, results: dict[str, dict[str, Any]]) -> None:
    attack, result = ATTACKS[name], results[name]
    assert result["seen"] == []
    assert "raised" not in result, result.get("raised")
    assert all(c.isprintable() or c == "\n" for c in result["text"])
    assert len(result["text"]) < 500_000
    if attack.code:
        refused(attack, result["errors"])
    else:
        assert result["errors"] == []
        harmless(attack, result["source"])


def refused(attack: Attack, errors: list[dict[str, Any]]) -> None:
    """Errors with places that exist in the file, one of them the expected one."""
    assert errors
    lines = attack.data.decode("utf-8", "replace").split("\n")
    for error in errors:
        span = error["span"]
        assert error["code"] in CODES
        assert error["message"]
        if span["file"].endswith("spec.yaml"):
            assert 1 <= span["line"] <= len(lines)
            assert 1 <= span["column"] <= len(lines[span["line"] - 1]) + 2
    expected = [e["span"] for e in errors if e["code"] == attack.code]
    assert expected, [e["code"] for e in errors]
    if attack.place is not None:
        line, first, last = attack.place
        assert any(s["line"] == line and first <= s["column"] <= last for s in expected)


def harmless(attack: Attack, source: str) -> None:
    """Classes over torch; what the spec wrote as text is in string constants only."""
    audit(source)
    tree = ast.parse(source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert not names & {"os", "eval", "exec", "__import__", "system"}
    strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert not attack.contains or attack.contains in strings


def test_there_are_many_kinds() -> None:
    assert len(ATTACKS) >= 150


def test_memory_is_bounded(results: dict[str, dict[str, Any]]) -> None:
    peaks = [result["peak"] for result in results.values()]
    assert peaks[-1] - peaks[0] < GROWTH


WATCHED = {
    "open": "open('/etc/hostname')",
    "os.open": "import os; os.open('/etc/hostname', os.O_RDONLY)",
    "write": "open(folder / 'spec.yaml', 'a')",
    "listing": "import os; os.listdir('/')",
    "import": "import antigravity_of_no_module",
    "exec": "exec('1')",
    "eval": "eval('1')",
    "compile": "compile('1', 'f', 'eval')",
    "system": "import os; os.system('true')",
    "subprocess": "import subprocess; subprocess.run(['true'])",
    "socket": "import socket; socket.socket()",
    "ctypes": "import ctypes; ctypes.CDLL(None)",
    "pickle": "import pickle; pickle.loads(b'cos\\nsystem\\n.')",
    "marshal": "import marshal; marshal.loads(b'N')",
}
_WATCH = """
import sys, os, subprocess, socket, ctypes, pickle, marshal
from pathlib import Path
from tests.attacks.watch import Watch
folder = Path(sys.argv[1])
(folder / "spec.yaml").write_text("a: 1")
import ast
watch = Watch()
with watch.watching(folder) as quiet:
    ast.parse("1 + 1"); open(folder / "spec.yaml").read()
assert quiet == [], quiet
def act():
{act}
watch.on = False
with watch.watching(folder) as seen:
    try:
        act()
    except ImportError:
        pass
assert seen
"""


@pytest.mark.parametrize("name", WATCHED)
def test_the_watch_sees(name: str, tmp_path: Path) -> None:
    """The hook itself: it notes what it is for, and lets reading a spec and parsing pass."""
    act = f"    {WATCHED[name]}"
    paths = os.pathsep.join(str(ROOT / p) for p in ("", "compiler", "runtime"))
    subprocess.run(
        [sys.executable, "-c", _WATCH.replace("{act}", act), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
    )
