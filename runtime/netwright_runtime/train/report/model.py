"""What was trained, and on what."""

from __future__ import annotations

from typing import Any

from netwright_runtime.train.report.markup import Markup, element, joined, table

_SHOWN_DEPTH = 1
"""Levels of the tree that are open at first."""


def tree(model: dict[str, Any]) -> Markup:
    """The tree of the model with what each node costs, as `netwright show` prints it."""
    sizes = ", ".join(f"{name}={size}" for name, size in model["sizes"].items())
    said = f"{model['doc']} {model['parameters']:,} parameters" + (
        f", at {sizes}." if sizes else "."
    )
    top = [row for row in model["tree"] if row["depth"] <= _SHOWN_DEPTH]
    shown = [element("p", said.strip()), _table(top)]
    if len(top) < len(model["tree"]):
        shown.append(element("details", element("summary", "all levels"), _table(model["tree"])))
    return joined(*shown)


def _table(rows: list[dict[str, Any]]) -> Markup:
    head = ["node", "op", "result", "parameters", "FLOPs", "activations (bytes)", "weights (bytes)"]
    return table(head, [_row(row) for row in rows])


def _row(row: dict[str, Any]) -> list[str | Markup]:
    repeats = f"  x{row['repeats']}" if row["repeats"] > 1 else ""
    indent = "\u2003" * row["depth"]
    numbers = (row[key] for key in ("parameters", "flops", "activations", "weights"))
    return [
        f"{indent}{row['name']}{repeats}",
        row["kind"],
        row["results"],
        *(f"{number:,}" if number else "" for number in numbers),
    ]


def data(said: dict[str, Any]) -> Markup:
    """The splits and columns that were read."""
    splits: list[list[str | Markup]] = [[n, f"{size:,}"] for n, size in said["splits"].items()]
    columns: list[list[str | Markup]] = [
        [name, about, _use(name, said)] for name, about in said["columns"].items()
    ]
    return joined(
        table(["split", "samples"], splits),
        element("p", ""),
        table(["column", "type", "used as"], columns),
    )


def _use(column: str, said: dict[str, Any]) -> str:
    uses = [f"input {name}" for name, named in said["inputs"].items() if named == column]
    return ", ".join([*uses, *(["target"] if column in said["target"] else [])])
