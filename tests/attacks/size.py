"""Specs that are small, or a megabyte at most, and would cost gigabytes or hours."""

from tests.attacks.attack import HEAD, Attack, beside, node, quoted, value

M = 1 << 20
TINY = 'netwright: 1\nmodel: M\ninputs: {x: "float[8]"}\n'
IMAGE = 'netwright: 1\nmodel: M\ninputs: {x: "float[B, C, H, W]"}\n'
SEQUENCE = 'netwright: 1\nmodel: M\ninputs: {x: "float[B, T, 8]"}\n'
WIDE = 'netwright: 1\nmodel: M\ninputs: {x: "float[1000000000, 8]"}\n'
TOO_MUCH = "E0501"


def graph(*nodes: str, head: str = HEAD) -> str:
    return head + "graph:\n" + "".join(f"  {n}\n" for n in nodes)


def chain(first: str, step: str, count: int, head: str = HEAD) -> str:
    """`n0: first` and then `step` with `{p}` the node before."""
    nodes = [f"n{k}: {step.replace('{p}', f'n{k - 1}')}" for k in range(1, count)]
    return graph(f"n0: {first}", *nodes, head=head)


def halls(depth: int, width: int) -> str:
    """Blocks that each hold `width` of the next: `width ** depth` modules."""
    blocks = "  K0: {inputs: {x: 'float[B, 8]'}, graph: {a: Linear(out_features=8)}}\n"
    for level in range(1, depth):
        inner = ", ".join(f"a{k}: K{level - 1}" for k in range(width))
        blocks += f"  K{level}: {{inputs: {{x: 'float[B, 8]'}}, graph: {{{inner}}}}}\n"
    return graph(f"a: K{depth - 1}") + f"blocks:\n{blocks}"


def _anagram(number: int) -> str:
    """The same letters in another order for every number."""
    letters = list("abcdefghijklmnopqrstuvwxyz" * 2)
    name = ""
    for _ in range(50):
        number, at = divmod(number * 31 + 7, len(letters))
        name += letters.pop(at)
    return name


_ALIASES = "a0: &a0 [1, 1]\n" + "".join(
    f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]\n" for k in range(1, 40)
)

