"""Small specs that would cost much, each in its own way, are refused; the catalogue is far off."""

from pathlib import Path

import pytest
from netwright.driver.check import check
from netwright.driver.emit import emit
from netwright.passes import work

SPECS = Path(__file__).parents[2] / "specs"
MARGIN = 1.3
"""How many times the work that the largest spec of the catalogue takes is allowed."""

_HEAD = """
netwright: 1
model: M
inputs:
  x: "float[B, 8, H, W]"
  p: {type: "float[B, C]", optional: true}
  q: {type: "float[B, C]", optional: true}
"""
_CALLS = "graph:\n  a: {op: K, repeat: 3000, w: i}\n"
_BLOCK = "blocks:\n  K:\n    params: {w: 0}\n    inputs:\n      x: 'float[B, 8, H, W]'\n"
_BODY = "    graph: {b: x * w}\n"
_SUM = "graph:\n  n: (B + H + W + 3) * (B + H + W + 2) * (B + H + W + 1)\n"


def _lines(line: str, count: int) -> str:
    return "".join(line.replace("@", str(k)) + "\n" for k in range(count))


def _halls(depth: int) -> str:
    """Blocks that each hold two of the next: `2 ** depth` modules that are elaborated once."""
    blocks = "  K0: {inputs: {x: 'float[B, 8, H, W]'}, graph: {a: BatchNorm2d(num_features=8)}}\n"
    for level in range(1, depth):
        inner = f"a: K{level - 1}, b: K{level - 1}"
        blocks += f"  K{level}: {{inputs: {{x: 'float[B, 8, H, W]'}}, graph: {{{inner}}}}}\n"
    return f"blocks:\n{blocks}"


_COSTLY = {
    "inputs of a block": _CALLS
    + _BLOCK
    + _lines("      y@: {type: 'float[B, 8]', optional: true}", 1000)
    + _BODY,
    "conditions of a block": _CALLS
    + _BLOCK
    + "    where:\n"
    + _lines("      - w >= 0", 1000)
    + _BODY,
    "params of the file": "params:\n" + _lines("  p@: @", 1000) + _CALLS + _BLOCK + _BODY,
    "sizes that where defines": _lines("  y@: 'float[N@, 8]'", 300)
    + "where:\n"
    + _lines("  - N@ == 2 * B", 300)
    + "graph:\n  a: ReLU()(x)\n",
    "names in a loop": "graph:\n"
    + _lines("  n@: @", 500)
    + "  a: {repeat: 3000, graph: {b: 'x * (i + "
    + " + ".join(f"n{k}" for k in range(60))
    + ")'}}\n",
    "products of long formulas": _SUM + "  a: '[n * n for i in range(5000)]'\n  b: ReLU()(x)\n",
    "long formulas in shapes": _SUM
    + "  a: '[zeros([n, n]) for i in range(5000)]'\n  b: ReLU()(x)\n",
    "long texts": "graph:\n  a: '[\""
    + "a" * 900
    + "\" == i for i in range(5000)]'\n  b: ReLU()(x)\n",
    "long keys": "graph:\n  a: {op: ReLU, repeat: 2000, key: 'b" + ".a" * 4000 + "{i}'}\n",
    "buffers": "graph:\n" + _lines("  b@: {buffer: 'arange(8)'}", 2000) + "  z: ReLU()(x)\n",
    "parts taken": "graph:\n  a: {op: K, take: n5, each: j in range(1000), from: x}\n"
    + _BLOCK
    + "    graph:\n"
    + _lines("      n@: ReLU", 1000),
    "calls of a large block": "graph:\n  a: K13\n  b: '[a(x) for i in range(500)]'\n  z: a\n"
    + _halls(14),
    "names of weights": "graph: {a: K15}\n" + _halls(16) + "tie: {a.b: a.c}\n",
}


@pytest.fixture
def less(monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget without its margin."""
    monkeypatch.setattr(work, "FIXED", int(work.FIXED / MARGIN))


@pytest.mark.usefixtures("less")
@pytest.mark.parametrize("what", _COSTLY)
def test_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(_HEAD + _COSTLY[what], encoding="utf-8")
    assert [d.code for d in check(path).errors] == ["E0501"]


@pytest.mark.usefixtures("less")
@pytest.mark.parametrize("path", sorted(SPECS.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_the_catalogue_is_far_from_it(path: Path) -> None:
    assert check(path).errors == []


@pytest.mark.usefixtures("less")
def test_the_classes_of_the_catalogue_are_far_from_it() -> None:
    assert emit(SPECS / "vision/segformer.yaml", "b5")
