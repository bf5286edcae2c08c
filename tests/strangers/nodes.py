"""Single nodes of a graph: functions, modules, operators, numbers, parameters, conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from netwright.ops.table import FUNCTIONS, MODULES
from torch import Tensor

from tests.strangers import functions, modules
from tests.strangers.functions.kinds import const_axis
from tests.strangers.hand import Hand
from tests.strangers.syntax import Buffer, Expression, Inline, Module

COMMON = (
    "Linear", "Linear", "Conv1d", "Conv2d", "LayerNorm", "BatchNorm1d", "BatchNorm2d", "ReLU",
    "GELU", "Dropout", "Embedding", "MultiheadAttention", "LSTM", "GRU",
)  # fmt: skip
"""What specs are made of: drawn as often as all modules together."""

MODULE_NAMES = tuple(MODULES)
FUNCTION_NAMES = tuple(FUNCTIONS)
OPERATORS = ("+", "-", "*", "/", "+", "*", "**", "<", ">=", "==", "//", "%", "&", "|", "@")


def function(hand: Hand) -> None:
    name = hand.one(FUNCTION_NAMES)
    hand.expression(functions.call(hand, name))
    hand.world.used.add(name)


def module(hand: Hand) -> None:
    name = hand.one(COMMON if hand.chance(0.4) else MODULE_NAMES)
    if MODULES[name].rule is None and hand.chance(0.8):
        return  # the checker runs these on fake tensors, which takes as long as ten specs
    args, inputs = modules.propose(hand, name)
    left_out = len(inputs) == 1 and flows(hand, inputs[0]) and hand.chance(0.7)
    given = None if left_out else tuple(inputs)
    hand.add(kept(hand, Module(hand.name("m"), name, args, given, long=hand.chance(0.3))))
    hand.world.used.add(name)


def kept(hand: Hand, node: Module | Inline) -> Module | Inline:
    """A node whose weights lie elsewhere, learn nothing, or whose values are computed again."""
    control = dict(node.control)
    if hand.chance(0.1):
        control["key"] = key(hand, node)
    if hand.chance(0.1):
        shared = control.get("shared") == "true"  # one module is frozen or not
        control["frozen"] = "True" if shared else hand.one(["True", decided(hand)])
    if hand.chance(0.08):
        control["checkpoint"] = "true"
    return replace(node, control=control)


def key(hand: Hand, node: Module | Inline) -> str:
    """A path that no other node's weights have; in a loop, with the counter."""
    control = node.control
    if "repeat" in control or "each" in control:
        counter = "j" if control.get("repeat", "").startswith("j in") else "i"
        forms = [f"{node.name}_{{{counter} + 1}}", f"{node.name}k.{{{counter}}}.z"]
        return f"{node.name}k" if control.get("shared") == "true" else hand.one(forms)
    return hand.one([f"{node.name}k", f"{node.name}k.z", f"k.{node.name}"])


def flows(hand: Hand, text: str) -> bool:
    """Whether `text` is what a node without `from` takes."""
    held = hand.frames[0].values.get(text)
    return isinstance(held, Tensor) and held is hand.frames[0].flow and not hand.pending


def operator(hand: Hand) -> None:
    x = hand.tensor()
    right = hand.one(["2", "0.5", *[hand.beside(x).text] * 4])
    text = f"{x.text} {hand.one(OPERATORS)} {right}"
    if hand.chance(0.3):
        text = hand.one([f"-({text})", f"({text}) * 0.5", f"abs({text})", f"({text}).float()"])
    hand.expression(text)


def index(hand: Hand) -> None:
    x = hand.pick(lambda v: v.rank > 0)
    forms = [":", ":", "0", "-1", ":2", "1:", "::2", "None", ":-1"]
    items = [hand.one(forms) for _ in range(hand.whole(1, x.rank))]
    if hand.chance(0.3):
        items = ["...", items[0]]
    hand.expression(f"{x.text}[{', '.join(items)}]")


def unpack(hand: Hand) -> None:
    """Several names for what a function parts."""
    x, axis, size = const_axis(hand)
    count = hand.one([d for d in (2, 3, 4) if size % d == 0])
    text = f"chunk({x.text}, {count}, dim={axis})"
    if hand.chance(0.3) and size <= 4:
        text, count = f"{x.text}.unbind({axis})", size
    if hand.chance(0.2):
        text, count = f"{x.text}.topk(1, dim={axis})", 2
    hand.add(Expression(", ".join(hand.name(stem) for stem in "pqrs"[:count]), text))


def numbers(hand: Hand) -> list[str]:
    """Names of numbers."""
    return [n for n, v in hand.frames[0].values.items() if type(v) is int]


