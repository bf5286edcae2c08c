"""What a run says it was made of."""

from __future__ import annotations

import subprocess
from hashlib import sha256

import torch
from netwright.recipe import Recipe
from netwright_runtime.model import compiled
from netwright_runtime.train.data.prepare import prepare
from netwright_runtime.train.manifest import commit, read_manifest, write_manifest

RECIPE = Recipe.model_validate(
    {
        "model": {"spec": "tabular/ft_transformer", "params": {"n_cont_features": 30}},
        "data": {
            "source": "breast_cancer",
            "inputs": {"x_cont": "features"},
            "split": {"train": 0.75, "test": 0.25},
        },
        "loss": "binary_cross_entropy",
    }
)


def test_recipe_spec_data_and_versions_are_all_in_it(tmp_path) -> None:
    model = compiled(RECIPE.model.spec, params=RECIPE.model.params)
    data = prepare(RECIPE.data, model.manifest, root=tmp_path, seed=0)
    write_manifest(
        tmp_path, RECIPE, model, data, folder=tmp_path, device=torch.device("cpu"), sizes={"B": 4}
    )
    found = read_manifest(tmp_path)
    assert Recipe.model_validate(found["recipe"]) == RECIPE
    ((name, text),) = found["model"]["files"].items()
    assert name == "tabular/ft_transformer.yaml"
    assert sha256(text.encode()).hexdigest() == found["model"]["spec_sha256"]
    assert found["model"]["parameters"] == sum(p.numel() for p in model.build().parameters())
    assert any(row["name"] == "backbone" for row in found["model"]["tree"])
    assert found["data"]["sha256"] == data.fingerprint
    assert found["data"]["splits"] == {"train": 427, "test": 142}
    assert found["versions"]["torch"] == torch.__version__
    assert found["machine"]["device"] == "cpu"


def _git(folder, *words: str) -> str:
    name = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", folder, *name, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_commit_of_the_recipe_and_whether_it_was_changed(tmp_path) -> None:
    assert commit(tmp_path) is None
    _git(tmp_path, "init", "-q")
    (tmp_path / "recipe.yaml").write_text("recipe: 1\n")
    _git(tmp_path, "add", "recipe.yaml")
    _git(tmp_path, "commit", "-q", "-m", "begin")
    head = _git(tmp_path, "rev-parse", "HEAD")
    assert commit(tmp_path) == {"hash": head, "changed": False}
    (tmp_path / "recipe.yaml").write_text("recipe: 2\n")
    assert commit(tmp_path) == {"hash": head, "changed": True}
