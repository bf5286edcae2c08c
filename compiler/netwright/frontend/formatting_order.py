"""The canonical order of keys, by what a mapping is."""

from __future__ import annotations

from netwright.frontend.formatting_tree import Branch, Entry
from netwright.frontend.keys import NODE_KINDS

SPEC = (
    "netwright", "model", "doc", "use", "params", "variants", "inputs", "where", "graph",
    "outputs", "methods", "state", "init", "tie", "weights", "properties", "blocks",
)  # fmt: skip
_CONTROL = (
    "repeat", "each", "scan", "collect", "shared", "when", "else", "take", "key", "frozen",
    "checkpoint", "from",
)  # fmt: skip
_ORDERS: dict[str, tuple[str, ...]] = {
    "spec": SPEC,
    "block": SPEC,
    "param": ("type", "default", "min", "max", "choices", "doc"),
    "input": ("type", "optional", "doc"),
    "output": ("value", "type"),
    "method": ("doc", "inputs", "outputs"),
    "rule": ("match", "with"),
    "step": ("match", "join", "stack", "to", "split", "unstack", "dim", "transpose"),
    "graph node": ("doc", *_CONTROL, "flat", "graph", "outputs"),
    "parameter node": ("parameter", "init", *_CONTROL, "doc"),
    "buffer node": ("buffer", "persistent", *_CONTROL, "doc"),
}
_HOLDS = {
    "params": "param",
    "inputs": "input",
    "outputs": "output",
    "graph": "node",
    "blocks": "block",
    "methods": "method",
    "init": "rule",
    "weights": "steps",
    "steps": "step",
}
_WITH_PARTS = ("spec", "block", "graph node")


def kind_of(entry: Entry, role: str) -> str:
    """What an entry of a branch in `role` is, in the words of the tables above."""
    if role in _WITH_PARTS and entry.key in _HOLDS:
        return entry.key
    kind = _HOLDS.get(role, "")
    if kind == "node":
        held = entry.value
        names = [e.key for e in held.entries] if isinstance(held, Branch) else []
        return next((f"{k} node" for k in NODE_KINDS if k in names), "expression")
    return kind


def arrange(branch: Branch, role: str = "spec") -> None:
    """Put the keys of `branch` and of what it holds into their order; comments go with them."""
    if role == "op node":
        branch.entries.sort(key=lambda entry: _place_in_op(entry.key))
    order = _ORDERS.get(role)
    if order is not None:
        places = {key: i for i, key in enumerate(order)}
        branch.entries.sort(key=lambda entry: places.get(entry.key, len(places)))
    for entry in branch.entries:
        if isinstance(entry.value, Branch):
            arrange(entry.value, kind_of(entry, role))


def _place_in_op(key: str) -> int:
    """`op`, the arguments as they are, control keys."""
    if key == "op":
        return -1
    order = (*_CONTROL, "doc")
    return order.index(key) + 1 if key in order else 0
