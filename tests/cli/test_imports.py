"""Commands about text import no torch: each runs in a process of its own."""

from __future__ import annotations

import pytest
from netwright.cli.application import COMMANDS

from tests.processes import python

_CODE = """\
import sys
from netwright.cli import main
code = main(sys.argv[1:])
print(*sorted(m for m in sys.modules if "." not in m), file=sys.stderr)
sys.exit(code)
"""

TEXT_ONLY = {
    "check": ["language/gpt2"],
    "emit": ["resnet50"],
    "show": ["resnet50", "--depth", "1"],
    "list": [],
    "new": ["Digits", "--kind", "cnn"],
    "schema": [],
    "fmt": ["--help"],
}


def imported(*arguments):
    """The top-level modules that a command imports."""
    done = python("-c", _CODE, *arguments)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize("command", [c for c in TEXT_ONLY if c in COMMANDS])
def test_no_torch(command):
    assert not imported(command, *TEXT_ONLY[command]) & {"torch", "numpy", "netwright_runtime"}


def test_torch_would_be_seen(tmp_path):
    assert "torch" in imported("build", "vae", "-o", tmp_path, "--weights")


def test_a_plain_check_imports_no_command_line_library_and_no_models():
    assert not imported("check", "resnet50") & {"typer", "pydantic"}
    assert "typer" in imported("check", "--variant=resnet50", "vision/resnet")