_TEXT = {
    "brackets": ("[" * 200_000, TOO_MUCH),
    "braces": ("{" * 200_000, TOO_MUCH),
    "brackets in a value": ("a: " + "[1," * 200_000, TOO_MUCH),
    "brackets inside quotes": (value('"' + "[" * 60_000 + '"'), TOO_MUCH),
    "dashes": ("- " * (M // 2), TOO_MUCH),
    "question marks": ("? " * (M // 2), TOO_MUCH),
    "colons": ("a: " * (M // 3), "E0101"),
    "deep rows": ("".join(" " * k + f"a{k}:\n" for k in range(1400)), TOO_MUCH),
    "deep flow": ("a: " + "{a: " * 80 + "1" + "}" * 80, TOO_MUCH),
    "long scalar": ("doc: " + "a" * M, TOO_MUCH),
    "long quoted scalar": ('doc: "' + "a" * M + '"', TOO_MUCH),
    "long block scalar": ("doc: |\n" + "  aaaaaaaa\n" * (M // 12), TOO_MUCH),
    "long key": ("a" * M + ": 1", TOO_MUCH),
    "long comment": ("# " + "a" * (M - 200) + "\n" + value("«open»(1)"), "E0201"),
    "many keys": ("".join(f"k{k}: 1\n" for k in range(45_000)), "E0104"),
    "one key many times": ("k: 1\n" * 45_000, "E0102"),
    "many items": ("[" + "1," * (M // 2) + "1]", TOO_MUCH),
    "many empty lines": ("\n" * M, "E0101"),
    "many NULs": ("\0" * M, "E0110"),
    "many bidi marks": ("\u202e" * (M // 3), "E0110"),
    "billion laughs": (_ALIASES, "E0106"),
    "many aliases": ("a: &a 1\n" + "".join(f"b{k}: *a\n" for k in range(70_000)), "E0106"),
    "many anchors": ("".join(f"b{k}: &a{k} 1\n" for k in range(45_000)), "E0106"),
    "merge bomb": ("a: &a {b: 1}\n" + "c: {<<: *a, d: {<<: *a}}\n" * 1000, "E0106"),
    "many tags": ("".join(f"b{k}: !t 1\n" for k in range(70_000)), "E0106"),
    "many documents": ("--- 1\n" * (M // 6), "E0106"),
    "many unknown names": (graph(*(f"n{k}: y{k}" for k in range(4_500))), "E0204"),
    "many unknown functions": (graph(*(f"n{k}: relV(x)" for k in range(4_500))), "E0201"),
    "many unknown modules": (graph(*(f"n{k}: Relu" for k in range(4_500))), "E0201"),
    "many bad expressions": (graph(*(f"n{k}: 1 +" for k in range(4_500))), "E0108"),
    "many nodes": (graph(*(f"n{k}: ReLU" for k in range(45_000))), TOO_MUCH),
    "many repeated nodes": (
        graph(*(f"n{k}: {{op: Linear(out_features=8 + i), repeat: 10}}" for k in range(4_500))),
        TOO_MUCH,
    ),
    "many values": ("a:\n" + "".join(f"  k{k}: 1\n" for k in range(60_000)), TOO_MUCH),
    "many short expressions": (
        graph(*(f"n{k}: x + x * x - x / x + x * (x + x) - x * x + x" for k in range(4_500))),
        TOO_MUCH,
    ),
    "much text in lists": (
        graph(*(f"n{k}: '[{','.join('x' * 2000)}]'" for k in range(250))),
        TOO_MUCH,
    ),
    "many unused nodes": (graph(*(f"n{k}: ReLU()(x)" for k in range(4_500))), ""),
    "many anagrams": (
        graph(*(f"{_anagram(k)}: {_anagram(k + 5_000)}" for k in range(5_000))),
        "E0204",
    ),
    "long names one apart": (
        graph(*(f"{'n' * 900}{k}: {'n' * 899}{k}" for k in range(120))),
        "E0204",
    ),
    "many long expressions": (
        graph(*(f"n{k}: {'+'.join('x' * 2000)}" for k in range(250))),
        TOO_MUCH,
    ),
    "many names one apart": (graph(*(f"name_{k:05}: nam_{k:05}" for k in range(4_500))), "E0204"),
}

_EXPRESSIONS = {
    "long expression": ("+".join(["1"] * 30_000), TOO_MUCH),
    "nested brackets": ("(" * 2000 + "1" + ")" * 2000, TOO_MUCH),
    "nested lists": ("[" * 60 + "1" + "]" * 60, TOO_MUCH),
    "nested calls": ("abs(" * 60 + "1" + ")" * 60, TOO_MUCH),
    "nots": ("not " * 1000 + "x", TOO_MUCH),
    "minuses": ("-" * 4000 + "1", TOO_MUCH),
    "tildes": ("~" * 4000 + "x", TOO_MUCH),
    "long attribute walk": ("x" + ".a" * 2000, TOO_MUCH),
    "long chain of ifs": ("1 if x else " * 300 + "1", TOO_MUCH),
    "power": ("9 ** 9 ** 9", "E0410"),
    "power of a power": ("2 ** 63 ** 2", "E0410"),
    "power of a float": ("1e308 ** 2", "E0410"),
    "giant integer": ("9" * 4000, TOO_MUCH),
    "giant hexadecimal": ("0x" + "f" * 4000, TOO_MUCH),
    "giant product": ("2 ** 40 * 2 ** 40", "E0410"),
    "giant exponent": ("exp(1000)", "E0410"),
    "round to minus a million": ("round(5, -100000000)", "E0410"),
    "infinite integer": ("int(1e308 * 10)", "E0410"),
    "giant range": ("range(10 ** 12)", "E0410"),
    "giant linspace": ("linspace(0, 1, 10 ** 9)", "E0410"),
    "giant list": ("[1] * 10 ** 9", "E0410"),
    "giant text": ("'a' * 10 ** 9", "E0410"),
    "squared comprehension": ("[[j for j in range(100000)] for i in range(100000)]", TOO_MUCH),
    "cubed comprehension": (
        "len([1 for i in range(9999) if sum([1 for j in range(9999)])])",
        TOO_MUCH,
    ),
    "comprehension of tensors": ("[x.relu() for i in range(100000)]", TOO_MUCH),
    "sum of tensors": ("sum([x] * 100000)", TOO_MUCH),
    "sum of lists": ("sum([[1] * 1000 for i in range(99)], [1] * 99999)", "E0410"),
    "rank of thousands": ("zeros([1] * 100000)", TOO_MUCH),
    "division by zero": ("1 // 0", "E0410"),
}

_SIZES = {
    "unbind a billion": ("x.unbind(0)", TOO_MUCH),
    "split a billion": ("x.split(1)", TOO_MUCH),
    "chunk a billion": ("x.chunk(1000000000)", TOO_MUCH),
    "tensor_split a billion": ("x.tensor_split(1000000000)", TOO_MUCH),
}

_NODES = {
    "giant repeat": ("a: {op: ReLU, repeat: «100000000000»}", TOO_MUCH),
    "large repeat": ("«a: {op: ReLU, repeat: 100000}»", TOO_MUCH),
    "large each": ("«a: {op: 'ReLU()', each: m in range(100000), from: x}»", TOO_MUCH),
    "nested repeats": (
        "a: {repeat: 999, graph: {b: {repeat: 999, graph: {k: i * 2, c: {repeat: j in range(999), "
        "graph: {l: k + j, d: ReLU}}}}}}",
        TOO_MUCH,
    ),
    "giant range in repeat": ("a: {op: ReLU, repeat: «j in range(10 ** 12)»}", "E0410"),
}

_RECURRENT = {
    "layers of an LSTM": "a: LSTM(hidden_size=4, «num_layers»=1000000000)",
    "layers of a GRU": "a: GRU(hidden_size=4, «num_layers»=1000000000)",
    "layers of an RNN": "a: RNN(hidden_size=4, «num_layers»=1000000000)",
    "layers of a Transformer": "a: Transformer(nhead=2, «num_encoder_layers»=1000000000)(x, x)",
}

_VARIANTS = "variants:\n" + "".join(f"  v{k}: {{n: {k}}}\n" for k in range(20_000))
_LOOP = "  a: {repeat: 500, graph: {b: Linear(out_features=n + i), c: Linear(out_features=8)}}\n"

_OUTER = "outer({p}, {p}).flatten()"

ATTACKS = {
    **{k: Attack(text, code) for k, (text, code) in _TEXT.items()},
    **{k: Attack(quoted(e), code) for k, (e, code) in _EXPRESSIONS.items()},
    **{k: Attack(WIDE + f"graph:\n  a: «{e}»\n", code) for k, (e, code) in _SIZES.items()},
    **{k: Attack(node(e), code) for k, (e, code) in _NODES.items()},
    **{k: Attack(graph(e, head=SEQUENCE), TOO_MUCH) for k, e in _RECURRENT.items()},
    "doubled lists": Attack(chain("[1, 1]", "'[{p}, {p}]'", 60), TOO_MUCH),
    "doubled by addition": Attack(chain("[1, 1]", "{p} + {p}", 60), "E0410"),
    "doubled by cat": Attack(chain("x", "cat([{p}, {p}])", 200, TINY), TOO_MUCH),
    "squared by outer": Attack(chain("x.flatten()", _OUTER, 60, TINY), TOO_MUCH),
    "squared symbols": Attack(chain("x.flatten()", _OUTER, 60, IMAGE), TOO_MUCH),
    "powers of a sum": Attack(chain("B + C + H + W", "{p} ** 4", 6, IMAGE), "E0410"),
    "products of sums": Attack(chain("B + C + H + W", "{p} * {p}", 12, IMAGE), "E0410"),
    "floors of floors": Attack(chain("(B + C) // H", "({p} + W) // ({p} + H)", 30, IMAGE), "E0410"),
    "blocks in blocks": Attack(halls(60, 2), TOO_MUCH),
    "blocks too deep": Attack(halls(70, 1), TOO_MUCH),
    "variants times layers": Attack(
        HEAD + "params: {n: 1}\n" + _VARIANTS + "graph:\n" + _LOOP, TOO_MUCH),
    "many wrong variants": Attack(
        beside("params: {n: 1}\n" + _VARIANTS.replace("n: ", "n: a")), "E0204"),
    "many unknown params": Attack(
        beside("params: {n: 1}\n" + _VARIANTS.replace("n: ", "m: ")), "E0205"),
    "many optional inputs": Attack(
        'netwright: 1\nmodel: M\ninputs:\n  x: "float[B, 8]"\n'
        + "".join(f'  y{k}: {{type: "float[B, 8]", optional: true}}\n' for k in range(400))
        + "graph:\n" + "".join(f"  a{k}: x if y{k} is None else x + y{k}\n" for k in range(400)),
        TOO_MUCH),
    "giant YAML integer": Attack(beside("params: {a: «" + "9" * 60_000 + "»}"), TOO_MUCH),
    "giant YAML float": Attack(beside("params: {a: 1e99999}"), ""),
    "giant width": Attack(graph("a: Linear(out_features=9007199254740992)"), ""),
    "giant parameter": Attack(graph("a: {parameter: [9007199254740992, 8]}", "b: ReLU()(x)")),
    "width beyond int64": Attack(graph("a: Linear(out_features=«9223372036854775808»)"), TOO_MUCH),
    "a class of regex that backtracks": Attack(
        beside("init: [{match: '" + "*a" * 30_000 + "', with: zeros}]"), "E0404"),
    "backtracking key map": Attack(
        beside("weights: {w: [{match: '(a+)+$', to: z.weight}]}"), ""),
    "rules times weights": Attack(
        graph(*(f"n{k}: Linear(out_features=8)" for k in range(5_000)))
        + "init:\n" + "".join(f"  - {{match: '*n*{k}*t', with: zeros}}\n" for k in range(5_000)),
        TOO_MUCH),
    "methods times nodes": Attack(
        graph(*(f"n{k}: ReLU" for k in range(5_000))) + "methods:\n"
        + "".join(f"  m{k}: {{outputs: {{o: n{k}}}}}\n" for k in range(5_000)),
        TOO_MUCH),
    "steps of a key map": Attack(
        beside("weights:\n  w:\n" + "".join(
            f"    - {{match: 'a{k}', to: z.weight}}\n" for k in range(12_000))), ""),
    "many ties": Attack(
        beside("tie:\n" + "".join(f"  z.w{k}: z.v{k}\n" for k in range(20_000))), "E0405"),
}  # fmt: skip
