"""What `fmt` writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright.diagnostics import SpecError
from netwright.frontend import load_file, load_text
from netwright.frontend.formatting import format_text
from netwright.frontend.formatting_same import same

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))


def formatted(graph: str, long: bool = False) -> str:
    """The graph of a formatted spec; `graph` is indented by two."""
    text = f"netwright: 1\nmodel: M\n\ninputs:\n  x: float[B, 8]\n\ngraph:\n{graph}"
    return format_text(text, long).partition("graph:\n")[2]


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_specs_keep_their_program(path: Path, long: bool, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = format_text(text, long)
    assert format_text(result, long) == result
    before = load_file(path)
    after = load_text(result, path=path)
    assert before.module is not None
    assert after.module is not None
    assert same(before.module, after.module)


def test_keys_come_in_one_order_with_their_comments() -> None:
    text = """\
# A file about something.

blocks:   # shared by all
  B: {inputs: {x: "float[B, C]"}, graph: {a: ReLU}, doc: Nothing}
# the nodes
graph:
    # what it does
    a: B      # the block

    b: {frozen: true, out_features: 2,   op: Linear}
    # c comes later
netwright: 1
model: "M"
inputs: {x: 'float[B, 8]'}
# the end
"""
    assert (
        format_text(text)
        == """\
# A file about something.

netwright: 1
model: M

inputs: {x: "float[B, 8]"}

# the nodes
graph:
  # what it does
  a: B  # the block

  b: {op: Linear, out_features: 2, frozen: true}
  # c comes later

blocks:  # shared by all
  B: {doc: Nothing, inputs: {x: "float[B, C]"}, graph: {a: ReLU}}

# the end
"""
    )


@pytest.mark.parametrize(
    ("given", "short", "long"),
    [
        (
            "{op: Linear, out_features: 10}",
            "Linear(out_features=10)",
            "{op: Linear, out_features: 10}",
        ),
        ("{op: ReLU}", "ReLU", "{op: ReLU}"),
        ("ReLU()", "ReLU()", "{op: ReLU}"),
        ("ReLU()(x)", "ReLU()(x)", "{op: ReLU, from: x}"),
        (
            "{op: Conv1d, padding: same, bias: false, out_channels: 3, kernel_size: [3]}",
            'Conv1d(padding="same", bias=False, out_channels=3, kernel_size=[3])',
            "{op: Conv1d, padding: same, bias: false, out_channels: 3, kernel_size: [3]}",
        ),
        ("{op: Dropout, p: 1e-1, from: x}", *["{op: Dropout, p: 1e-1, from: x}"] * 2),
        ("relu(x)", "relu(x)", "relu(x)"),
        ("'x + 1'", "x + 1", "x + 1"),
        ('"[x, x]"', '"[x, x]"', '"[x, x]"'),
        (
            "GRU(hidden_size=8)(input=x)",
            "GRU(hidden_size=8)(input=x)",
            "{op: GRU, hidden_size: 8, from: {input: x}}",
        ),
        (
            'Upsample(mode="nearest", scale_factor=2)',
            'Upsample(mode="nearest", scale_factor=2)',
            "{op: Upsample, mode: nearest, scale_factor: 2}",
        ),
    ],
)
def test_a_module_has_one_form(given: str, short: str, long: str) -> None:
    assert formatted(f"  a: {given}\n") == f"  a: {short}\n"
    assert formatted(f"  a: {given}\n", long=True) == f"  a: {long}\n"


def test_what_does_not_fit_on_a_line_is_broken() -> None:
    name = "a" * 100
    long = f"  {name}: Linear(out_features=10)(x)\n"
    assert formatted(long) == f"  {name}:\n    op: Linear\n    out_features: 10\n    from: x\n"
    words = " + ".join(["x"] * 40)
    broken = formatted(f"  a: {words}\n")
    assert broken.startswith("  a: >-\n    x + x")
    assert formatted(broken) == broken
    assert max(map(len, broken.splitlines())) <= 120


def test_a_comment_keeps_braces_open() -> None:
    graph = "  a: {op: Linear, # the head\n   out_features: 3}\n"
    assert formatted(graph) == "  a:\n    op: Linear  # the head\n    out_features: 3\n"


def test_an_argument_that_would_change_its_meaning_stays_in_a_call() -> None:
    params = "params: {mode: str}\n"
    text = f"netwright: 1\nmodel: M\n{params}inputs: {{x: 'float[B]'}}\ngraph:\n"
    block = "blocks:\n  B: {params: {mode: str}, inputs: {x: 'float[B]'}, graph: {y: relu(x)}}\n"
    result = format_text(f"{text}  a: B(mode=mode)\n  b: B(mode='mode')\n{block}", long=True)
    assert "  a: {op: B(mode=mode)}\n  b: {op: B, mode: mode}\n" in result


def test_the_kinds_of_another_files_arguments_are_not_known() -> None:
    text = "netwright: 1\nmodel: M\nuse: {n: n.yaml}\ngraph:\n"
    kept = "  a: {op: n.B, mode: fast}\n"
    assert kept in format_text(text + kept)
    given = '  a: n.B(mode="fast", size=3)\n'
    assert '  a: {op: n.B(mode="fast"), size: 3}\n' in format_text(text + given, long=True)


def test_a_colon_in_braces_stays_in_quotes() -> None:
    """YAML's C parser refuses it elsewhere, `(arXiv:2309)`."""
    text = 'netwright: 1\nmodel: M\n\nparams:\n  a: {type: int, doc: "see (arXiv:2309)"}\n'
    assert 'doc: "see (arXiv:2309)"' in format_text(text + "\ngraph: {b: ReLU}\n")


