"""Texts that become identifiers, paths, docstrings or lines of a terminal."""

from tests.attacks.attack import HEAD, Attack, beside, node

USABLE = "E0211"
CHARACTER = "E0110"

_NODES = {
    "newline in a name": ('«"a\\n__import__(1)"»: ReLU', USABLE),
    "quote in a name": ("«'a\"b'»: ReLU", USABLE),
    "semicolon in a name": ("«'a;b'»: ReLU", USABLE),
    "bracket in a name": ("«'a)'»: ReLU", USABLE),
    "dot in a name": ("«a.b»: ReLU", USABLE),
    "space in a name": ("«a b»: ReLU", USABLE),
    "dunder name": ("«__class__»: ReLU", USABLE),
    "dunder init": ("«__init__»: Linear(out_features=8)", USABLE),
    "keyword": ("«class»: ReLU", USABLE),
    "lambda as a name": ("«lambda»: ReLU", USABLE),
    "None as a name": ("«None»: ReLU", USABLE),
    "greek letter": ("«α»: ReLU", USABLE),
    "confusable letter": ("«аttn»: ReLU", USABLE),
    "full width letter": ("«ｅval»: ReLU", USABLE),
    "combining letter": ("«é»: ReLU", USABLE),
    "escaped bidi mark": ('«"a\\u202eb"»: ReLU', USABLE),
    "escaped NUL": ('«"a\\0b"»: ReLU', USABLE),
    "escaped terminal code": ('«"a\\e[31mred"»: ReLU', USABLE),
    "escape in an unknown name": ('a: "«y\\e[2J»"', "E0108"),
    "confusable in an expression": ("a: «х» + 1", "E0108"),
    "minus sign": ("a: x «−» 1", "E0108"),
    "typographic quotes": ("a: rearrange(x, «“»b c -> c b”)", "E0108"),
    "forward": ("«forward»: Linear(out_features=8)", USABLE),
    "parameters": ("«parameters»: Linear(out_features=8)", USABLE),
    "train": ("«train»: Linear(out_features=8)", USABLE),
    "state_dict": ("«state_dict»: Linear(out_features=8)", USABLE),
    "to": ("«to»: Linear(out_features=8)", USABLE),
    "register_buffer": ("«register_buffer»: {buffer: 'zeros([1])'}", USABLE),
    "path of a key": ("a: {op: Linear, out_features: 8, key: «__class__»}", USABLE),
    "key of a method": ("a: {op: Linear, out_features: 8, key: «forward»}", USABLE),
    "key with a slash": ("a: {op: Linear, out_features: 8, key: «a/b»}", USABLE),
    "key with a newline": ('a: {op: Linear, out_features: 8, key: «"a\\nb"»}', USABLE),
}  # fmt: skip

_BESIDE = {
    "newline in a param": ('params: {«"a\\nb"»: 1}', USABLE),
    "self as a param": ("params: {«self»: 1}", USABLE),
    "dunder param": ("params: {«__init__»: 1}", USABLE),
    "keyword param": ("params: {«import»: 1}", USABLE),
    "newline in a block": ('blocks: {«"K\\nimport os"»: {graph: {a: ReLU}}}', USABLE),
    "dunder block": ("blocks: {«__builtins__»: {graph: {a: ReLU}}}", USABLE),
    "keyword block": ("blocks: {«def»: {graph: {a: ReLU}}}", USABLE),
    "newline in an output": ('outputs: {«"a\\nb"»: z}', USABLE),
    "dunder output": ("outputs: {«__class__»: z}", USABLE),
    "newline in a method": ('methods: {«"m(self): pass\\n"»: {outputs: {o: z}}}', USABLE),
    "forward as a method": ("methods: {«forward»: {outputs: {o: z}}}", USABLE),
    "init as a method": ("methods: {«__init__»: {outputs: {o: z}}}", USABLE),
    "newline in a dim": ('blocks: {K: {inputs: {x: "float[«B\\nC»]"}, graph: {a: ReLU}}}', "E0108"),
    "newline in a tie": ('tie: {«"z.weight\\nimport os"»: z.bias}', "E0405"),
    "newline in a match": ('init: [{match: «"z.weight\\nimport os"», with: zeros}]', "E0404"),
}  # fmt: skip

