"""Specs that look like specs: broken pieces of real ones, and grammar without sense."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.yaml"))
TEXTS = [path.read_bytes() for path in SPECS]
_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")
TOKENS = sorted({token for text in TEXTS for token in _TOKEN.findall(text)})


@st.composite
def mutated(draw: DrawFn) -> bytes:
    """A spec of the catalogue with a few tokens or bytes deleted, doubled, swapped or replaced."""
    parts = _TOKEN.findall(draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(parts) - 1))
        other = draw(st.integers(0, len(parts) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                parts[at] = b""
            case 1:
                parts[at] *= 2
            case 2:
                parts[at], parts[other] = parts[other], parts[at]
            case 3:
                parts[at] = draw(st.sampled_from(TOKENS))
            case 4:
                parts[at] = draw(st.binary(max_size=3))
            case _:
                parts[at : at + 20] = []
                parts.append(b"\n")
    return b"".join(parts)


_NAMES = st.sampled_from(["x", "y", "a", "b", "c", "n", "f", "B", "T", "H", "i", "K", "m", "pi"])
_FUNCTIONS = st.sampled_from(
    ["relu", "cat", "stack", "mean", "sum", "x.view", "a.flatten", "x.chunk", "zeros", "range",
        "len",
     "rearrange", "einsum", "interpolate", "pad", "max", "round", "linspace", "x.unbind", "arange",
     "scaled_dot_product_attention", "x.expand", "where", "one_hot", "topk", "K", "Linear", "m"]
)  # fmt: skip
_ATOMS = st.one_of(
    _NAMES,
    st.integers(-3, 9).map(str),
    st.sampled_from(
        ["0.5", "1e-5", "10**9", "None", "True", "'same'", "'b c -> c b'", "[]", "...", "training"]
    ),
)


def _compound(inner: SearchStrategy[str]) -> SearchStrategy[str]:
    operators = ["+", "-", "*", "/", "//", "%", "**", "@", "==", "<", "and", "or", "in", "is", "&"]
    items = st.lists(inner, max_size=3).map(", ".join)
    return st.one_of(
        st.tuples(inner, st.sampled_from(operators), inner).map(" ".join),
        st.tuples(_FUNCTIONS, items).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(_FUNCTIONS, inner, st.sampled_from(["dim", "size", "x", "dtype"]), inner).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]}={t[3]})"
        ),
        items.map(lambda t: f"[{t}]"),
        st.tuples(inner, items).map(lambda t: f"({t[0]})[{t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]})[{t[1]}:]"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]} for i in {t[1]}]"),
        st.tuples(inner, st.sampled_from(["shape", "h_n", "weight", "T", "dtype"])).map(
            lambda t: f"({t[0]}).{t[1]}"
        ),
        inner.map(lambda t: f"-{t}"),
        inner.map(lambda t: f"not {t}"),
    )


EXPRESSIONS = st.recursive(_ATOMS, _compound, max_leaves=6)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_MODULES = st.sampled_from(
    ["ReLU", "Linear(out_features=4)", "Conv2d(out_channels=4, kernel_size=3)",
        "LSTM(hidden_size=4)", "K",
     "BatchNorm2d", "LayerNorm", "Embedding(num_embeddings=9, embedding_dim=4)", "K(n=2)", "m",
     "Flatten",
     "MultiheadAttention(num_heads=2)", "Linear(out_features=n)(x)", "K()(x)", "Dropout(p=n)"]
)  # fmt: skip
_SCALARS = st.one_of(EXPRESSIONS.map(_quoted), _MODULES.map(_quoted))


@st.composite
def _long(draw: DrawFn) -> str:
    """A node in long form with any control keys."""
    parts = {draw(st.sampled_from(["op", "graph", "parameter", "buffer"])): draw(_SCALARS)}
    if "graph" in parts:
        parts["graph"] = f"{{a: {draw(_SCALARS)}, b: {draw(_SCALARS)}}}"
    keys = ["repeat", "each", "scan", "when", "else", "from", "key", "take", "shared", "collect",
            "checkpoint", "frozen", "out_features", "n", "init", "persistent",
            "outputs"]  # fmt: skip
    for key in draw(st.lists(st.sampled_from(keys), max_size=3, unique=True)):
        values = st.one_of(
            EXPRESSIONS.map(_quoted), st.sampled_from(["2", "true", "[x, a]", "{x: a}"])
        )
        held = draw(values)
        if key in ("each", "scan"):
            held = _quoted(f"i in {draw(EXPRESSIONS)}" + " over T" * (key == "scan"))
        parts[key] = held
    return "{" + ", ".join(f"{k}: {v}" for k, v in parts.items()) + "}"


_NODE = st.one_of(_SCALARS, _long())
_TYPES = st.sampled_from(
    ["float[B, 4]", "float[B, C, H, W]", "int[B, T]", "float[...]", "float[B, n]",
     "list[float[B, 4]]",
     "bool[T]", "float[B, T, 4]", "float[..., 2 * n]", "int[]"]
)  # fmt: skip


@st.composite
def specs(draw: DrawFn) -> str:
    """A whole spec: two inputs, params, nodes, a block, and some of what stands beside a graph."""
    optional = draw(st.sampled_from(["", ", optional: true"]))
    lines = ["netwright: 1", "model: M", "params: {n: 2, f: 0.5, m: {type: module, default: ReLU}}"]
    lines.append(f"inputs: {{x: '{draw(_TYPES)}', y: {{type: '{draw(_TYPES)}'{optional}}}}}")
    lines.append("graph:")
    names = draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True))
    lines += [f"  {name}: {draw(_NODE)}" for name in names]
    beside = {
        "where": st.lists(EXPRESSIONS.map(_quoted), max_size=2).map(lambda t: f"[{', '.join(t)}]"),
        "outputs": EXPRESSIONS.map(lambda t: f"{{o: {_quoted(t)}}}"),
        "tie": EXPRESSIONS.map(lambda t: f"{{a.weight: {_quoted(t)}}}"),
        "init": EXPRESSIONS.map(lambda t: f"[{{match: '*', with: {_quoted(t)}}}]"),
        "variants": EXPRESSIONS.map(lambda t: f"{{v: {{n: {_quoted(t)}}}}}"),
        "methods": EXPRESSIONS.map(lambda t: f"{{g: {{outputs: {{o: {_quoted(t)}}}}}}}"),
        "state": st.just("{y: o}"),
    }
    keys = draw(st.lists(st.sampled_from(sorted(beside)), max_size=2, unique=True))
    lines += [f"{key}: {draw(beside[key])}" for key in keys]
    lines += ["blocks:", "  K:", "    params: {n: 3}", f"    inputs: {{x: '{draw(_TYPES)}'}}"]
    lines += ["    graph:", f"      a: {draw(_NODE)}", f"      b: {draw(_NODE)}"]
    return "\n".join(lines) + "\n"
