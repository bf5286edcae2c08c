"""YAML at its edges: characters, encodings, aliases, keys that clash, files elsewhere."""

from tests.attacks.attack import HEAD, Attack, beside, node, value

CHARACTER, YAML, READ, OUTSIDE, UNKNOWN = "E0110", "E0106", "E0107", "E0216", "E0217"
_LIBRARY = "netwright: 1\nblocks: {K: {inputs: {x: 'float[B]'}, graph: {n: ReLU}}}\n"

_CHARACTERS = {
    "NUL": "\0", "bell": "\a", "escape": "\x1b", "form feed": "\f", "vertical tab": "\v",
    "delete": "\x7f", "next line": "\x85", "carriage return": "\r", "soft hyphen": "\xad",
    "zero width space": "\u200b", "zero width joiner": "\u200d", "word joiner": "\u2060",
    "right to left override": "\u202e", "isolate": "\u2066", "line separator": "\u2028",
    "BOM inside": "\ufeff", "Hangul filler": "\u3164", "tag": "\U000e0041",
    "variation selector": "\ufe0f", "replacement": "\ufffd",
}  # fmt: skip

_PATHS = {
    "absolute": ("/etc/passwd", OUTSIDE),
    "parent": ("../../../../../../etc/passwd", OUTSIDE),
    "parent within": ("a/../../secret.yaml", OUTSIDE),
    "process environment": ("/proc/self/environ", OUTSIDE),
    "relative to proc": ("../../../../../../proc/self/environ", OUTSIDE),
    "device": ("/dev/zero", OUTSIDE),
    "relative to a device": ("../../../../../../dev/zero", OUTSIDE),
    "home": ("~/.ssh/id_rsa", OUTSIDE),
    "URL": ("'https://example.com/spec.yaml'", OUTSIDE),
    "file URL": ("'file:///etc/passwd'", OUTSIDE),
    "drive": ("'C:/windows/win.ini'", OUTSIDE),
    "backslashes": ("..\\..\\secret.yaml", OUTSIDE),
    "share": ("//host/share/a.yaml", OUTSIDE),
    "folder": (".", READ),
    "no file": ("none.yaml", UNKNOWN),
    "empty": ("''", OUTSIDE),
    "escaped NUL": ('"a\\0.yaml"', OUTSIDE),
    "escaped newline": ('"a\\nb.yaml"', OUTSIDE),
    "long name": ("a" * 5000, READ),
    "itself": ("spec.yaml", "E0209"),
    "link out of the root": ("out.yaml", OUTSIDE),
    "link to a device": ("zero.yaml", OUTSIDE),
    "link to a folder outside": ("folder/secret.yaml", OUTSIDE),
    "link to itself": ("loop.yaml", READ),
}
_LINKS = {
    "out.yaml": "/etc/hostname",
    "zero.yaml": "/dev/zero",
    "folder": "/etc",
    "loop.yaml": "loop.yaml",
}


def _use(path: str) -> str:
    return beside(f"use: {{lib: «{path}»}}")


