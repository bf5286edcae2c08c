"""The one line for a user's own suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright_runtime.verify.testing import verified

pytest_plugins = ["pytester"]

GOOD = """netwright: 1
model: Net
params: {width: 4}
variants: {wide: {width: 9}}
inputs: {x: "float[B, 6]"}
graph: {fc: Linear(out_features=width), act: ReLU}
"""

FAULTY = (
    GOOD.replace("act: ReLU", "mix: softmax(fc, dim=0)")
    .replace("{fc", "\n  fc")
    .replace(", mix", "\n  mix")
    .replace("dim=0)}", "dim=0)")
)


def test_a_folder_of_specs_becomes_one_test_for_each_model(pytester: pytest.Pytester) -> None:
    specs = pytester.mkdir("specs")
    (specs / "good.yaml").write_text(GOOD)
    (specs / "faulty.yaml").write_text(FAULTY)
    pytester.makepyfile(
        "from netwright_runtime.verify.testing import verified\n"
        "test_architectures = verified('specs', params={})\n"
    )
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*batch_independence*another sample of `B`*in `mix`*"])


def test_a_place_without_specs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder with specs"):
        verified(tmp_path)
