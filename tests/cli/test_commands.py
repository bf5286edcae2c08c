"""The command line: what commands print, and their exit codes."""

from __future__ import annotations

import json

import netwright
import pytest
from netwright.artifact import Artifact
from netwright.cli import main
from netwright.cli.application import COMMANDS

from tests.processes import python

SPEC = """\
netwright: 1
model: Small
params: {width: 8, scale: 1.5}
variants: {wide: {width: 32}}
inputs: {x: "float[B, 4]"}
graph:
  fc: Linear(out_features=width)
  act: ReLU
  out: act * scale
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


@pytest.fixture
def faulty(tmp_path):
    path = tmp_path / "faulty.yaml"
    path.write_text(SPEC.replace("ReLU", "RelU"), encoding="utf-8")
    return path


def run(capsys, *arguments):
    """The exit code, and what was printed to each stream."""
    code = main([str(a) for a in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert f"Example: netwright {command}" in out


def test_help_lists_every_command(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    listed = [
        line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line.strip()
    ]
    assert listed[: len(COMMANDS)] == list(COMMANDS)


def test_version(capsys):
    assert run(capsys, "--version") == (0, f"{netwright.__version__}\n", "")


def test_check_says_ok(capsys, spec):
    assert run(capsys, "check", spec) == (0, "ok: Small, 1 variant\n", "")
    assert run(capsys, "check", spec, "resnet50", "--set", "width=3")[0] == 1
    assert run(capsys, "check", "vision/resnet", "vision/vit")[1] == "ok: 2 specs\n"


def test_check_reports_faults(capsys, spec, faulty):
    code, out, err = run(capsys, "check", spec, faulty)
    assert (code, err) == (1, "")
    assert out.startswith("error[E0201]")
    assert f"--> {faulty}:8:8" in out
    assert out.endswith("\n1 error\n")


def test_check_as_json(capsys, spec, faulty):
    code, out, _ = run(capsys, "check", spec, faulty, "--json")
    first, second = json.loads(out)
    assert code == 1
    assert first["ok"]
    assert first["variants"] == ["wide"]
    assert second["diagnostics"][0]["code"] == "E0201"


def test_check_with_options_through_typer_is_the_same(capsys, spec):
    plain = run(capsys, "check", spec, "--variant", "wide", "--set", "width=2*2")
    assert plain == run(capsys, "check", spec, "--variant=wide", "--set=width=2*2")
    assert plain[0] == 0


def test_emit_prints_or_writes(capsys, spec, tmp_path):
    code, out, _ = run(capsys, "emit", spec, "--variant", "wide")
    assert code == 0
    assert out == netwright.emit(spec, "wide")
    target = tmp_path / "model.py"
    assert run(capsys, "emit", spec, "-o", target, "--set", "scale=3") == (0, "", "")
    assert target.read_text() == netwright.emit(spec, scale=3)


def test_build_writes_an_artifact(capsys, spec, tmp_path):
    code, out, _ = run(capsys, "build", spec, "-o", tmp_path / "made", "--weights")
    assert code == 0
    assert "Small, 40 parameters" in out
    assert Artifact.read(tmp_path / "made").weights is not None


def test_show_prints_the_tree_and_the_totals(capsys, spec):
    code, out, _ = run(capsys, "show", spec, "--size", "B=3")
    assert code == 0
    assert "float[B, 8]" in out
    assert "Small at B=3" in out
    assert "  parameters   40\n  FLOPs        192  = 64 * B\n" in out


def test_show_folds_repeats(capsys):
    code, out, _ = run(capsys, "show", "gpt2", "--depth", "2")
    assert code == 0
    assert "h.0-11  x12" in out
    assert "tied         lm_head.weight is transformer.wte.weight" in out
    assert "attended" not in out


def test_show_as_json(capsys, spec):
    data = json.loads(run(capsys, "show", spec, "--json")[1])
    assert data["parameters"] == 40
    assert [n["op"] for n in data["nodes"]] == ["Linear", "ReLU", "*"]


def test_fmt_writes_files_in_place_and_checks_them(capsys, spec):
    spec.write_text(
        SPEC.replace("  fc: Linear(out_features=width)", "  fc: {op: Linear, out_features: width}")
    )
    assert run(capsys, "fmt", "--check", spec) == (1, f"would change {spec}\n", "")
    assert run(capsys, "fmt", spec) == (0, "", "")
    assert "  fc: Linear(out_features=width)" in spec.read_text()
    assert run(capsys, "fmt", "--check", spec) == (0, "", "")
    assert run(capsys, "fmt", spec.parent)[0] == 2


def test_list_takes_a_glob(capsys):
    code, out, _ = run(capsys, "list", "*resnet*")
    assert code == 0
    assert "resnet50" in out.splitlines()
    assert run(capsys, "list", "nothing")[1] == ""


@pytest.mark.parametrize("command", ["emit", "show"])
def test_a_faulty_spec_exits_with_1(capsys, faulty, command):
    code, out, err = run(capsys, command, faulty)
    assert (code, out) == (1, "")
    assert err.startswith("error[E0201]")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "vision/nothing"],
        ["check", "resnet50", "--set", "num_classes"],
        ["check", "resnet50", "--nope"],
        ["show", "resnet50", "--size", "H=tall"],
        ["show", "resnet50", "--size", "Q=1"],
        ["emit", "resnet50", "-o", "/dev/null/model.py"],
        ["build", "resnet50"],
        ["--plugin", "absent.py", "list"],
        ["nope"],
    ],
    ids=" ".join,
)
def test_a_faulty_call_exits_with_2(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert "rror: " in err


def test_python_m_netwright(spec):
    done = python("-m", "netwright", "check", spec)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: Small, 1 variant\n", "")
