"""The report of a run: one HTML file that needs no network, made of what the run left behind.

It can be made while a run goes on, after it was interrupted, and again at any time.
"""

from __future__ import annotations

from pathlib import Path

from netwright_runtime.train.evidence import kept
from netwright_runtime.train.files import write_atomically
from netwright_runtime.train.log import METRICS, SPEED
from netwright_runtime.train.manifest import read_manifest
from netwright_runtime.train.report import curves, findings, model, repeat
from netwright_runtime.train.report.page import page
from netwright_runtime.train.table import read

REPORT = "report.html"


def write_report(folder: Path) -> Path:
    """Write `report.html` into the folder of a run, and return its path.

    Raises:
        FileNotFoundError: the folder holds no run.
    """
    manifest = read_manifest(folder)
    rows, speed = list(read(folder / METRICS)), list(read(folder / SPEED))
    sections = {
        "Results": findings.results(rows),
        "Curves": curves.of_metrics(rows),
        "Errors": findings.errors(kept(folder)),
        "Speed": curves.of_speed(speed),
        "Model": model.tree(manifest["model"]),
        "Data": model.data(manifest["data"]),
        "Repeat this run": repeat.repeat(manifest),
    }
    path = folder / REPORT
    write_atomically(path, page(manifest["model"]["name"], sections).encode())
    return path