def test_a_question_mark_in_braces_stays_in_quotes() -> None:
    """YAML's C parser ends a value there: `(a)?` would be torn."""
    text = 'netwright: 1\nmodel: M\ngraph: {fc: ReLU}\nweights:\n  a: [{match: "(a)?", to: fc}]\n'
    assert '{match: "(a)?", to: fc}' in format_text(text)


def test_text_laid_out_by_hand_stays() -> None:
    text = "netwright: 1\nmodel: M\ndoc: |\n    One.\n\n      - two\ngraph: {a: ReLU}\n"
    assert "doc: |\n  One.\n\n    - two\n" in format_text(text)


def test_line_ends_and_letters_of_all_kinds_are_kept() -> None:
    text = "\ufeff# é\r\nnetwright: 1\r\nmodel: M\r\ngraph:\r\n  # 😀 ö\r\n  a: 'ReLU' # ß"
    assert format_text(text) == (
        "# é\nnetwright: 1\nmodel: M\n\ngraph:\n  # 😀 ö\n  a: ReLU  # ß\n"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("graph: [", "E0101"),
        ("netwright: 1\ngrph: {a: ReLU}\n", "E0103"),
        ("netwright: 1\nmodel: M\ngraph: {a: 'relu('}\n", "E0108"),
        ("", "E0101"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        format_text(text)
    assert code in [diagnostic.code for diagnostic in caught.value.diagnostics]


@pytest.mark.parametrize("path", [*SPECS, ROOT / "examples" / "rescnn.yaml"], ids=lambda p: p.stem)
def test_our_own_specs_are_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(text, file=str(path)) == text


def test_a_choice_is_broken_between_its_halves() -> None:
    name = "a" * 60
    assert formatted(f"  b: {name} if x.ndim == 2 else {name}\n") == (
        f"  b: >-\n    {name} if x.ndim == 2\n    else {name}\n"
    )


def test_what_was_written_line_by_line_is_joined_where_it_is_short() -> None:
    short = "  a:\n    op: Linear\n    out_features: 10\n    repeat: 2\n"
    assert formatted(short) == "  a: {op: Linear, out_features: 10, repeat: 2}\n"
    long = f"  a:\n    op: Linear\n    out_features: {'1 + ' * 15}1\n    repeat: 2\n"
    assert formatted(long) == long
