"""What an attack is: a hostile spec as data, and what must become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HEAD = 'netwright: 1\nmodel: M\ninputs: {x: "float[B, 8]"}\n'
OPEN, CLOSE = "«", "»"
"""Around the place where a fault must be reported; not part of the spec."""


@dataclass(frozen=True)
class Attack:
    """One hostile spec.

    text      the file, with `«` and `»` around the fault where its place is certain
    code      of the first error; empty where the spec is sound and what it emits must be harmless
    contains  what the emitted file of a sound spec holds in a string constant or a comment
    files     other files beside it, by relative path
    links     symbolic links beside it: path and target
    """

    text: str | bytes
    code: str = ""
    contains: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        if isinstance(self.text, bytes):
            return self.text
        return self.text.replace(OPEN, "").replace(CLOSE, "").encode("utf-8", "surrogatepass")

    @property
    def place(self) -> tuple[int, int, int] | None:
        """Line, first column and last column of the marked place."""
        if isinstance(self.text, bytes) or OPEN not in self.text:
            return None
        before, _, rest = self.text.partition(OPEN)
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return line, column, column + len(rest.partition(CLOSE)[0])


def value(expression: str) -> str:
    """A spec with a node that holds `expression`, on one line."""
    return HEAD + f"graph:\n  a: {expression}\n  b: ReLU()(x)\n"


def quoted(expression: str) -> str:
    """As `value`, in YAML's single quotes; the whole value is the place of the fault."""
    text = expression.replace("'", "''")
    return value(f"{OPEN}'{text}'{CLOSE}")


def node(text: str) -> str:
    """A spec with one node more, written `text`, before a sound one."""
    return HEAD + f"graph:\n  {text}\n  z: ReLU()(x)\n"


def beside(text: str) -> str:
    """A sound model with `text` at the top level."""
    return HEAD + f"{text}\ngraph:\n  z: Linear(out_features=2)(x)\n"