ATTACKS = {
    **{f"character: {k}": Attack(value(f"x + «{c}» 1"), CHARACTER) for k, c in _CHARACTERS.items()},
    **{f"character in a comment: {k}": Attack(f"# «{c}» \n" + value("x"), CHARACTER)
       for k, c in _CHARACTERS.items()},
    **{f"path: {k}": Attack(_use(path), code, links=_LINKS) for k, (path, code) in _PATHS.items()},
    "BOM": Attack("\ufeff" + value("x")),
    "two BOMs": Attack("\ufeff\ufeff" + value("x"), CHARACTER),
    "invalid UTF-8": Attack(b"doc: \xff\xfe", READ),
    "overlong UTF-8": Attack(b"doc: \xc0\xaf", READ),
    "UTF-8 surrogate": Attack("doc: \ud800", READ),
    "truncated UTF-8": Attack(b"doc: \xe2\x82", READ),
    "UTF-16": Attack(value("x").encode("utf-16"), READ),
    "UTF-32": Attack(value("x").encode("utf-32"), READ),
    "latin-1": Attack("doc: é\n".encode("latin-1"), READ),
    "empty": Attack("", "E0101"),
    "only a comment": Attack("# a\n", "E0101"),
    "tab": Attack("netwright: 1\n\tmodel: M\n", "E0101"),
    "two documents": Attack(value("x") + "«---»\na: 1\n", YAML),
    "directive": Attack("«%YAML 1.1»\n---\n" + value("x"), YAML),
    "alias": Attack(value("«*b»"), YAML),
    "anchor": Attack(value("«&b» x"), YAML),
    "alias to itself": Attack(value("«&b» [*b]"), YAML),
    "merge key": Attack(node("a: {«<<»: {op: ReLU}}"), YAML),
    "list as a key": Attack(node("«[a, b]»: ReLU"), YAML),
    "mapping as a key": Attack(node("«{a: b}»: ReLU"), YAML),
    "null as a key": Attack(node("«null»: ReLU"), "E0105"),
    "true as a key": Attack(node("«true»: ReLU"), "E0105"),
    "float as a key": Attack(node("«1.0»: ReLU"), "E0105"),
    "duplicate key": Attack(value("x") + "«graph»: {a: ReLU}\n", "E0102"),
    "duplicate node": Attack(HEAD + "graph:\n  a: ReLU\n  «a»: ReLU\n", "E0102"),
    "duplicate in quotes": Attack(HEAD + "graph:\n  0: ReLU\n  «'0'»: ReLU\n", "E0102"),
    "duplicate by an escape": Attack(HEAD + 'graph:\n  a: ReLU\n  «"\\x61"»: ReLU\n', "E0102"),
    "node with the name of an input": Attack(node("«x»: ReLU"), "E0210"),
    "input that is read as YAML": Attack(HEAD.replace("x:", "«yes no»:") + "graph: {a: ReLU}\n",
    "E0211"),
    "recursive block": Attack(
        HEAD + "graph: {a: K}\nblocks: {K: {inputs: {x: 'float[B, 8]'}, graph: {a: «K»}}}\n",
            "E0218"),
    "blocks in a ring": Attack(
        HEAD + "graph: {a: K}\nblocks:\n  K: {inputs: {x: 'float[B, 8]'}, graph: {a: L}}\n"
        "  L: {inputs: {x: 'float[B, 8]'}, graph: {a: «K»}}\n", "E0218"),
    "model in itself": Attack(HEAD + "graph: {a: «M»}\n", "E0201"),
    "recursive param": Attack(beside("params: {a: {type: int, default: «a» + 1}}"), "E0208"),
    "block through a param": Attack(
        HEAD + "params: {block: {type: module, default: K}}\ngraph: {a: block}\n"
        "blocks: {K: {inputs: {x: 'float[B, 8]'}, graph: {a: block}}}\n", "E0218"),
    "files in a ring": Attack(
        beside("use: {lib: a.yaml}"), "E0209",
        files={"a.yaml": _LIBRARY + "use: {b: b.yaml}\n",
            "b.yaml": _LIBRARY + "use: {a: a.yaml}\n"}),
    "a hundred files": Attack(
        beside("use: {lib: f0.yaml}"), "E0501",
        files={f"f{k}.yaml": _LIBRARY + f"use: {{m: f{k + 1}.yaml}}\n" for k in range(100)}),
    "files that double": Attack(
        beside("use: {lib: f0.yaml}"), "",
        files={
            **{f"f{k}.yaml": _LIBRARY + f"use: {{a: f{k + 1}.yaml, b: f{k + 1}.yaml}}\n"
               for k in range(30)},
            "f30.yaml": _LIBRARY,
        }),
    "dunder of a namespace": Attack(beside("use: {«__class__»: a.yaml}"), "E0211",
    files={"a.yaml": _LIBRARY}),
    "namespace over torch": Attack(
        HEAD + "use: {torch: a.yaml}\ngraph: {a: «torch.load»}\n", "E0201",
            files={"a.yaml": _LIBRARY}),
}  # fmt: skip
