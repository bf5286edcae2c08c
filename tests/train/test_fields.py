"""Small models of many fields, trained for a few steps: each loss is given what it reads, falls,
and is reported with its metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from netwright.recipe import Recipe
from netwright_runtime import train
from netwright_runtime.train.evidence import EVIDENCE
from netwright_runtime.train.log import EVENTS, METRICS
from netwright_runtime.train.report import REPORT
from netwright_runtime.train.table import read

SPECS = {
    "classes": """\
inputs: {features: "float[B, 30]"}
graph: {hidden: Linear(out_features=16), act: ReLU, logits: Linear(out_features=1)}
""",
    "numbers": """\
inputs: {features: "float[B, 10]"}
graph: {hidden: Linear(out_features=16), act: ReLU, out: Linear(out_features=1)}
""",
    "masks": """\
inputs: {image: "float[B, 1, H, W]"}
graph:
  one: Conv2d(out_channels=8, kernel_size=3, padding=1)
  act: ReLU
  masks: Conv2d(out_channels=11, kernel_size=3, padding=1)
""",
    "tokens": """\
inputs: {tokens: "int[B, T]"}
graph:
  embed: Embedding(num_embeddings=257, embedding_dim=16)
  hidden: Linear(out_features=32)
  act: GELU
  logits: Linear(out_features=257)
""",
    "vae": """\
inputs: {image: "float[B, 1, 8, 8]"}
graph:
  flat: flatten(image, 1)
  hidden: Linear(out_features=32)(flat)
  act: ReLU
  mu: Linear(out_features=4)(act)
  logvar: Linear(out_features=4)(act)
  z: mu + exp(0.5 * logvar) * randn_like(mu) if training else mu
  up: Linear(out_features=64)(z)
  recon: up.reshape([B, 1, 8, 8])
outputs: {recon: recon, mu: mu, logvar: logvar}
""",
    "noise": """\
inputs: {image: "float[B, 1, 8, 8]", time: "int[B]"}
graph:
  at: Embedding(num_embeddings=100, embedding_dim=64)(time)
  joined: flatten(image, 1) + at
  hidden: Linear(out_features=64)
  act: ReLU
  last: Linear(out_features=64)
  noise: last.reshape([B, 1, 8, 8])
outputs: {noise: noise}
""",
    "towers": """\
inputs: {user: "int[B]", item: "int[B]"}
graph:
  query: Embedding(num_embeddings=60, embedding_dim=8)(user)
  found: Embedding(num_embeddings=40, embedding_dim=8)(item)
outputs: {query: query, found: found}
""",
    "forecast": """\
inputs: {past_values: "float[B, 24, 1]"}
graph:
  flat: flatten(past_values, 1)
  out: Linear(out_features=12)(flat)
  future: out.reshape([B, 4, 1, 3])
