"""The table of diagnostic codes: E01 text, E02 names and arguments, E03 types, E04 meaning, E05
budgets, E07 recipes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of fault: `code` as printed, `title` as in the documentation."""

    code: str
    title: str


_ALL = (
    # Text and form.
    Code("E0101", "YAML syntax"),
    Code("E0102", "duplicate key"),
    Code("E0103", "unknown key"),
    Code("E0104", "missing key"),
    Code("E0105", "wrong kind of value"),
    Code("E0106", "unsupported YAML feature"),
    Code("E0107", "unreadable file"),
    Code("E0108", "expression syntax"),
    Code("E0109", "type syntax"),
    Code("E0110", "character that does not belong in a spec"),
    # Names and arguments.
    Code("E0201", "unknown op"),
    Code("E0202", "unknown argument"),
    Code("E0203", "missing argument"),
    Code("E0204", "unknown name"),
    Code("E0205", "unknown param"),
    Code("E0206", "unknown variant"),
    Code("E0207", "unknown dtype"),
    Code("E0208", "forward reference"),
    Code("E0209", "cycle"),
    Code("E0210", "clash of names"),
    Code("E0211", "not a usable name"),
    Code("E0212", "wrong argument type"),
    Code("E0213", "missing input"),
    Code("E0214", "unknown input"),
    Code("E0215", "unknown output"),
    Code("E0216", "file outside the catalogue"),
    Code("E0217", "unknown file"),
    Code("E0218", "recursion of blocks"),
    Code("E0219", "control key that does not apply"),
    Code("E0220", "clash of weights' paths"),
    # Types and shapes.
    Code("E0301", "size mismatch"),
    Code("E0302", "rank mismatch"),
    Code("E0303", "shapes that do not broadcast"),
    Code("E0304", "dtype mismatch"),
    Code("E0305", "wrong kind of operand"),
    Code("E0306", "size not known at build"),
    Code("E0307", "size that depends on data"),
    Code("E0308", "invalid argument value"),
    Code("E0309", "output type mismatch"),
    Code("E0310", "condition not decidable at build"),
    # Meaning.
    Code("E0401", "broken constraint"),
    Code("E0402", "param out of bounds"),
    Code("E0403", "param of a wrong type"),
    Code("E0404", "init rule without a target"),
    Code("E0405", "tie without a target"),
    Code("E0406", "weights map without a target"),
    Code("E0407", "state that does not pair"),
    Code("E0408", "method that is no cut of the graph"),
    Code("E0409", "property that does not apply"),
    Code("E0410", "evaluation failed"),
    # Budgets.
    Code("E0501", "budget exceeded"),
    # Recipes.
    Code("E0701", "unknown name in a recipe"),
    Code("E0702", "value that a recipe cannot have"),
    Code("E0703", "recipe that does not fit the model"),
    Code("E0704", "data that does not fit the recipe"),
    # Warnings.
    Code("W0601", "unused input"),
    Code("W0602", "unused node"),
    Code("W0603", "unused param"),
    Code("W0604", "name hides a built-in function"),
    Code("W0605", "unused block"),
    Code("W0606", "loop counter that hides another"),
)


def _table() -> dict[str, Code]:
    table: dict[str, Code] = {}
    for entry in _ALL:
        if entry.code in table:
            raise ValueError(f"duplicate diagnostic code {entry.code}")
        table[entry.code] = entry
    return table


CODES = _table()