def known(hand: Hand) -> list[str]:
    """Names of numbers that are the same at every draw."""
    return [n for n in numbers(hand) if len({f.values.get(n) for f in hand.frames}) == 1]


def number(hand: Hand) -> None:
    """A number, of which later sizes may be made; decided only over what a build knows."""
    name = hand.one(numbers(hand))
    forms = [f"2 * {name}", f"{name} + 1", f"{name} // 2 + 1", f"{name} * {name}"]
    if name in known(hand):
        forms += [
            f"max({name}, 2)", f"8 * ceil({name} / 8)", f"{name} if {name} > 2 else 3",
            f"sum([k for k in range({name}) if k > 0])", f"len([{name}, 1])",
            f"int({name} * 1.5)", f"[{name}, 2][0]", f"round({name} / 2) + 1",
        ]  # fmt: skip
    hand.add(Expression(hand.name("k"), hand.one(forms)))


MODULE_PARAMS = ("ReLU", "GELU", "Tanh", "SiLU", "LeakyReLU(negative_slope=0.2)", "LayerNorm")
"""Modules that a param may hold, of which each takes what the others take."""


def held(hand: Hand) -> None:
    """A module that a param holds: an activation, a norm, or a block of one input."""
    x = hand.pick(lambda v: v.floating and v.rank > 0 and v.const(-1) is not None)
    params = [name for name, text in hand.params.items() if text[0].isupper()]
    if not params or hand.chance(0.3):
        blocks = [b.name for b in hand.world.blocks.values() if len(b.inputs) == 1]
        params = [hand.param(hand.one([*MODULE_PARAMS, *blocks]))]
    given = None if flows(hand, x.text) and hand.chance(0.5) else (x.text,)
    hand.add(Module(hand.name("m"), hand.one(params), {}, given, long=hand.chance(0.3)))


def parameter(hand: Hand) -> None:
    """A learned tensor that goes with a value."""
    x = hand.real(1)
    weight = hand.weight(*(x.const(k) or 1 for k in range(x.rank)))
    hand.expression(f"{x.text} {hand.one('+*')} {weight.text}")


def buffer(hand: Hand) -> None:
    """A constant tensor that goes with a value."""
    x = hand.pick(lambda v: v.floating and v.rank > 0 and v.const(-1) is not None)
    width = hand.number(x.const(-1) or 1)
    name = hand.name("c")
    forms = [f"arange({width}).float()", f"ones([{width}])", f"1 / (arange({width}) + 1)"]
    hand.add(Buffer(name, hand.one(forms), hand.chance(0.6)))
    hand.expression(f"{x.text} * {name}")


def again(hand: Hand) -> None:
    """A node's module once more."""
    held = [n for n in hand.nodes if isinstance(n, Module) and "when" not in n.control]
    node = hand.one([n for n in held if n.name in hand.frames[0].calls])
    hand.expression(f"{node.name}({hand.tensor().text})")


def choice(hand: Hand) -> None:
    """A condition in an expression; what training decides has one type either way."""
    x = hand.tensor()
    decides = condition(hand)
    other = hand.like(x) if "training" in decides else hand.tensor()
    hand.expression(f"{x.text} if {decides} else {other.text}")


def condition(hand: Hand) -> str:
    """A condition on numbers that a build knows, or on the mode."""
    if not known(hand) or hand.chance(0.25):
        return hand.one(["True", "training", "not training"])
    decides = decided(hand)
    return f"{decides} and not training" if hand.chance(0.2) else decides


def decided(hand: Hand) -> str:
    """A condition on numbers that a build knows."""
    found = known(hand)
    name = hand.one(found) if found else "2"
    return hand.one([f"{name} > 2", f"{name} % 2 == 0", f"{name} in [2, 3]"])


def listed(hand: Hand) -> None:
    """A list of tensors, and what it comes to."""
    x = hand.real(1)
    name = hand.name("ys")
    forms = [f"[{x.text} * k for k in range(1, 3)]", f"[{x.text}, {hand.like(x).text}]"]
    hand.add(Expression(name, hand.one(forms)))
    ways = ["sum({})", "cat({}, dim=0)", "stack({}, dim=-1)", "{}[-1]", "sum([y * 2 for y in {}])"]
    hand.expression(hand.one(ways).format(name))


KINDS: Mapping[Callable[[Hand], None], int] = {
    function: 30, module: 30, operator: 12, index: 6, unpack: 5, number: 3, parameter: 4,
    buffer: 3, again: 4, choice: 4, listed: 3, held: 3,
}  # fmt: skip
"""How often each is tried."""