outputs: {future: future}
""",
}

SPLIT = {"train": 0.7, "validation": 0.15, "test": 0.15}
HIDE = {"mask_token": 256, "vocabulary": 256}

FIELDS: dict[str, dict[str, Any]] = {
    "classes": {
        "data": {"source": "breast_cancer", "split": SPLIT, "normalise": ["features"]},
        "loss": "binary_cross_entropy",
        "metrics": ["accuracy", "auroc", "f1"],
    },
    "numbers": {
        "data": {"source": "diabetes", "split": SPLIT, "normalise": ["features", "progression"]},
        "loss": [{"huber": {"weight": 0.5}}, "mse"],
        "metrics": ["mae", "rmse", "r2"],
    },
    "masks": {
        "data": {"source": {"digit_scenes": {"count": 200, "size": 16}}, "split": SPLIT},
        "loss": [{"cross_entropy": {"class_weights": [0.2] + [1.0] * 10}}, "dice"],
        "metrics": ["iou", "dice"],
    },
    "tokens": {
        "data": {"source": {"sonnets": {"length": 32}}},
        "loss": "next_token",
        "metrics": ["perplexity", "bits_per_byte"],
    },
    "hidden": {
        "model": "tokens",
        "data": {"source": {"sonnets": {"length": 32}}},
        "loss": {"masked_language_model": HIDE},
    },
    "vae": {
        "data": {"source": "digits", "split": SPLIT, "target": ["image"]},
        "loss": {"vae": {"beta": 0.1}},
    },
    "noise": {
        "data": {"source": "digits", "split": SPLIT},
        "loss": {"diffusion": {"clean": "image", "steps": 100}},
    },
    "towers": {
        "data": {"source": {"interactions": {"users": 60, "items": 40}}},
        "loss": {"contrastive": {"first": "query", "second": "found", "temperature": 0.3}},
        "metrics": [
            {name: {"first": "query", "second": "found", "first_id": "user", "second_id": "item"}}
            for name in ("recall", "ndcg")
        ],
    },
    "forecast": {
        "data": {"source": {"seasonal": {"context": 24, "horizon": 4, "steps": 300}}},
        "loss": {"quantile": {"quantiles": [0.1, 0.5, 0.9]}},
        "metrics": [{"mae": {"item": 1}}],
    },
}


def _recipe(folder: Path, field: dict[str, Any], name: str) -> Recipe:
    spec = field.get("model", name)
    (folder / "net.yaml").write_text("netwright: 1\nmodel: Net\n" + SPECS[spec])
    return Recipe.model_validate(
        {
            "model": {"spec": "net.yaml"},
            "data": {"batch_size": 16, **field["data"]},
            "loss": field["loss"],
            "metrics": field.get("metrics", []),
            "optimiser": {"AdamW": {"lr": 1e-2}},
            "train": {"epochs": field.get("epochs", 3)},
            "log": {"every": 1, "trackers": [], "peak_flops": 1e9},
        }
    )


@pytest.mark.parametrize("name", FIELDS)
def test_a_model_of_the_field_learns(tmp_path, name) -> None:
    recipe = _recipe(tmp_path, FIELDS[name], name)
    out = tmp_path / "run"
    found = train.train(recipe, out, folder=tmp_path)
    rows = list(read(out / METRICS))
    losses = [r.value for r in rows if (r.split, r.name) == ("train", "loss")]
    third = len(losses) // 3
    assert sum(losses[-third:]) < 0.95 * sum(losses[:third])
    logged = {r.name for r in rows if r.split == "test"}
    wanted = {next(iter(m)) if isinstance(m, dict) else m for m in FIELDS[name].get("metrics", [])}
    assert {label.removesuffix("_10") for label in logged} >= wanted | {"loss"}
    assert set(found.measured) == logged
    assert (out / REPORT).is_file()
    events = [json.loads(line)["event"] for line in (out / EVENTS).read_text().splitlines()]
    assert events.index("started") < events.index("evaluated") < events.index("checkpoint")
    assert events[-1] == "finished"


@pytest.mark.parametrize(
    ("name", "kind"), [("classes", "confusion"), ("masks", "confusion"), ("forecast", "residuals")]
)
def test_what_the_last_evaluation_shows(tmp_path, name, kind) -> None:
    recipe = _recipe(tmp_path, {**FIELDS[name], "epochs": 1}, name)
    train.train(recipe, tmp_path / "run", folder=tmp_path)
    found = json.loads((tmp_path / "run" / EVIDENCE).read_text())
    assert found["kind"] == kind


@pytest.mark.parametrize(
    ("name", "change", "where", "message"),
    [
        ("numbers", {"loss": {"mse": {"target": "x"}}}, ("loss", 0, "mse", "target"), "no column"),
        ("masks", {"metrics": [{"iou": {"output": "x"}}]}, ("metrics", 0, "iou", "output"), "no o"),
        ("tokens", {"loss": "cross_entropy"}, ("loss", 0, "cross_entropy"), "the target (16, 32)"),
        ("vae", {"metrics": ["r2"]}, ("metrics", 0, "r2", "output"), "not clear which output"),
        ("tokens", {"metrics": ["mae"]}, ("metrics", 0, "mae"), "have to be alike"),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(tmp_path, name, change, where, message) -> None:
    recipe = _recipe(tmp_path, {**FIELDS[name], **change, "epochs": 1}, name)
    with pytest.raises(train.BadData) as fault:
        train.train(recipe, tmp_path / "run", folder=tmp_path)
    (found,) = fault.value.faults
    assert found.where == where
    assert message in found.message
