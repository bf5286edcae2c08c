"""Sound specs of up to 1 MiB, as large as a file may be in one respect or another, or larger."""

from __future__ import annotations

from benchmarks.generated import spec

_LIMIT = 2**20 - 1000
_HEAD = 'netwright: 1\nmodel: M\ninputs: {x: "float[B, 3, H, W]"}\n'


def specs() -> dict[str, str]:
    """Texts by what there is much of."""
    repeated = "{{op: Linear(out_features=8 + i), repeat: 10}}"
    block = "{{inputs: {{x: 'float[B, 3, H, W]'}}, graph: {{a: ReLU}}}}"
    return {
        "5,000 nodes of five forms": spec(5_000),
        "nodes of five forms, 1 MiB": _full(spec(40_000)),
        "short nodes, 1 MiB": _full(_graph("ReLU", 90_000)),
        "5,000 convolutions": _graph("Conv2d(out_channels=8, kernel_size=3)", 5_000),
        "5,000 sums": _graph("x + x", 5_000),
        "5,000 long expressions": _graph("x + x * 2 - x / 3 + (x + 1) * (x - 2) + relu(x)", 5_000),
        "5,000 distinct layers in loops": _graph(repeated, 5_000),
        "5,000 blocks, each used": _graph("K{k}", 5_000)
        + _many("blocks", f"K{{k}}: {block}", 5_000),
        "params, each from the last": _HEAD
        + "graph: {a: ReLU}\n"
        + _many("params", "p{k}: {{type: int, default: p{p} + 1}}", 9_000).replace("p-1 + 1", "1"),
        "variants": _HEAD
        + "graph: {a: Linear(out_features=n)}\nparams: {n: 1}\n"
        + _many("variants", "v{k}: {{n: {k} + 1}}", 6_000),
        "5,000 methods of 5,000 nodes": _graph("ReLU", 5_000)
        + _many("methods", "m{k}: {{outputs: {{o: n{k}}}}}", 5_000),
        "5,000 rules for 5,000 layers": _graph("Linear(out_features=8)", 5_000)
        + _many("init", "- {{match: 'n{k}.weight', with: zeros}}", 5_000),
        "constraints": _HEAD + "graph: {a: ReLU}\n" + _many("where", "- B > {k} - 10**5", 12_000),
        "unused params": _HEAD + "graph: {a: ReLU}\n" + _many("params", "p{k}: {k}", 40_000),
        "40,000 numbers": _HEAD + f"graph: {{a: ReLU}}\nparams: {{n: [{'1, ' * 40_000}1]}}\n",
        "comments, 1 MiB": _HEAD + "graph: {a: ReLU}\n" + "# more\n" * 149_000,
    }


def _graph(node: str, count: int) -> str:
    return _HEAD + _many("graph", f"n{{k}}: {node}", count)


def _many(key: str, line: str, count: int) -> str:
    """`count` lines under a key; `{k}` in a line is its number, `{p}` that of the one before."""
    return f"{key}:\n" + "".join(f"  {line.format(k=k, p=k - 1)}\n" for k in range(count))


def _full(text: str) -> str:
    """As many whole lines of `text` as a file may have characters."""
    return text[:_LIMIT].rpartition("\n")[0] + "\n"
