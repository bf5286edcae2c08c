"""Counts: equal to torch's on built models, with few layers of small sizes.

A formula that is wrong is wrong for them too. What the published sizes come to is held to the
references, in tests/catalogue.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from netwright import CallError, load
from netwright.driver.build import instantiate
from netwright.driver.count import count, tied, total_bytes, total_parameters
from netwright.driver.rows import rows, sizes, to_json
from netwright.driver.units import show_bytes, show_count
from netwright.ir.dims import evaluate, known, symbols
from torch.utils.flop_counter import FlopCounterMode

from tests.emission.building import REQUIRED, SPECS
from tests.emission.small import SMALL as SIZES
from tests.emission.small import SMALL_MODELS, cases_of

from .specs import SMALL, TIED, written


def sizes_of(elaboration, inputs):
    """The sizes that inputs give to the open dims of their types."""
    found = {}
    for name, tensor in inputs.items():
        for dim, size in zip(
            elaboration.primary.inputs[name].type.shape, tensor.shape, strict=True
        ):
            if known(dim) is None:
                (symbol,) = symbols(dim)
                found[symbol.name] = size
    return found


def assert_counts_agree(model, inputs):
    elaboration = model.elaborate()
    counts = count(elaboration)
    built = instantiate(model, "meta").eval()
    numel = sum(p.numel() for p in built.parameters())
    assert numel == total_parameters(elaboration) == counts.parameters
    tensors = {id(t): t for t in (*built.parameters(), *built.buffers())}.values()
    memory = sum(t.numel() * t.element_size() for t in tensors)
    assert memory == total_bytes(elaboration) == counts.weight_bytes
    with FlopCounterMode(display=False) as counter:
        built(**{name: tensor.to("meta") for name, tensor in inputs.items()})
    values = sizes_of(elaboration, inputs)
    assert counter.get_total_flops() == evaluate(counts.flops, values)
    assert sum(c.parameters for c in counts.children) == counts.parameters


@pytest.mark.parametrize(("spec", "variant"), SMALL_MODELS)
def test_counts_agree_with_torch(spec, variant):
    params = {**REQUIRED.get(spec, {}), **SIZES[spec].params}
    model = load(SPECS / f"{spec}.yaml", variant, params=params)
    assert_counts_agree(model, next(cases_of(model.elaborate(), spec)))


def test_a_module_of_which_only_a_weight_is_read_is_not_called(tmp_path):
    text = """netwright: 1
model: M
inputs: {x: "float[B, 4]"}
graph:
  fc: Linear(out_features=6)
  out: x @ fc.weight.mT
"""
    assert_counts_agree(load(written(tmp_path, text)), {"x": torch.zeros(2, 4)})


@pytest.mark.parametrize("given", [True, False])
def test_tied_weights_count_once(tmp_path, given):
    model = load(written(tmp_path, TIED), tied=given)
    assert_counts_agree(model, {"tokens": torch.zeros(2, 3, dtype=torch.int64)})
    elaboration = model.elaborate()
    assert tied(elaboration) == ({"head.weight": "embed.weight"} if given else {})
    head = next(c for c in count(elaboration).children if c.name == "head")
    assert head.parameters == (0 if given else 60)


def test_weights_of_other_cases_have_rows_of_their_own(tmp_path):
    counts = count(load(written(tmp_path, TIED)).elaborate())
    rest = [c for c in counts.children if c.kind == "for other inputs"]
    assert [(c.name, c.parameters) for c in rest] == [("gate", 7)]


def test_repeats_fold_into_one_row(tmp_path):
    counts = count(load(written(tmp_path, SMALL), depth=4).elaborate())
    found = [(r.depth, r.name, r.repeats, r.times) for r in rows(counts)]
    assert found[1] == (0, "layers.0-3", 4, 4)
    assert found[2] == (1, "fc", 1, 4)
    top = list(rows(counts, depth=1))
    assert sum(r.counts.parameters * r.times for r in top) == counts.parameters
    assert {r.depth for r in top} == {0}


def test_rows_that_differ_do_not_fold(tmp_path):
    counts = count(load(written(tmp_path, SMALL), depth=3).elaborate())
    layers = [c for c in counts.children if c.name.startswith("layers")]
    odd = replace(layers[1], parameters=1)
    children = (layers[0], odd, layers[2])
    assert len(list(rows(replace(counts, children=children), depth=1))) == 3


def test_sizes_are_given_usual_or_refused():
    elaboration = load("unet_resnet18").elaborate()
    assert sizes(elaboration, elaboration.primary, {"H": 64}) == {"B": 1, "H": 64, "W": 224}
    with pytest.raises(CallError, match="no dim `Q`"):
        sizes(elaboration, elaboration.primary, {"Q": 1})
    with pytest.raises(CallError, match="multiple of 32"):
        sizes(elaboration, elaboration.primary, {"H": 100})


def test_counts_as_data(tmp_path):
    counts = count(load(written(tmp_path, SMALL)).elaborate())
    data = to_json(counts, {"B": 2})
    nodes = data["nodes"]
    assert isinstance(nodes, list)
    assert data["flops"] == 2 * 2 * (4 * 8 + 3 * 8 * 8 + 8 * 4)
    assert [n["name"] for n in nodes] == [
        "stem",
        "layers.0",
        "layers.1",
        "layers.2",
        "head",
    ]


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (512, "512 B"), (1536, "1.5 KiB"), (3 * 2**40, "3.0 TiB")]
)
def test_bytes_as_people_read_them(number, text):
    assert show_bytes(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, ""), (999, "999"), (1500, "1.50 k"), (8_178_368_512, "8.18 G")]
)
def test_numbers_as_people_read_them(number, text):
    assert show_count(number) == text
