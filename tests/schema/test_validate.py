"""Wrong forms, as the models find them and the language says them."""

from __future__ import annotations

import pytest
from netwright.frontend import load_text

HEAD = 'netwright: 1\nmodel: M\ninputs: {x: "float[B, 8]"}\n'
NODE = HEAD + "graph:\n  a: "


@pytest.mark.parametrize(
    ("text", "found", "help"),
    [
        (
            HEAD + "grph: {a: ReLU}\n",
            "E0103 4:1 there is no key `grph` here",
            "did you mean `graph`?",
        ),
        (
            NODE + "{opp: ReLU}\n",
            "E0103 5:7 there is no key `opp` here",
            "did you mean `op`?",
        ),
        (
            NODE + "{op: Linear, out_features: 8, from_: x}\n",
            "E0202 5:36 `Linear` has no argument `from_`",
            "did you mean `from`?",
        ),
        (
            NODE + "ReLU\ninit: [{match: x, with_: 3}]\n",
            "E0103 6:19 there is no key `with_` here",
            "did you mean `with`?",
        ),
        (
            NODE + "{op: ReLU, repeat: [1]}\n",
            "E0105 5:25 `repeat` holds a list, expected a number or an expression",
            "",
        ),
        (
            NODE + "{op: ReLU, repeat: 2, collect: 3}\n",
            "E0105 5:37 `collect` holds `3`, expected `true` or `false`",
            "",
        ),
        (
            NODE + "ReLU\nparams: {n: {type: int, min: a}}\n",
            "E0105 6:30 `min` holds a text, expected a number",
            "",
        ),
        (
            NODE + "ReLU\nmethods: {m: {inputs: {q: a}}}\n",
            "E0104 6:14 the key `outputs` is missing",
            "",
        ),
        (
            "model: M\ngraph: {a: ReLU}\n",
            "E0104 1:1 the key `netwright` is missing",
            "",
        ),
        (
            "[a]",
            "E0105 1:1 the file holds a list, expected a mapping",
            "",
        ),
    ],
)
def test_a_wrong_form_is_one_diagnostic(text: str, found: str, help: str) -> None:
    errors = load_text(text, "f.yaml").report.errors
    assert [f"{d.code} {d.span.line}:{d.span.column} {d.message}" for d in errors] == [found]
    assert errors[0].help == help
