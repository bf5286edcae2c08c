"""The keys of every mapping in a spec. `schema.py` says what they hold; a test keeps them equal."""

from __future__ import annotations

BLOCK = frozenset({"doc", "params", "inputs", "where", "graph", "outputs"})
MODEL_ONLY = frozenset({"variants", "methods", "init", "tie", "weights", "state", "properties"})
SPEC = BLOCK | MODEL_ONLY | {"netwright", "model", "blocks", "use"}
PARAM = frozenset({"type", "default", "min", "max", "choices", "doc"})
INPUT = frozenset({"type", "optional", "doc"})
OUTPUT = frozenset({"value", "type"})
METHOD = frozenset({"inputs", "outputs", "doc"})
INIT_RULE = frozenset({"match", "with"})
KEY_RULE = frozenset({"match", "to", "split", "join", "stack", "unstack", "dim", "transpose"})

LOOPS = ("repeat", "each", "scan")
CONTROL = frozenset(
    {
        "from",
        *LOOPS,
        "collect",
        "shared",
        "when",
        "else",
        "take",
        "key",
        "frozen",
        "checkpoint",
        "doc",
    }
)
"""The control keys of a node."""
NODE_KINDS = ("op", "graph", "parameter", "buffer")
"""The key that says what a node is."""
INLINE = CONTROL | {"graph", "outputs", "flat"}
_TENSOR_CONTROL = frozenset({"key", "when", "frozen", "doc"})
PARAMETER = _TENSOR_CONTROL | {"parameter", "init"}
BUFFER = (_TENSOR_CONTROL - {"frozen"}) | {"buffer", "persistent"}
RESERVED = CONTROL | set(NODE_KINDS)
"""What a block's param may not be called."""
