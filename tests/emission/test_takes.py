"""Inner values of models of the catalogue, by paths of several levels: what they do not need is not
built, and both back ends give them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import netwright
import pytest
from netwright.driver.model import load

from tests.emission.building import SPECS, built
from tests.emission.feeding import feeds
from tests.emission.test_back_ends import assert_equal

SPEC = """\
netwright: 1
model: Takes
use: {{used: {file}.yaml}}
inputs: {{{given}}}
graph:
  taken: {{op: used.{model}, {args}, take: [{paths}]}}
"""


@dataclass(frozen=True)
class Take:
    """A model with its arguments, the wanted paths, and how names of weights begin that no path
    needs."""

    file: str
    model: str
    args: str
    given: str
    paths: str
    absent: tuple[str, ...]
    sizes: dict[str, int] = field(default_factory=dict)


IMAGE = 'image: "float[B, 3, H, W]"'

TAKES = [
    Take(
        "vision/resnet",
        "resnet18",
        "num_classes: 3",
        IMAGE,
        "act1, layer1.1, layer2.0",
        ("layer2.1.", "layer3.", "fc."),
        {"H": 32, "W": 32},
    ),
    Take(
        "vision/segformer",
        "SegFormer",
        "depths: [1, 2, 1, 1]",
        IMAGE,
        "segformer.stages.0, segformer.stages.1",
        ("segformer.stages.2.", "segformer.stages.3.", "decode_head."),
        {"H": 64, "W": 64},
    ),
    Take(
        "vision/vit",
        "VisionTransformer",
        "img_size: 32, patch_size: 8, depth: 3",
        'image: "float[B, 3, 32, 32]"',
        "blocks.0, blocks.1",
        ("blocks.2.", "head."),
    ),
    Take(
        "language/llama",
        "LlamaForCausalLM",
        "vocab_size: 64, dim: 32, depth: 3, heads: 4, kv_heads: 2, hidden: 48",
        'input_ids: "int[B, T]"',
        "model.layers.0, model.layers.1",
        ("model.layers.2.", "model.norm.", "lm_head."),
    ),
]


def written(take: Take, folder: Path, paths: str) -> Path:
    """A spec that takes `paths`, beside a copy of the catalogue."""
    shutil.copytree(SPECS, folder / "specs")
    spec = folder / "specs" / "takes.yaml"
    spec.write_text(SPEC.format(**{**vars(take), "paths": paths}), encoding="utf-8")
    return spec


@pytest.mark.parametrize("take", TAKES, ids=lambda take: take.model)
def test_take(take: Take, tmp_path: Path) -> None:
    elaboration = load(written(take, tmp_path, take.paths)).elaborate()
    weights = [key.removeprefix("taken.") for key in built(elaboration).state_dict()]
    whole = [".".join(path) for path in load(SPECS / f"{take.file}.yaml").elaborate().weights()]
    for absent in take.absent:
        assert any(key.startswith(absent) for key in whole)
        assert not any(key.startswith(absent) for key in weights)
    assert_equal(elaboration, feeds(elaboration, **take.sizes))


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    spec = written(TAKES[1], tmp_path, "segformer.stagse.1")
    (found,) = netwright.check(spec).errors
    assert found.code == "E0204"
    assert found.message == "`segformer` has no value `stagse.1`"
    assert spec.read_text().splitlines()[found.span.line - 1].endswith("[segformer.stagse.1]}")
