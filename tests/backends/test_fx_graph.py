"""Graphs: inputs and outputs, sizes, nodes and their names, dtypes, devices, modes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from netwright.backends.fx import functions
from torch.utils import _pytree as pytree

from tests.backends.specs import lowered

ROWS = 'inputs: {x: "float[B, T, 4]"}\n'


@pytest.fixture
def _double() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def test_several_outputs_are_a_named_tuple() -> None:
    module = lowered(ROWS + "graph: {a: x + 1, b: x * 2}\noutputs: {a: a, pair: '[a, b]', n: T}\n")
    x = torch.rand(2, 3, 4)
    out = module(x)
    assert out._fields == ("a", "pair", "n")
    assert out.n == 3
    torch.testing.assert_close(out.pair[1], x * 2)
    assert len(pytree.tree_leaves(out)) == 4
    assert type(out).__name__ == "MOutput"


def test_sizes_are_computed_once_from_the_inputs() -> None:
    text = """inputs: {x: "float[B, 4, H, W]"}
where: [H % 2 == 0, W % 2 == 0]
graph:
  parts: x.reshape([B, 4, H // 2, 2, W // 2, 2])
  flat: parts.permute([0, 1, 2, 4, 3, 5]).reshape([B, 4, H * W // 4, 4])
  grid: arange(H * W // 4)
  out: flat + grid[:, None]
"""
    module = lowered(text)
    sizes = [n for n in module.graph.nodes if n.target == "size"]
    assert len(sizes) == 3
    for shape in ((1, 4, 6, 8), (3, 4, 2, 2)):
        assert module(torch.rand(shape)).shape == (shape[0], 4, shape[2] * shape[3] // 4, 4)


def test_nodes_say_where_they_come_from() -> None:
    text = f"""{ROWS}graph:
  layers: {{repeat: 2, graph: {{fc: Linear(out_features=4), act: relu(fc)}}}}
"""
    module = lowered(text)
    called = {n.name: n.meta["netwright"] for n in module.graph.nodes if "netwright" in n.meta}
    assert list(called) == ["x", "layers_0_fc", "layers_0_act", "layers_1_fc", "layers_1_act"]
    path, span, type_, _ = called["layers_1_act"]
    assert path == ("layers", "1", "act")
    assert (span.file, span.line) == ("f.yaml", 5)
    assert str(type_) == "float[B, T, 4]"


def test_each_of_several_results_says_what_it_is() -> None:
    module = lowered(f"""{ROWS}graph:
  a, b: chunk(x, 2, dim=-1)
  out: a.reshape([B, T * 2]) + b.flatten(1)
""")
    types = {n.name: str(n.meta["netwright"].type) for n in module.graph.nodes if n.meta}
    assert types == {
        "x": "float[B, T, 4]",
        "a_b": "None",
        "a": "float[B, T, 2]",
        "out": "float[B, 2 * T]",
        "b": "float[B, T, 2]",
        "out_1": "float[B, 2 * T]",
        "out_2": "float[B, 2 * T]",
    }


def test_an_optional_input_of_another_case_is_refused() -> None:
    text = """inputs: {x: "float[B, 4]", mask: {type: "bool[B, 4]", optional: true}}
graph: {out: "x.masked_fill(~mask, 0.0) if mask is not None else x"}
"""
    x, mask = torch.rand(2, 4), torch.zeros(2, 4, dtype=torch.bool)
    torch.testing.assert_close(lowered(text)(x), x)
    assert not lowered(text, "mask")(x, mask).any()
    with pytest.raises(ValueError, match="without `mask`"):
        lowered(text)(x, mask)


def test_lists_of_tensors() -> None:
    text = """inputs: {maps: "list[float[B, C, N]]"}
graph: {out: "maps[0] * arange(N) + maps[1]"}
"""
    module = lowered(text)
    a, b = torch.rand(2, 3, 5), torch.rand(2, 3, 5)
    torch.testing.assert_close(module([a, b]), a * torch.arange(5) + b)


@pytest.mark.usefixtures("_double")
def test_integers_become_floats_of_the_build() -> None:
    text = """inputs: {x: "int[B]"}
graph: {half: x / 2, root: sqrt(x), scaled: x * 0.1, made: "zeros([B]) + half", cast: x.float()}
outputs: {half: half, root: root, scaled: scaled, made: made, cast: cast}
"""
    module = lowered(text)
    torch.set_default_dtype(torch.float32)
    x = torch.tensor([1, 2])
    assert [out.dtype for out in module(x)] == [torch.float64] * 5
    torch.testing.assert_close(module(x).half, torch.tensor([0.5, 1.0], dtype=torch.float64))


def test_functions_follow_the_mode() -> None:
    text = f"{ROWS}graph: {{a: 'dropout(x, 0.5)', b: 'drop_path(a, 0.5)'}}\n"
    x = torch.ones(64, 8, 4)
    torch.testing.assert_close(lowered(text)(x), x)
    trained = lowered(text, training=True)(x)
    assert set(trained.unique().tolist()) == {0.0, 4.0}
    assert (trained.flatten(1) == 0).all(1).any()


def test_attention_drops_in_training_only() -> None:
    text = 'inputs: {x: "float[B, 2, T, 4]"}\n' + (
        "graph: {out: 'scaled_dot_product_attention(x, x, x, dropout_p=0.5)'}\n"
    )
    x = torch.rand(2, 2, 8, 4)
    plain = torch.nn.functional.scaled_dot_product_attention(x, x, x)
    torch.testing.assert_close(lowered(text)(x), plain)
    assert not torch.equal(lowered(text, training=True)(x), plain)


def test_training_decides_what_the_graph_holds() -> None:
    text = f"{ROWS}graph: {{out: x * 2 if training else x * 3}}\n"
    x = torch.ones(1, 1, 4)
    assert lowered(text)(x).max() == 3
    assert lowered(text, training=True)(x).max() == 2


def test_linear_scan_is_the_recurrence() -> None:
    a, b = torch.rand(2, 7, 3, dtype=torch.float64), torch.rand(2, 7, 3, dtype=torch.float64)
    h = torch.zeros(2, 3, dtype=torch.float64)
    expected = []
    for t in range(7):
        h = a[:, t] * h + b[:, t]
        expected.append(h)
    torch.testing.assert_close(functions.linear_scan(a, b, 1), torch.stack(expected, 1))


def test_modules_with_several_results() -> None:
    text = f"""{ROWS}graph:
  lstm: LSTM(hidden_size=4, batch_first=True)
  again: LSTM(hidden_size=4, batch_first=True)(lstm, [lstm.h_n, lstm.c_n])
  attn: MultiheadAttention(num_heads=2, batch_first=True)(again, again, again, need_weights=False)
  gru: GRU(hidden_size=3, batch_first=True)(attn)
outputs: {{y: gru, h: gru.h_n, c: lstm.c_n}}
"""
    module = lowered(text).eval()
    x = torch.rand(2, 5, 4)
    sub = module.get_submodule
    y, state = sub("lstm")(x)
    y, _ = sub("again")(y, state)
    y, _ = sub("attn")(y, y, y, need_weights=False)
    expected, h = sub("gru")(y)
    out = module(x)
    torch.testing.assert_close(out.y, expected)
    torch.testing.assert_close(out.h, h)
    torch.testing.assert_close(out.c, state[1])


def test_einsum_with_names_and_rearrange() -> None:
    text = f"""{ROWS}graph:
  scores: einsum("b time c, b key c -> b time key", x, x)
  out: rearrange(scores, "b t (h k) -> b h t k", h=1)
"""
    x = torch.rand(2, 3, 4)
    torch.testing.assert_close(lowered(text)(x)[:, 0], x @ x.mT)


def test_factories_make_tensors_where_the_input_is() -> None:
    text = f"""{ROWS}graph:
  steps: arange(T)
  inner: {{from: x, graph: {{noise: "randn([T, 4])", out: "noise * steps[:, None]"}}}}
  out: x + inner
"""
    module = lowered(text)
    assert module(torch.empty(2, 3, 4, device="meta")).is_meta
    assert not module(torch.empty(2, 3, 4)).is_meta


def test_a_written_mode_stays() -> None:
    text = f"{ROWS}graph: {{out: 'dropout(x, 0.5, True)'}}\n"
    assert (lowered(text)(torch.ones(8, 8, 4)) == 0).any()


def test_indices_and_cells() -> None:
    text = """inputs: {x: "float[B, 4, H, W]"}
graph:
  pool: MaxPool2d(kernel_size=2, return_indices=True)
  bare: MaxPool2d(kernel_size=2)(x)
  cell: LSTMCell(hidden_size=5)(bare.mean([2, 3]))
  again: cell(bare.mean([2, 3]), [cell.h_1, cell.c_1])
outputs: {pooled: pool, indices: pool.indices, h: again}
"""
    module = lowered(text)
    x = torch.rand(2, 4, 6, 6)
    pooled, indices = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
    cell, mean = module.get_submodule("cell"), pooled.mean([2, 3])
    out = module(x)
    torch.testing.assert_close(out.pooled, pooled)
    assert torch.equal(out.indices, indices)
    torch.testing.assert_close(out.h, cell(mean, cell(mean))[0])


def test_what_torch_does_with_graphs() -> None:
    text = """inputs: {x: "float[B, 4, H, W]", mask: {type: "bool[B]", optional: true}}
graph:
  conv: Conv2d(out_channels=4, kernel_size=3, stride=2, padding=1)
  grid: arange((H + 1) // 2)
  out: conv + grid[:, None]
"""
    module, x = lowered(text), torch.rand(2, 4, 7, 9)
    expected = module(x)
    torch.testing.assert_close(torch.fx.Interpreter(module).run(x), expected)
    dynamic = torch.export.Dim.DYNAMIC
    shapes = {"x": {0: dynamic, 2: dynamic, 3: dynamic}}
    program = torch.export.export(module, (x,), dynamic_shapes=shapes)
    torch.testing.assert_close(program.module()(x), expected)
    larger = torch.rand(3, 4, 12, 5)
    torch.testing.assert_close(program.module()(larger), module(larger))
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), expected)
