"""How a call of each function is proposed. Torch decides whether it is taken.

A proposal is the arguments by name. What the table of ops says of kinds is enough for most
functions; `PROPOSALS` has those whose arguments have to fit one another, a family a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from netwright.ops.entry import FunctionOp
from netwright.ops.table import FUNCTIONS

from tests.strangers.functions import (
    creation,
    indices,
    joining,
    maps,
    own,
    pointwise,
    products,
    shapes,
)
from tests.strangers.functions.kinds import Arguments, Propose, by_kind, integers
from tests.strangers.hand import Hand

FAMILIES = (pointwise, shapes, joining, indices, creation, products, maps, own)
PROPOSALS: Mapping[str, Propose] = {
    name: propose for family in FAMILIES for name, propose in family.PROPOSALS.items()
}


def call(hand: Hand, name: str) -> str:
    """A proposed call of a function, as function or method; NothingFits where nothing does."""
    op = FUNCTIONS[name]
    propose = PROPOSALS.get(name)
    if propose is not None:
        return written(hand, op, propose(hand))
    logical = name.startswith(("logical", "all", "any", "count"))
    first = integers(hand) if logical and hand.chance(0.7) else hand.tensor()
    return written(hand, op, by_kind(hand, op, first))


def written(hand: Hand, op: FunctionOp, found: Arguments) -> str:
    """The call's text: some arguments by position, some by name."""
    order = [arg.name for arg in op.args]
    texts = {name: hand.written(value) for name, value in found.items()}
    leading = 0
    while leading < len(order) and order[leading] in texts and not op.args[leading].keyword:
        leading += 1
    if op.name == "einsum":
        equation, operands = texts["equation"], texts["operands"]
        return f"einsum({equation}, {operands[1:-1]})"
    required = [arg.name for arg in op.args if arg.required]
    count = hand.whole(min(len(required), leading), leading) if leading else 0
    as_method = op.method is not None and (op.function is None or hand.chance(0.5))
    if as_method and op.args[0].kind == "tensor":
        receiver = texts.pop(order[0])
        order, count = order[1:], max(count - 1, 0)
        head = f"{_bracketed(receiver)}.{op.method}"
    else:
        head = op.name
    positional = [texts.pop(name) for name in order[:count]]
    if op.args[0].variadic and op.args[0].kind == "tensors" and positional:
        positional[0] = positional[0][1:-1]
    named = [f"{name}={text}" for name, text in texts.items()]
    return f"{head}({', '.join([*positional, *named])})"


def _bracketed(text: str) -> str:
    """`text` as what a method is called on."""
    return text if re.fullmatch(r"[\w.]+", text) or text[-1] in ")]" else f"({text})"
