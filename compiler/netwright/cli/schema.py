"""`netwright schema`: the JSON Schema of spec files, for editors."""

from __future__ import annotations

import json

import typer

from netwright.driver.json_schema import json_schema

_EXAMPLE = "Example: netwright schema > netwright.schema.json"


def add(app: typer.Typer) -> None:
    app.command("schema", epilog=_EXAMPLE)(run)


def run() -> None:
    """Print the JSON Schema of spec files: completion and checks for editors."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
