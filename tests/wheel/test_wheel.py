"""The wheel, installed where there is nothing else: without torch, it checks its own catalogue.

pip fetches the build backend and the dependencies that the wheel declares; whoever runs the tests
has installed them from the same place.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))


def run(*command: str | Path, folder: Path) -> str:
    """What a command prints, in a folder of its own that knows nothing of the checkout."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_wheel_alone_checks_the_catalogue_inside_it(tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT, folder=tmp_path)
    (wheel,) = tmp_path.glob("netwright-*.whl")
    venv.create(tmp_path / "empty", with_pip=False, symlinks=True)
    scripts = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin")
    run(*pip, "--python", scripts / "python", "install", wheel, folder=tmp_path)

    packages = run(scripts / "python", "-c", INSTALLED, folder=tmp_path).split()
    assert "netwright" in packages
    assert not {"torch", "numpy", "pyyaml"} & set(packages)
    names = [path.relative_to(ROOT / "specs").with_suffix("").as_posix() for path in SPECS]
    assert run(scripts / "python", "-c", CATALOGUE, folder=tmp_path).split() == names
    printed = run(scripts / "netwright", "check", *names, folder=tmp_path)
    assert printed.splitlines()[-1] == f"ok: {len(names)} specs"
    assert "class ResNet" in run(scripts / "netwright", "emit", "resnet50", folder=tmp_path)


INSTALLED = """
from importlib.metadata import distributions
print(*{found.name.lower() for found in distributions()})
"""
CATALOGUE = """
import sys
from netwright.driver.catalogue import root
assert str(root()).startswith(sys.prefix), root()
print(*sorted(p.relative_to(root()).with_suffix("").as_posix() for p in root().rglob("*.yaml")))
"""
