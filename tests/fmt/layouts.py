"""Specs in odd layouts: sections in any order, comments everywhere, modules in any of their forms.

Every comment names the key that it was written for.
"""

from __future__ import annotations

from hypothesis import strategies as st

_VALUES = ("3", "0.5", "true", "null", "width // 2", '"width + 1"', "'max(1, width)'", "[1, width]")
_WORDS = st.sampled_from(("norm", "act", "proj", "fc1", "gate", "out", "0", "1"))
_OPS = st.sampled_from(
    ("ReLU", "Linear", "Conv2d", "Block", "nets.Head", "LSTM", "Upsample", "other")
)
_ARGS = st.dictionaries(
    st.sampled_from(("out_features", "bias", "mode", "kernel_size", "width", "p")),
    st.sampled_from(_VALUES),
    max_size=4,
)
_CONTROL = st.dictionaries(
    st.sampled_from(("from", "when", "key", "repeat")),
    st.sampled_from(("x", "i", "width")),
    max_size=2,
)


def _bare(value: str) -> str:
    """A value of the long form as an argument of the short one."""
    words = {"true": "True", "null": "None"}
    return words.get(value, value.strip("\"'"))


@st.composite
def _node(draw: st.DrawFn, indent: str, step: str) -> list[str]:
    """What follows a key, its first line without indentation."""
    op, args, control = draw(_OPS), draw(_ARGS), draw(_CONTROL)
    pairs = [f"op: {op}", *(f"{k}: {v}" for k, v in {**args, **control}.items())]
    form = draw(st.integers(0, 5))
    if form == 0:
        called = ", ".join(f"{k}={_bare(v)}" for k, v in args.items())
        return [f" {op}({called})" + ("(x)" if control else "")]
    if form == 1:
        return [" " + draw(st.sampled_from(("x + 1", "'relu(x)'", "[x, x]", "8", "sum([1, 2])")))]
    if form == 2:
        return [" {" + ", ".join(pairs) + "}"]
    if form == 3:
        return [" {", *(f"{indent}{step}{pair}," for pair in pairs), f"{indent}}}"]
    if form == 4:
        return [" >-", f"{indent}{step}cat([x,", f"{indent}{step}x], dim=1)"]
    order = draw(st.permutations(pairs))
    return ["", *(f"{indent}{step}{pair}" for pair in order)]


@st.composite
def _commented(draw: st.DrawFn, indent: str, key: str, lines: list[str]) -> list[str]:
    """`key` with its value and comments that name it."""
    head = [f"{indent}# {key} above"] if draw(st.booleans()) else []
    if draw(st.booleans()):
        head.insert(0, "")
    first = f"{indent}{key}:{lines[0]}"
    if draw(st.booleans()):
        first += f"   # {key} beside"
    return [*head, first, *lines[1:]]


@st.composite
def _graph(draw: st.DrawFn, indent: str, step: str) -> list[str]:
    names = draw(st.lists(_WORDS, min_size=1, max_size=5, unique=True))
    found: list[str] = []
    for name in names:
        found += draw(_commented(indent, name, draw(_node(indent, step))))
    if draw(st.booleans()):
        found.append(f"{indent}# tail of {names[-1]}")
    return found


@st.composite
def layouts(draw: st.DrawFn) -> str:
    step = draw(st.sampled_from(("  ", "    ", " ")))
    sections = {
        "netwright": [" 1"],
        "model": [" 'Net'"],
        "doc": [' "A network."'],
        "use": ["", f"{step}nets: nets.yaml"],
        "params": [" {width: 8, depth: {default: 2, type: int}}"],
        "inputs": ["", f"{step}x: 'float[B, 8]'"],
        "graph": ["", *draw(_graph(step, step))],
        "where": ["", f"{step}- width > 1", f"{step}- depth > 1"],
        "init": [" [{with: zeros, match: Linear.bias}]"],
        "blocks": [
            "",
            f"{step}Block:",
            f"{step * 2}graph:",
            *draw(_graph(step * 3, step)),
            f"{step * 2}params: {{mode: str, width: 4}}",
        ],
    }
    order = draw(st.permutations(list(sections)))
    lines: list[str] = []
    for key in order:
        lines += draw(_commented("", key, sections[key]))
    return "\n".join(lines) + "\n"
