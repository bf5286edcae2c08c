"""What is checked on an expression's text before Python's parser sees it, and why it refused one.

The parser gets short, bracket-balanced ASCII text only. Its own messages differ between Python
versions, so that faults are explained from the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from netwright.frontend.budgets import Budgets


@dataclass(frozen=True, slots=True)
class Fault(Exception):
    """What is wrong from index `start` to `end` of the text."""

    message: str
    start: int
    end: int
    help: str = ""
    code: str = "E0108"


_STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_TOKEN = re.compile(
    rf"(?P<string>{_STRING})|(?P<name>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)"
    r"|(?P<op>\*\*|//|==|!=|<=|>=|<<|>>|:=|&&|\|\||->|=>|\+\+|--|[-+*/%@&|^~<>()\[\]{},:.=?!#;$`\\\"'])"
    r"|(?P<other>\S)",
    re.ASCII,
)
_PLAIN = re.compile(r"[\w\s.+*/%,<>-]*", re.ASCII)
"""Text without brackets, strings or anything that needs a closer look."""

_DIGITS = re.compile(r"(?<![\w.])\d[\w.]*", re.ASCII)
_NUMBER = re.compile(
    r"0+|[1-9][\d_]*|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+"
    r"|\d[\d_]*\.[\d_]*(?:[eE]\d*)?|\d[\d_]*[eE]\d*",
    re.ASCII,
)
"""A number as far as its sign: `1e-6` is the token `1e`, a sign and `6`."""
_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\[^\\'\"nt])")

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SIGNS = {
    "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "≤": "<=", "≥": ">=", "≠": "!=",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "²": "** 2",
}  # fmt: skip
_OPERATORS = {
    "&&": ("`&&` is not an operator", "use `and`, not `&&`"),
    "||": ("`||` is not an operator", "use `or`, not `||`"),
    "?": ("`?` is not an operator", "write a choice as `a if condition else b`"),
    "!": ("`!` is not an operator", "use `not`, not `!`"),
    ":=": ("an expression assigns nothing", "give the value a node of its own"),
    "->": ("`->` is not an operator", ""),
    "=>": ("`=>` is not an operator", "`>=` compares"),
    "#": ("an expression holds no comment", "put the comment on a line of its own"),
    ";": ("`;` does not belong in an expression", ""),
    "$": ("`$` does not belong in an expression", "names are written bare"),
    "`": ("a backtick does not belong in an expression", "names are written bare"),
    "\\": ("a backslash does not belong in an expression", "lines join by themselves"),
    "{": ("an expression holds no mapping or set", "write a list: `[a, b]`"),
    "}": ("an expression holds no mapping or set", "write a list: `[a, b]`"),
}  # fmt: skip
_WORDS = {
    "lambda": "a function cannot be defined in an expression",
    "await": "`await` does not belong in an expression",
    "yield": "`yield` does not belong in an expression",
    "import": "a spec imports nothing",
    "async": "`async` does not belong in an expression",
}
_PREFIXES = re.compile(r"[bBrRuUfF]{1,2}")


def scan(text: str, budgets: Budgets) -> None:
    """Raise `Fault` where `text` holds what no expression may; linear in its length."""
    if len(text) > budgets.expression:
        message = f"an expression of {len(text)} characters, the limit is {budgets.expression}"
        raise Fault(message, 0, 1, code="E0501", help="split it over several nodes")
    if not text.strip():
        raise Fault("an expression is missing", 0, max(1, len(text)))
    if _PLAIN.fullmatch(text) and not _WORDS.keys() & set(text.split()):
        for token in _DIGITS.finditer(text):
            _number(token)
        return
    _tokens(text, budgets)


def _tokens(text: str, budgets: Budgets) -> None:
    stack: list[tuple[str, int]] = []
    before: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        _word(token, before)
        sign = token["op"]
        if sign in _OPERATORS:
            message, help = _OPERATORS[sign]
            raise Fault(message, token.start(), token.end(), help)
        if sign in ('"', "'"):
            raise Fault("the quote is never closed", token.start(), len(text))
        if sign == "=" and not any(opener == "(" for opener, _ in stack[-1:]):
            raise Fault(
                "an expression assigns nothing", token.start(), token.end(), "comparison is `==`"
            )
        _bracket(token, stack, budgets)
        before = token
    if stack:
        sign, at = stack[-1]
        raise Fault(f"`{sign}` is never closed", at, at + 1)


def _word(token: re.Match[str], before: re.Match[str] | None) -> None:
    start, end = token.span()
    if token["other"]:
        sign = token[0]
        help = f"write `{_SIGNS[sign]}`" if sign in _SIGNS else ""
        raise Fault(f"the character `{sign}` does not belong in an expression", start, end, help)
    if token["name"] in _WORDS:
        raise Fault(_WORDS[token[0]], start, end)
    if token["number"]:
        _number(token)
    if token["string"]:
        _string(token, before)


def _number(token: re.Match[str]) -> None:
    if not _NUMBER.fullmatch(token[0]):
        raise Fault(f"`{token[0]}` is neither a number nor a name", token.start(), token.end())


def _string(token: re.Match[str], before: re.Match[str] | None) -> None:
    adjacent = before if before is not None and before.end() == token.start() else None
    if adjacent is not None and adjacent["name"] and _PREFIXES.fullmatch(adjacent[0]):
        message = f"a string takes no prefix `{adjacent[0]}`"
        raise Fault(message, adjacent.start(), token.end(), f"write {token[0]}")
    escape = _ESCAPE.search(token[0])
    if escape is not None:
        at = token.start() + escape.start(1)
        message = f"the escape `{escape[1]}` is unknown"
        raise Fault(message, at, at + 2, "a backslash is written `\\\\`")


def _bracket(token: re.Match[str], stack: list[tuple[str, int]], budgets: Budgets) -> None:
    sign = token["op"]
    if sign in ("(", "["):
        stack.append((sign, token.start()))
        if len(stack) > budgets.nesting // 2:
            message = f"more than {budgets.nesting // 2} brackets inside one another"
            raise Fault(message, token.start(), token.end(), code="E0501")
    elif sign in (")", "]"):
        if not stack:
            raise Fault(f"`{sign}` was never opened", token.start(), token.end())
        opener, _ = stack.pop()
        if _CLOSING[opener] != sign:
            message = f"`{opener}` is closed by `{sign}`"
            raise Fault(message, token.start(), token.end(), f"write `{_CLOSING[opener]}`")


_BINARY = frozenset(
    [
        "**",
        "//",
        "==",
        "!=",
        "<=",
        ">=",
        "<<",
        ">>",
        "+",
        "-",
        "*",
        "/",
        "%",
        "@",
        "&",
        "|",
        "^",
        "<",
        ">",
        "and",
        "or",
        "in",
        "is",
        "if",
        "else",
    ]
)


def explain(text: str, offset: int) -> Fault:
    """Why Python's parser refused `text` at `offset`."""
    before: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        fault = _pair(before, token)
        if fault is not None:
            return fault
        before = token
    if before is not None and before[0] in _BINARY | {"not", ".", "for", ","}:
        return Fault(f"something is missing after `{before[0]}`", before.start(), before.end())
    offset = min(max(offset, 0), max(len(text) - 1, 0))
    token_at = _TOKEN.match(text, offset)
    end = token_at.end() if token_at else offset + 1
    return Fault("the expression cannot be read from here", offset, end)


def _pair(before: re.Match[str] | None, token: re.Match[str]) -> Fault | None:
    """A fault that two neighbouring tokens show."""
    start, end = token.span()
    if before is None:
        if token[0] in _BINARY - {"+", "-"}:
            return Fault(f"something is missing before `{token[0]}`", start, end)
        return None
    if _lacks_operand(before[0], token[0]):
        return Fault(f"something is missing after `{before[0]}`", before.start(), before.end())
    ends = before["string"] or before["number"] or before[0] in (")", "]")
    ends = ends or (before["name"] and before[0] not in _KEYWORDS)
    begins = token["string"] or token["number"] or (token["name"] and token[0] not in _KEYWORDS)
    if ends and begins and not (before["string"] and token["string"]):
        help = "an operator or a comma is missing"
        return Fault("two values stand side by side", before.start(), end, help)
    return None


def _lacks_operand(operator: str, following: str) -> bool:
    if operator not in _BINARY or (operator, following) == ("is", "not"):
        return False
    return following in _BINARY - {"+", "-"} or following in (")", "]", ",", ":")


_KEYWORDS = frozenset(["and", "or", "not", "in", "is", "if", "else", "for"])
