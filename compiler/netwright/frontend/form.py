"""Reading values of a document as the kinds that the language asks for.

Reading is total: what has the wrong form is noted and skipped, since `validate.py` explains it.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import NoReturn

from netwright.diagnostics import Diagnostic, Report
from netwright.frontend import traps
from netwright.frontend.budgets import Budgets
from netwright.frontend.document import (
    Document,
    MappingValue,
    Refused,
    Scalar,
    SequenceValue,
    Value,
)
from netwright.frontend.expressions import parse
from netwright.frontend.faulty import Faulty
from netwright.frontend.scalars import Place
from netwright.frontend.slips import misspelt
from netwright.ir.expr import Expr, ListExpr, Literal
from netwright.source import Span


class OverBudget(Exception):
    """A file holds more than it may, which is reported; reading it ends."""


@dataclass(slots=True)
class Form:
    """Reads one document.

    rejected    the places whose form is wrong
    nodes       how many have been read
    characters  of the expressions that have been read
    """

    document: Document
    report: Report
    budgets: Budgets
    rejected: list[Span] = field(default_factory=list)
    nodes: int = 0
    characters: int = 0

    def count_node(self, span: Span) -> None:
        self.nodes += 1
        if self.nodes > self.budgets.nodes:
            message = f"more than {self.budgets.nodes} nodes in one file"
            self.stop(message, span, "write what occurs often as a block, and `repeat` it")

    def count_text(self, text: str, span: Span) -> None:
        """Count the text of an expression."""
        self.characters += len(text)
        if self.characters > self.budgets.expressions:
            limit = self.budgets.expressions
            self.stop(f"more than {limit} characters of expressions in one file", span)

    def stop(self, message: str, span: Span, help: str = "") -> NoReturn:
        self.report.add(Diagnostic("E0501", message, span, help=help))
        raise OverBudget

    def reject(self, value: Value | Span) -> None:
        if isinstance(value, Refused):
            return
        self.rejected.append(value if isinstance(value, Span) else value.span)

    def mapping(self, value: Value | None, known: Set[str] | None = None) -> MappingValue | None:
        """`value` as a mapping; keys beyond `known` are noted."""
        if value is None:
            return None
        if not isinstance(value, MappingValue):
            self.reject(value)
            return None
        if known is not None and not value.entries.keys() <= known:
            for name, entry in value.entries.items():
                if name not in known:
                    self.reject(entry.key)
        return value

    def missing(
        self, value: MappingValue, needed: Set[str], known: Set[str], message: str, span: Span
    ) -> None:
        """Report that `value` has none of the keys `needed`, unless one stands there misspelt."""
        if not misspelt(value, known, needed):
            self.report.add(Diagnostic("E0104", message, span))

    def entries(self, value: Value | None) -> Iterator[tuple[Scalar, Value]]:
        """Keys and values of a mapping, in order."""
        mapping = self.mapping(value)
        if mapping is not None:
            for entry in mapping.entries.values():
                yield entry.key, entry.value

    def items(self, value: Value | None) -> list[Value]:
        if value is None:
            return []
        if isinstance(value, SequenceValue):
            return list(value.items)
        self.reject(value)
        return []

    def text(self, value: Value | None) -> str:
        """A string; empty where there is none."""
        if value is None:
            return ""
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return value.text
        self.reject(value)
        return ""

    def flag(self, value: Value | None, default: bool = False) -> bool:
        if value is None:
            return default
        if isinstance(value, Scalar) and isinstance(value.value, bool):
            return value.value
        self.reject(value)
        return default

    def number(self, value: Value | None) -> int | float | None:
        if value is None:
            return None
        plain = value.value if isinstance(value, Scalar) else None
        if isinstance(plain, int | float) and not isinstance(plain, bool):
            return plain
        self.reject(value)
        return None

    def label(self, value: Value) -> Scalar | None:
        """A path of names; one of digits is a number in YAML."""
        plain = value.value if isinstance(value, Scalar) else None
        if isinstance(plain, str | int | float) and not isinstance(plain, bool):
            assert isinstance(value, Scalar)
            return value
        self.reject(value)
        return None

    def expr(self, value: Value) -> Expr:
        """An expression: a string is parsed; a number, bool, null or list stands for itself."""
        if isinstance(value, Scalar):
            plain = value.value
            if isinstance(plain, str):
                return self.parse(value)
            return self.literal(value, plain)
        if isinstance(value, SequenceValue):
            return self.list_expr(value)
        self.reject(value)
        return Faulty(span=value.span)

    def parse(self, scalar: Scalar, help: str = "") -> Expr:
        return self.parse_part(scalar.text, self.document.place(scalar), scalar.span, help)

    def parse_part(self, text: str, place: Place, span: Span, help: str = "") -> Expr:
        """An expression within the value at `span`."""
        self.count_text(text, span)
        return parse(text, place, self.report, self.budgets, help=help)

    def literal(self, value: Scalar, plain: int | float | bool | None) -> Expr:
        if isinstance(plain, int) and abs(plain) > self.budgets.integer:
            self.report.add(
                Diagnostic("E0501", "an integer this large cannot be a size", value.span)
            )
            return Faulty(span=value.span)
        return Literal(plain, span=value.span)

    def list_expr(self, value: SequenceValue) -> Expr:
        items = value.items
        if len(items) == 1 and isinstance(items[0], Scalar) and value.flow:
            scalar = items[0]
            if not scalar.style and " for " in scalar.text:
                self.comprehension(value, scalar)
                return Faulty(span=value.span)
        parts = tuple(self.expr(item) for item in items)
        if any(isinstance(part, Faulty) for part in parts):
            return Faulty(span=value.span)
        return ListExpr(parts, span=value.span)

    def comprehension(self, value: SequenceValue, scalar: Scalar) -> None:
        """`[x for x in xs]` without quotes is a YAML list of one text."""
        whole = self.document.text[scalar.start - 1 : scalar.end + 1]
        message = "YAML reads this as a list of one text"
        help = traps.suggestion(whole if whole.startswith("[") and whole.endswith("]") else "")
        self.report.add(Diagnostic("E0101", message, value.span, help=help))

    def string_or_expr(self, value: Value) -> Expr:
        """A literal string where the value is one, else an expression."""
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return Literal(value.text, span=value.span)
        if isinstance(value, SequenceValue):
            return ListExpr(tuple(self.string_or_expr(v) for v in value.items), span=value.span)
        return self.expr(value)

    def plain(self, value: Value) -> object:
        """`value` as plain data, for choices and properties."""
        if isinstance(value, Scalar):
            return value.value
        if isinstance(value, SequenceValue):
            return [self.plain(item) for item in value.items]
        if isinstance(value, MappingValue):
            return {name: self.plain(e.value) for name, e in value.entries.items()}
        return None

    def doc(self, value: Value | None) -> str:
        return self.text(value).strip()
