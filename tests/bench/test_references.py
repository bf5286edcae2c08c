"""Models of others by name; the libraries are stood in for."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from netwright_runtime.bench import NotMeasured
from netwright_runtime.bench.references import reference
from torch import nn


class _Config:
    use_cache = True

    def __init__(self, **given: Any) -> None:
        self.given = given


class _Model(nn.Linear):
    config_class = _Config

    def __init__(self, config: _Config) -> None:
        super().__init__(config.given.get("width", 3), 1)
        self.config = config


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for timm, torchvision and transformers."""
    timm = SimpleNamespace(
        is_model=lambda name: name == "resnet18",
        create_model=lambda name, **given: nn.Linear(given.get("num_classes", 5), 1),
    )
    models = SimpleNamespace(
        list_models=lambda: ["vgg11"],
        get_model=lambda name, weights, **given: nn.Linear(2, 1),
    )
    auto = SimpleNamespace(configuration_auto=SimpleNamespace(CONFIG_MAPPING={"bert": _Config}))
    transformers = SimpleNamespace(
        BertModel=_Model,
        BertConfig=_Config,
        PretrainedConfig=_Config,
        AutoModel=SimpleNamespace(from_config=_Model),
        logging=ModuleType("logging"),
        Cache=nn.ReLU,
        models=SimpleNamespace(auto=auto),
    )
    monkeypatch.setitem(sys.modules, "timm", timm)
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(models=models))
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    monkeypatch.setitem(sys.modules, "transformers", transformers)


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("timm:resnet18", 5),
        ("timm:resnet18(num_classes=7)", 7),
        ("torchvision:vgg11", 2),
        ("transformers:BertModel(width=4)", 4),
        ("transformers:BertConfig(width=4)", 4),
        ("transformers:bert", 3),
        ("torch.nn:Linear(in_features=6, out_features=1)", 6),
    ],
)
def test_a_model_is_made_from_its_name_and_arguments(text: str, width: int) -> None:
    made = reference(text)()
    assert isinstance(made, nn.Linear)
    assert made.in_features == width


@pytest.mark.usefixtures("libraries")
def test_a_model_of_transformers_keeps_nothing_for_later_calls() -> None:
    made: Any = reference("transformers:BertModel")()
    assert made.config.use_cache is False


def test_a_factory_of_ones_own_is_found_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_models.py").write_text(
        "from torch import nn\ndef tiny(width=2):\n    return nn.Linear(width, 1)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_models", raising=False)
    made: Any = reference("own_models:tiny(width=9)")()
    assert made.in_features == 9
    del sys.modules["own_models"]


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resnet18", "not of the form LIBRARY:NAME or module.path:factory"),
        ("timm:", "not of the form LIBRARY:NAME or module.path:factory"),
        ("timm:resnet18(", "the arguments of `timm:resnet18(` are not of the form (name=1)"),
        ("timm:resnet18(7)", "only named arguments are read"),
        ("timm:resnet18(x=open('y'))", "are not of the form (name=1)"),
        ("timm:resnet99", "there is no `resnet99` in `timm`: `timm.list_models()` has the names"),
        ("torchvision:vgg99", "there is no `vgg99` in `torchvision`"),
        ("transformers:Nothing", "there is no `Nothing` in `transformers`"),
        ("transformers:logging", "name a model class, a config class or a type"),
        ("transformers:Cache", "it is neither a model class nor a config class"),
        ("no_such_package.models:make", "there is no package `no_such_package`"),
        ("torch.no_such_module:make", "No module named 'torch.no_such_module'"),
        ("math:pi", "a class or a function that gives an `nn.Module` is needed"),
    ],
)
def test_what_there_is_not_is_said(text: str, said: str) -> None:
    with pytest.raises(NotMeasured) as fault:
        reference(text)
    assert said in str(fault.value)


def test_a_module_that_fails_to_import_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_models.py").write_text("raise RuntimeError('no licence')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(NotMeasured, match="importing it fails with RuntimeError: no licence"):
        reference("broken_models:make")
