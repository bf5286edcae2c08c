"""`netwright predict`: an exported model on files of data."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from netwright.driver.failure import CallError

_EXAMPLE = "Example: netwright predict digits.onnx photos/*.png --batch-size 64"

FORMATS = ("jsonl", "csv")


def add(app: typer.Typer) -> None:
    app.command("predict", epilog=_EXAMPLE)(run)


def run(
    artifact: Annotated[
        Path, typer.Argument(help="An `.onnx` or `.pt2` file of `netwright export`.")
    ],
    inputs: Annotated[
        list[Path],
        typer.Argument(help="Images, tables, texts or arrays.", metavar="INPUT..."),
    ],
    batch_size: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, help="Samples that are computed at once.")
    ] = 32,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="jsonl, a line a sample; or csv.")
    ] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; the terminal without it.")
    ] = None,
) -> None:
    """Run an exported model on files; a file that cannot be read does not stop the others."""
    if format_ not in FORMATS:
        raise CallError(f"there is no format `{format_}`; there are {', '.join(FORMATS)}")
    try:
        from netwright_runtime.predict import BadFile, opened, predict

        opened_artifact = opened(artifact)
    except ModuleNotFoundError as missing:
        raise CallError(
            f"`{missing.name}` is not installed; `pip install 'netwright[export]'` brings it"
        ) from missing
    except BadFile as fault:
        raise CallError(str(fault)) from fault
    with _opened(output) as file:
        write = _as_csv if format_ == "csv" else _as_lines
        failed = write(predict(opened_artifact, inputs, batch_size), file)
    if failed:
        print(f"{failed} of the samples have no answer", file=sys.stderr)
        raise typer.Exit(1)


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield file


def _as_lines(answers: Iterable[dict[str, Any]], file: IO[str]) -> int:
    """Write a JSON object a line, each as soon as it is known; how many are faults."""
    failed = 0
    for answer in answers:
        failed += "error" in answer
        file.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return failed


def _as_csv(answers: Iterable[dict[str, Any]], file: IO[str]) -> int:
    """Write a table with a column for each value; how many are faults.

    The columns are those of all answers together, so that none is written before the last.
    """
    rows = [dict(_flat(answer)) for answer in answers]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = csv.DictWriter(file, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return sum("error" in row for row in rows)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The numbers and texts in an answer, each with a name: `probabilities.cat`, `logits.0`."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _flat(item, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