_MODELS = {
    "newline in a model": ('"M\\nimport os"', USABLE),
    "dunder model": ("__class__", USABLE),
    "keyword model": ("class", USABLE),
    "bracket in a model": ("'M(object)'", USABLE),
    "confusable model": ("М", USABLE),
    "path as a model": ("../../etc/passwd", USABLE),
    "empty model": ("''", USABLE),
}

_DOCS = {
    "end of the docstring": 'a""" + __import__("os").system("id") + """b',
    "single quotes": "a''' + __import__('os').system('id') + '''b",
    "trailing quote": 'it ends with a "',
    "trailing quotes": 'it ends with """',
    "trailing backslash": "it ends with a \\",
    "many backslashes": "\\" * 7 + '"""' + "\\" * 3 + '"',
    "backslash and quotes": '\\""" import os',
    "escapes": "\\x22\\x22\\x22 \\N{QUOTATION MARK} \\u0022 \\42",
    "newline and code": 'a\n"""\nimport os\n"""',
    "comment": "a # b\n# c",
    "template": "{{ 7 * 7 }} {% import os %} {# a #} {0.__class__} %s %(a)s ${HOME} `id`",
    "only quotes": '"""',
    "only a backslash": "\\",
    "form feed": "a\fimport os",
    "line separator": "a\u2028import os\u2029b\x85c",
    "carriage return": "a\rimport os\r\nb",
    "terminal code": "a\x1b[2Jb\x07",
    "bidi": "a\u202e b \u2066c",
    "surrogate": "a \U0001f600 b",
    "width": "word " * 3000,
    "one word": "w" * 5000,
}


def _escaped(text: str) -> str:
    """`text` as a YAML scalar in double quotes, in ASCII."""
    out = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if " " <= c <= "~" else f"\\U{ord(c):08x}" for c in out) + '"'


def _documented(doc: str) -> str:
    """A spec in which `doc` stands everywhere that a doc may stand."""
    text = _escaped(doc)
    return (
        f"netwright: 1\nmodel: M\ndoc: {text}\n"
        f"params: {{n: {{type: int, default: 2, doc: {text}}}}}\n"
        f'inputs: {{x: {{type: "float[B, 8]", doc: {text}}}}}\n'
        f"graph:\n  a: {{op: Linear, out_features: n, doc: {text}}}\n  b: K\n"
        f"methods: {{m: {{doc: {text}, outputs: {{o: a}}}}}}\n"
        f"blocks:\n  K:\n    doc: {text}\n    inputs: {{x: 'float[B, c]'}}\n"
        "    graph: {a: ReLU, b: Linear(out_features=c)}\n"
    )


_STRINGS = {
    "end of the string": "a' + __import__('os').system('id') + 'b",
    "double quotes": 'a" + eval("1") + "b',
    "newline": "a\nimport os",
    "backslash": "a\\",
    "braces": "{__import__('os')} {{ 7 * 7 }}",
}


def _string(text: str) -> str:
    """A spec whose string param and its choices reach the emitted file."""
    written = _escaped(text)
    return (
        HEAD + f"params: {{mode: {{type: str, default: {written}, choices: [{written}, b]}}}}\n"
        "graph:\n  a: Linear(out_features=2 if mode == 'b' else 3)\n"
    )


ATTACKS = {
    **{f"node: {k}": Attack(node(text), code) for k, (text, code) in _NODES.items()},
    **{f"beside: {k}": Attack(beside(text), code) for k, (text, code) in _BESIDE.items()},
    **{
        f"model: {k}": Attack(HEAD.replace(" M\n", f" «{name}»\n") + "graph: {a: ReLU}\n", code)
        for k, (name, code) in _MODELS.items()
    },
    **{f"doc: {k}": Attack(_documented(doc)) for k, doc in _DOCS.items()},
    **{f"string: {k}": Attack(_string(text), contains=text) for k, text in _STRINGS.items()},
}
