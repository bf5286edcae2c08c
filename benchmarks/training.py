"""What models learn: the recipes of `examples/recipes`, beside plain methods on the same data."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netwright.driver.recipe import load_recipe
from netwright.recipe.metrics import label
from netwright_runtime.train.assembly import Assembly
from netwright_runtime.train.data.prepare import Data
from netwright_runtime.train.table import read

from benchmarks import baselines, pictures
from benchmarks.baselines import Baseline
from benchmarks.processes import ROOT
from benchmarks.result import Result, Table

RECIPES = ROOT / "examples" / "recipes"

_LEFT_OUT = ("train lr", "train gradient_norm")
"""Curves that the record does not need."""


@dataclass(frozen=True)
class Task:
    """Data, the recipes for it, and what they are held to.

    goals  by metric, what a recipe has to come to
    """

    title: str
    recipes: tuple[str, ...]
    baselines: tuple[Baseline, ...]
    goals: Mapping[str, float]


@dataclass(frozen=True)
class Trained:
    """A run that has ended.

    measured  on the test split
    curves    `split name` to pairs of a step and a value
    higher    of the metrics, those of which more is better
    """

    recipe: str
    command: str
    seconds: float
    parameters: int
    steps: int
    measured: Mapping[str, float]
    curves: Mapping[str, list[tuple[int, float]]]
    higher: Mapping[str, bool]


TASKS = (
    Task(
        "handwritten digits",
        ("resnet_digits", "vit_digits"),
        baselines.DIGITS,
        {"accuracy": 0.985},
    ),
    Task("sonnets, by bytes", ("gpt_sonnets",), baselines.TEXT, {}),
    Task(
        "breast cancer",
        ("mlp_breast_cancer", "ft_transformer_breast_cancer"),
        baselines.CLASSES,
        {},
    ),
    Task("diabetes", ("mlp_diabetes", "ft_transformer_diabetes"), baselines.QUANTITIES, {}),
    Task("carbon dioxide, half a year ahead", ("patchtst_co2", "tsmixer_co2"), baselines.WEEKS, {}),
    Task("scenes of digits", ("unet_digit_scenes",), baselines.SCENES, {}),
    Task("karate club", ("gcn_karate",), baselines.GRAPH, {}),
    Task("digits, coded by 16 numbers", ("vae_digits",), baselines.IMAGES, {}),
    Task("choices among items", ("two_tower",), baselines.CHOICES, {}),
)

_NOTES = (
    "Values are of the test split, at the last weights of a run. Epochs and rates of the recipes "
    "were chosen by validation splits. Baselines are fitted on the same training split, with "
    "scikit-learn's defaults. Each is one run with one seed: with a few hundred test samples or "
    "fewer, the last digits mean little.",
    "Errors of diabetes and of carbon dioxide are in deviations of the training split. A model is "
    "`better` or `worse` than the best of its baselines by the metric of its row.",
    "Choices are made data of 600 users and 200 items. With 200 users and 100 items, the first two "
    "towers that were tried found less than popularity does (recall 0.19 against 0.205).",
    "The time is that of the whole command, and depends on what else the machine has to do. Curves "
    "and commands are in `benchmarks/results/training.json`.",
    "What the decoder of `vae_digits` makes of normal noise:",
    "![48 made digits](images/vae_digits.png)",
)


def run() -> Result:
    """Train all recipes, one after the other, and fit their baselines."""
    rows: list[tuple[str, ...]] = []
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for task in TASKS:
            fitted = _fitted(task)
            for name in task.recipes:
                trained = _train(name, Path(folder) / name)
                rows += _rows(task, trained, fitted)
                found.append(_kept(task, trained, fitted))
        pictures.samples(Path(folder) / "vae_digits", pictures.VAE)
    table = Table(("data", "recipe", "metric", "model", "", "baselines", "time"), tuple(rows))
    return Result("training", "Training", (), notes=_NOTES, table=table, details={"runs": found})


def _data(name: str) -> Data:
    """What a recipe trains on, as the model is given it but without augmentation."""
    loaded = load_recipe(RECIPES / f"{name}.yaml", [])
    recipe, _ = loaded.sound()
    plain = recipe.data.model_copy(update={"augment": []})
    return Assembly(recipe.model_copy(update={"data": plain}), loaded.folder, Path()).data


def _fitted(task: Task) -> dict[str, dict[str, float]]:
    data = _data(task.recipes[0])
    return {b.name: {k: float(v) for k, v in b.values(data).items()} for b in task.baselines}


def _train(name: str, out: Path) -> Trained:
    """`netwright train` in a process of its own."""
    path = RECIPES / f"{name}.yaml"
    given = [sys.executable, "-m", "netwright", "train", str(path), "--out", str(out)]
    start = time.perf_counter()
    subprocess.run(given, cwd=ROOT, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    recipe, _ = load_recipe(path, []).sound()
    rows = list(read(out / "metrics.csv"))
    curves: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        curves.setdefault(f"{row.split} {row.name}", []).append((row.step, row.value))
    return Trained(
        name,
        shlex.join(["netwright", "train", str(path.relative_to(ROOT))]),
        seconds,
        json.loads((out / "run.json").read_text(encoding="utf-8"))["model"]["parameters"],
        rows[-1].step,
        {row.name: row.value for row in rows if row.split == "test"},
        {name: values for name, values in curves.items() if not name.startswith("test")},
        {label(metric): metric.better == "max" for metric in recipe.metrics},
    )


def _rows(
    task: Task, trained: Trained, fitted: Mapping[str, Mapping[str, float]]
) -> Iterator[tuple[str, ...]]:
    """A row for each metric that a baseline has too."""
    for metric, higher in trained.higher.items():
        others = {name: values[metric] for name, values in fitted.items() if metric in values}
        value = trained.measured[metric]
        shown = "; ".join(f"{name} {other:.3f}" for name, other in others.items())
        verdict = _verdict(value, (max if higher else min)(others.values()), higher)
        goal = task.goals.get(metric)
        if goal is not None:
            verdict += f", at least {goal}: {'met' if value >= goal else 'missed'}"
        seconds = f"{trained.seconds:.0f} s"
        yield task.title, trained.recipe, metric, f"{value:.3f}", verdict, shown, seconds


def _verdict(value: float, best: float, higher: bool) -> str:
    if f"{value:.3f}" == f"{best:.3f}":
        return "equal"
    return "better" if (value > best) == higher else "worse"


def _kept(
    task: Task, trained: Trained, fitted: Mapping[str, Mapping[str, float]]
) -> dict[str, object]:
    return {
        "data": task.title,
        "recipe": f"examples/recipes/{trained.recipe}.yaml",
        "command": trained.command,
        "seconds": round(trained.seconds, 1),
        "parameters": trained.parameters,
        "steps": trained.steps,
        "test": dict(trained.measured),
        "baselines": fitted,
        "goals": dict(task.goals),
        "curves": {
            name: _points(values)
            for name, values in trained.curves.items()
            if name not in _LEFT_OUT
        },
    }


def _points(curve: Sequence[tuple[int, float]]) -> dict[str, list[float]]:
    """A curve by steps and values, with its last point and about fifty in all."""
    every = -(-len(curve) // 50)
    kept = curve[::-every][::-1]
    return {
        "steps": [step for step, _ in kept],
        "values": [float(f"{value:.4g}") for _, value in kept],
    }
