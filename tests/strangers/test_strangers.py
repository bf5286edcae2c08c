"""Random specs agree everywhere; and what the generator, oracle and edits are built of works."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
import torch
from netwright.frontend.load import load_text
from netwright.ops.table import FUNCTIONS, MODULES

from tests.strangers import functions, modules
from tests.strangers.compare import compare, errors_of
from tests.strangers.examine import examine, prepare
from tests.strangers.grammar import TYPES, Drawn, draw, meeting, run, runs
from tests.strangers.hand import Hand, NothingFits, World
from tests.strangers.lowered import linear_scan, rearrange, reduce
from tests.strangers.mutate import judged, mutants
from tests.strangers.printed import library_of, text_of
from tests.strangers.shrink import shrunk
from tests.strangers.state import Frame, Store, strict
from tests.strangers.syntax import (
    Block,
    Expression,
    Graph,
    Inline,
    Input,
    Module,
    Node,
    Parameter,
    Spec,
    all_needed,
    texts,
)

CHUNKS = 30
PER_CHUNK = 10
RICH = (*(f"{word}[{', '.join(map(str, dims))}]" for word, dims in TYPES), "float[B, T, 12]",
        "float[B, 4, D, H, W]", "float[3, 8]", "float[B, 3, 4, 4]", "float[1, B, 1]")  # fmt: skip
COLUMNS = ((5, 6, 9, 10, 7, 12, 14), (9, 11, 5, 6, 13, 4, 8), (13, 15, 12, 7, 4, 8, 5))


@pytest.fixture(autouse=True)
def _prepared() -> None:
    prepare()


@pytest.fixture(scope="module")
def specs() -> list[Drawn]:
    return [draw(seed) for seed in range(200)]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_strangers_agree(chunk: int) -> None:
    """What fails here says the number: `python -m tests.strangers --count 1 --seed N` shows it."""
    first = chunk * PER_CHUNK
    done = [examine(seed, small=False) for seed in range(first, first + PER_CHUNK)]
    assert [(fault.seed, fault.stage, fault.found) for e in done for fault in e.faults] == []
    assert sum(e.refused for e in done) >= PER_CHUNK - 1


# The generator ------------------------------------------------------------------------------


def test_a_number_is_one_spec() -> None:
    assert [text_of(draw(seed).spec) for seed in range(5)] == [
        text_of(draw(seed).spec) for seed in range(5)
    ]


def test_drawn_specs_load_and_run(specs: list[Drawn]) -> None:
    for drawn in specs[:40]:
        spec = replace(drawn.spec, library=frozenset())
        loaded = load_text(text_of(spec), "spec.yaml")
        assert loaded.module is not None, [d.message for d in loaded.report]
        assert runs(drawn)


def test_every_op_can_be_written() -> None:
    """Among values of many types, some proposal of each op is taken."""
    hand = _rich()
    missing = set(FUNCTIONS) | set(MODULES)
    with strict():
        for name in sorted(missing):
            if any(_written(hand, name) for _ in range(120)):
                missing.discard(name)
    assert missing == set()


def _rich() -> Hand:
    """A hand with a value of every type that inputs have."""
    spec = Spec(Block("M", {}, {f"x{k}": Input(t) for k, t in enumerate(RICH)}, Graph(())))
    sizes = tuple(dict(zip("BTHWLDN", c, strict=True)) for c in COLUMNS)
    drawn = Drawn(0, spec, sizes, frozenset())
    frames = [Frame("", {**inputs, **at}) for inputs, at in zip(drawn.draws(), sizes, strict=True)]
    hand = Hand(World(Random(0), len(frames)), frames, Store(), None)
    hand.pool = [hand.value(name) for name in spec.model.inputs]
    return hand


def _written(hand: Hand, name: str) -> bool:
    """Whether a proposal of an op is taken; what it gives is not kept."""
    pool, nodes = list(hand.pool), list(hand.nodes)
    try:
        if name in FUNCTIONS:
            hand.expression(functions.call(hand, name))
        else:
            args, inputs = modules.propose(hand, name)
            hand.add(Module(hand.name("m"), name, args, tuple(inputs)))
    except NothingFits:
        hand.drop_pending()
        return False
    hand.pool, hand.nodes = pool, nodes
    return True


def test_every_kind_of_node_is_drawn(specs: list[Drawn]) -> None:
    found: Counter[str] = Counter()
    for drawn in specs:
        found.update(_features(drawn.spec))
    wanted = (
        "Expression", "Module", "Inline", "Parameter", "Buffer", "repeat", "collect", "shared",
        "each", "scan", "when", "else", "blocks", "params", "variants", "init", "tie", "methods",
        "where", "optional", "outputs", "training", "unpacked", "library", "list", "module param",
        "key", "frozen", "checkpoint", "take", "entering",
    )  # fmt: skip
    assert [name for name in wanted if not found[name]] == []


def _features(spec: Spec) -> set[str]:
    nodes = [node for graph in spec.graphs() for node in graph.nodes]
    found = {type(node).__name__ for node in nodes}
    for node in nodes:
        if isinstance(node, Module | Inline):
            found |= set(node.control)
        if ", " in node.name:
            found.add("unpacked")
    for name in ("blocks", "variants", "init", "tie", "methods", "library"):
        found |= {name} if getattr(spec, name) else set()
    found |= {"params"} if spec.model.params else set()
    found |= {"where"} if spec.model.where else set()
    found |= {"outputs"} if len(spec.model.graph.outputs) > 1 else set()
    found |= {"optional"} if any(i.optional for i in spec.model.inputs.values()) else set()
    blocks = (spec.model, *spec.blocks)
    declared = [i.type for block in blocks for i in block.inputs.values()]
    found |= {"list"} if any(type_.startswith("list") for type_ in declared) else set()
    defaults = [text for block in blocks for text in block.params.values()]
    found |= {"module param"} if any(text[0].isupper() for text in defaults) else set()
    found |= {"entering"} if any(m.inputs for m in spec.methods.values()) else set()
    if any("training" in text for graph in spec.graphs() for text in texts(graph)):
        found.add("training")
    return found


# The oracle ---------------------------------------------------------------------------------


def small(*nodes: Node, outputs: str = "y", type_: str = "float[B, 4]") -> Drawn:
    model = Block("M", {}, {"x": Input(type_)}, Graph(nodes, {"out": outputs}))
    return Drawn(0, Spec(model), ({"B": 5}, {"B": 9}, {"B": 12}), frozenset())


def test_sizes_meet_constraints() -> None:
    where = ("H % 3 == 0", "L == 2 * W + 1", "T >= 4")
    assert meeting(where, {"H": 5, "L": 6, "T": 7, "W": 8}) == {"H": 15, "L": 17, "T": 7, "W": 8}


def test_the_oracle_takes_what_torch_takes() -> None:
    assert runs(small(Expression("y", "x @ x.transpose(0, 1)")))
    assert not runs(small(Expression("y", "x @ x")))


def test_the_oracle_refuses_a_weight_that_depends_on_an_input() -> None:
    fc = Module("fc", "Linear", {"out_features": "3"}, ("x.transpose(0, 1)",))
    assert not runs(small(fc, Expression("y", "fc")))


def test_the_oracle_names_weights_as_specs_do() -> None:
    body = Graph((Module("fc", "Linear", {"out_features": "4"}), Expression("act", "relu(fc)")))
    layers = Inline("layers", body, control={"repeat": "2"})
    store = Store()
    run(small(layers, Parameter("w", "[4]"), outputs="layers * w"), None, store)
    names = [f"layers.{k}.fc.{weight}" for k in (0, 1) for weight in ("weight", "bias")]
    assert sorted(store.state()) == sorted(["w", *names])


@pytest.mark.parametrize(
    ("key", "expected"),
    [("a.b", "a.b"), ("", ""), ("l{1 + 1}", "l2")],
)
def test_the_oracle_keeps_weights_where_a_key_says(key: str, expected: str) -> None:
    body = Graph((Module("fc", "Linear", {"out_features": "4"}),))
    store = Store()
    run(small(Inline("y", body, control={"key": key, "frozen": "True"})), None, store)
    path = f"{expected}.fc".strip(".")
    assert sorted(store.state()) == [f"{path}.bias", f"{path}.weight"]


def test_the_oracle_knows_what_is_frozen() -> None:
    store = Store()
    layers = [Module(n, "Linear", {"out_features": "4"}) for n in ("a", "b")]
    run(small(layers[0], replace(layers[1], control={"frozen": "True"}), outputs="b"), None, store)
    assert store.learned() == {"a.weight", "a.bias"}


def test_the_oracle_builds_only_what_is_taken() -> None:
    nodes = [Module(n, "Linear", {"out_features": "3"}, ("x",)) for n in ("a", "b")]
    block = Block("Two", {}, {"x": Input("float[B, 4]")}, Graph(tuple(nodes)))
    drawn = small(Module("y", "Two", control={"take": "[a]"}), outputs="y[0]")
    store = Store()
    run(replace(drawn, spec=replace(drawn.spec, blocks=(block,))), None, store)
    assert sorted(store.state()) == ["y.a.bias", "y.a.weight"]


@pytest.mark.parametrize(
    ("pattern", "lengths", "expected"),
    [
        ("b (h d) w -> b h (d w)", {"h": 2}, (3, 2, 10)),
        ("b c w -> (b c) w", {}, (12, 5)),
        ("... w -> w ...", {}, (5, 3, 4)),
    ],
)
def test_rearrange(pattern: str, lengths: dict[str, int], expected: tuple[int, ...]) -> None:
    x = torch.arange(60.0).reshape(3, 4, 5)
    found = rearrange(x, pattern, **lengths)
    assert tuple(found.shape) == expected
    assert found.sum() == x.sum()


def test_reduce_and_scan() -> None:
    x = torch.arange(24.0).reshape(2, 3, 4)
    assert torch.equal(reduce(x, "b c w -> w b", "sum"), x.sum(1).T)
    halves = torch.full((2, 3, 4), 0.5)
    found = linear_scan(halves, x, dim=1)
    assert torch.equal(found[:, 1], 0.5 * x[:, 0] + x[:, 1])


# Comparison, edits, shrinking ---------------------------------------------------------------


def test_what_agrees_is_no_failure() -> None:
    assert compare(small(Module("y", "Linear", {"out_features": "3"}))).failure is None


def test_what_the_checker_refuses_is_a_failure() -> None:
    failure = compare(small(Expression("y", "x + z"))).failure
    assert failure is not None
    assert failure.stage == "check"


def test_a_mutant_is_judged_by_torch_and_by_the_checker() -> None:
    found = judged(small(Expression("y", "x + x[0, :3]")), "by hand")
    assert found is not None
    assert found.verdict == "refused"
    assert found.errors
    assert found.agrees
    assert not replace(found, errors=()).agrees


def test_what_wants_room_depends_on_sizes_and_is_left_to_the_run_time() -> None:
    drawn = small(Expression("y", "x.unflatten(0, [7, -1])"))
    found = judged(drawn, "by hand")
    assert found is not None
    assert found.verdict == "depends"


def test_specs_have_an_invalid_mutant(specs: list[Drawn]) -> None:
    assert all(any(m.verdict == "refused" for m in mutants(drawn)) for drawn in specs[:20])


def test_shrinking_keeps_what_fails() -> None:
    drawn = small(
        Expression("a", "x * 2"),
        Expression("b", "a + 1"),
        Module("c", "Linear", {"out_features": "3"}, ("b",)),
        Expression("y", "erfinv(x)"),
        outputs="[y, c]",
    )

    def fails(candidate: Drawn) -> bool:
        return "erfinv" in text_of(candidate.spec)

    assert [node.name for node in shrunk(drawn, fails).spec.model.graph.nodes] == ["y"]


def test_what_nothing_needs_is_left_out() -> None:
    drawn = small(Expression("a", "x * 2"), Expression("b", "a + 1"), Expression("y", "x"))
    assert [node.name for node in all_needed(drawn.spec).model.graph.nodes] == ["y"]


def test_blocks_of_a_library_stand_in_a_second_file() -> None:
    block = Block("Half", {}, {"x": Input("float[B, C]")}, Graph((Expression("y", "x / 2"),)))
    spec = replace(small(Module("y", "Half")).spec, blocks=(block,), library=frozenset({"Half"}))
    assert "y: parts.Half\n" in text_of(spec)
    assert "blocks" not in text_of(spec)
    assert "  Half:\n" in library_of(spec)
    assert errors_of(spec) == []


def test_printed_specs_are_read_as_they_were_drawn() -> None:
    """Quoting: what has a colon, a brace or a hash in it is a text all the same."""
    assert errors_of(small(Expression("y", "x[:, :2] + x[..., 2:]")).spec) == []
    node = Module("y", "Conv1d", {"out_channels": "2", "kernel_size": "1", "padding": "'same'"})
    long = replace(node, inputs=("x[:, :, None]",), long=True)
    assert errors_of(small(long).spec) == []
