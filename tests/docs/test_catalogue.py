"""The pages of the catalogue, which each build of the site makes from specs and recordings."""

from __future__ import annotations

from xml.etree import ElementTree

import netwright
import pytest
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files, get_files
from mkdocs.structure.pages import Page
from netwright.ir.instance import Instance

from tests.docs.catalogue import described as specs
from tests.docs.catalogue.described import Described, described
from tests.docs.catalogue.drawing import Box, Column, svg
from tests.docs.catalogue.figure import column
from tests.docs.catalogue.page import page
from tests.docs.catalogue.text import papers, prose
from tests.docs.pages import ROOT


@pytest.fixture(scope="module")
def resnet() -> Described:
    return described("vision/resnet")


def test_a_page_holds_what_the_compiler_and_the_recording_say(resnet: Described) -> None:
    text = page(resnet)
    assert text.startswith(
        "# ResNet\n\nDeep residual network ([arXiv:1512.03385](https://arxiv.org"
    )
    assert "- Reference: timm 1.0.31, torchvision 0.28.0" in text
    row = "| `resnet50` | 25,557,032 | 8.18 G | `torchvision.models.resnet50()` |"
    assert row in text
    assert "B=1, H=224, W=224" in text
    assert "| `residual` | `layer1.1`, `layer2.1`" in text
    assert f"````yaml\n{resnet.path.read_text(encoding='utf-8')}````" in text
    assert f"````python\n{netwright.emit('vision/resnet')}````" in text


def test_open_params_get_sizes_and_what_was_not_recorded_is_said() -> None:
    text = page(described("graph/gcn"))
    assert "netwright show gcn --set 'in_channels=5' --set 'out_channels=7'" in text
    assert "here `in_channels=5`, `out_channels=7`" in text
    text = page(described("language/tiny_gpt"))
    assert "- Reference: none" in text
    assert "No library has this model" in text


def test_lines_of_a_figure_follow_the_values(resnet: Described) -> None:
    block = resnet.whole.primary.children["layer1", "0"]
    assert isinstance(block, Instance)
    drawn = column(block)
    names = [box.name for box in drawn.boxes]
    joined = {(names[a], names[b]) for a, b in drawn.lines}
    assert {("x", "conv1"), ("x", "downsample"), ("bn3", "out"), ("downsample", "out")} <= joined
    assert ("conv3", "out") not in joined


def test_an_svg_has_a_box_for_each_thing_and_no_two_long_lines_in_one_lane() -> None:
    boxes = tuple(Box(name, "Linear", "float[B, <8>]") for name in "abcd")
    text = svg(Column("four & more", boxes, ((0, 1), (0, 2), (1, 3), (0, 3))))
    tree = ElementTree.fromstring(text)
    assert len(tree.findall("rect")) == 4
    arcs = [path.get("d", "") for path in tree.findall("path") if "H" in path.get("d", "")]
    lanes = [path.split("h")[1].split("q")[0] for path in arcs]
    assert len(arcs) == 3
    assert len(set(lanes)) == 3, "all three overlap"
    assert "\n" not in text, "Markdown would end the element at an empty line"


def test_texts_of_specs_are_no_markup() -> None:
    assert prose("a_b and `a_b`\n of arXiv:1706.03762") == (
        "a\\_b and `a_b` of [arXiv:1706.03762](https://arxiv.org/abs/1706.03762)"
    )
    assert len(papers("arXiv:1706.03762, arXiv:cs/9901001, arXiv:1706.03762")) == 2


def test_a_build_adds_a_page_for_each_spec_and_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "models", lambda: ["generative/vae", "graph/gcn"])
    config = load_config(str(ROOT / "mkdocs.yml"))
    files = config.plugins.on_files(get_files(config), config=config)
    made = {file.src_uri for file in files.documentation_pages() if file.generated_by}
    assert made == {"catalogue/generative/vae.md", "catalogue/graph/gcn.md"}
    assert "| [gcn](graph/gcn.md) | GCN |" in _markdown("catalogue/index.md", config, files)
    assert _markdown("index.md", config, files) == "as it is"


def _markdown(path: str, config: MkDocsConfig, files: Files) -> str:
    file = files.get_file_from_path(path)
    assert file is not None
    shown = Page(None, file, config)
    return config.plugins.on_page_markdown("as it is", page=shown, config=config, files=files)
