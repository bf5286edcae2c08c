"""A file's tensors into a module: how it is read, what is changed on the way, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import netwright
import pytest
import torch
from netwright_runtime import load_weights
from netwright_runtime.model import NotBuilt, compiled_of
from netwright_runtime.model.weights import IncompleteLoad, UnknownName
from safetensors.torch import save_file, save_model
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from .specs import assert_holds, drawn, published, tagger

State = dict[str, Tensor]


def prefixed(state: State, prefix: str) -> State:
    return {prefix + name: value for name, value in state.items()}


def compiled_by_layer(state: State) -> State:
    return {name.replace("layers.1.", "layers.1._orig_mod."): v for name, v in state.items()}


WRAPPED: dict[str, tuple[Callable[[State], Mapping[str, Any]], tuple[str, ...], str]] = {
    "plain": (lambda state: state, (), ""),
    "state_dict": (lambda state: {"state_dict": state, "epoch": 3}, ("state_dict",), ""),
    "DataParallel": (lambda state: prefixed(state, "module."), (), "module."),
    "torch.compile": (lambda state: prefixed(state, "_orig_mod."), (), ""),
    "compiled layers": (compiled_by_layer, (), ""),
    "Lightning": (
        lambda state: {
            "state_dict": prefixed(state, "model."),
            "optimizer_states": [{"state": {}}],
        },
        ("state_dict",),
        "model.",
    ),
    "all of it": (
        lambda state: {"a": {"model": prefixed(state, "module._orig_mod.model.")}, "step": 1},
        ("a", "model"),
        "module.model.",
    ),
    "optimiser beside it": (
        lambda state: {"model": state, "optimizer": {"state": {0: {"m": state["head.bias"]}}}},
        ("model",),
        "",
    ),
}


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_what_was_around_the_model_is_taken_off(tmp_path: Path, wrapped: str) -> None:
    model = tagger(tmp_path)
    state = drawn(model)
    make, inside, prefix = WRAPPED[wrapped]
    report = load_weights(model, make(state))
    assert_holds(model, state)
    assert report.complete and report.total == len(report.matches) == len(state)
    assert (report.inside, report.prefix, report.key_map) == (inside, prefix, None)


@pytest.mark.parametrize("device", [None, "meta"])
def test_a_key_map_renames_splits_and_drops(tmp_path: Path, device: str | None) -> None:
    expected = tagger(tmp_path)
    state = drawn(expected)
    model = tagger(tmp_path, device)
    report = load_weights(model, published(state))
    assert_holds(model, state)
    assert report.key_map == "published"
    assert report.dropped == ("position_ids",)
    assert report.changes == {"renamed": 7, "split": 8}
    (key,) = [m for m in report.matches if m.name == "layers.1.k.bias"]
    assert (key.key, key.part) == ("transformer.h.1.qk.bias", (1, 2))
    expected.load_state_dict(state)
    tokens = torch.arange(10).view(2, 5)
    for found, wanted in zip(model(tokens), expected(tokens), strict=True):
        assert torch.equal(found, wanted)


def test_parts_are_as_large_as_the_weights_that_they_become(tmp_path: Path) -> None:
    path = tmp_path / "grouped.yaml"
    path.write_text(
        "netwright: 1\nmodel: Grouped\ninputs: {x: 'float[B, 6]'}\ngraph:\n"
        "  q: Linear(out_features=6, bias=False)(x)\n  k: Linear(out_features=2, bias=False)(x)\n"
        "  out: cat([q, k], dim=1)\n"
        "weights: {fused: [{match: qk, split: [q, key]}, {match: key, to: k}]}\n"
    )
    model = netwright.build(path)
    fused = torch.rand(8, 6)
    load_weights(model, {"qk.weight": fused})
    assert_holds(model, {"q.weight": fused[:6], "k.weight": fused[6:]})
    with pytest.raises(IncompleteLoad, match=r"`qk.weight`: a step splits it into 2 parts, and 7"):
        load_weights(model, {"qk.weight": fused[:7]})


def test_a_key_map_can_be_asked_for(tmp_path: Path) -> None:
    model = tagger(tmp_path)
    state = drawn(model)
    assert load_weights(model, state, key_map="other").key_map == "other"
    with pytest.raises(UnknownName, match="no key map `timm`; it has `published`, `other`"):
        load_weights(model, state, key_map="timm")


def test_of_several_copies_the_first_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    model = tagger(tmp_path)
    state = drawn(model)
    file = {"model": model.state_dict(), "ema": {"decay": 0.9, "shadow": state}}
    report = load_weights(tagger(tmp_path, "meta"), file)
    assert report.inside == ("model",) and report.others == ("ema.shadow",)
    assert "`ema.shadow` would fit as well" in str(report)
    assert load_weights(model, file, inside="ema").inside == ("shadow",)
    assert_holds(model, state)
    with pytest.raises(UnknownName, match="the file has no dict `best`; it has model, ema"):
        load_weights(model, file, inside="best")


def test_of_a_checkpoint_of_a_run_the_model_is_taken(tmp_path: Path) -> None:
    model = tagger(tmp_path)
    state = drawn(model)
    rest = {**prefixed(model.state_dict(), "ema/"), "optimiser/head.bias/step": torch.ones(())}
    save_file({**rest, **prefixed(state, "model/")}, tmp_path / "step.safetensors")
    report = load_weights(model, tmp_path / "step.safetensors")
    assert_holds(model, state)
    assert report.inside == ("model",) and report.others == ("ema",)


def test_what_does_not_fit_is_told_in_full_and_nothing_is_changed(tmp_path: Path) -> None:
    model = tagger(tmp_path)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = drawn(model)
    state["layers.0.nrm.weight"] = state.pop("layers.0.norm.weight")
    state["head.weight"] = torch.rand(5, 8)
    state["head.bias"] = torch.tensor([1, 2, 3])
    state["scale"] = torch.ones(9, 9)
    with pytest.raises(IncompleteLoad) as refused:
        load_weights(model, state)
    assert str(refused.value) == (
        "Tagger from a state_dict: 13 of 16 weights\n"
        "missing from the file (1):\n"
        "  `layers.0.norm.weight` [8]; is it `layers.0.nrm.weight`?\n"
        "left over in the file (2):\n"
        "  `layers.0.nrm.weight` [8]; is it `layers.0.norm.weight`?\n"
        "  `scale` [9, 9]\n"
        "does not fit (2):\n"
        "  `head.weight`: it is [5, 8], and the weight [3, 8]\n"
        "  `head.bias`: it holds int64, and the weight float32\n"
        "  = help: `--skip NAME` (a pattern, such as `head.*`) leaves weights as they begin, "
        "`--interpolate NAME` stretches learned positions, `--inserted LAYER` makes room for a new "
        "layer, `--partial` loads whatever fits"
    )
    assert_holds(model, before)


def test_two_keys_that_become_one_weight_are_refused(tmp_path: Path) -> None:
    model = tagger(tmp_path)
    state = drawn(model)
    with pytest.raises(IncompleteLoad, match=r"`classifier.bias`: `head.bias` of the file is this"):
        load_weights(model, {**state, "classifier.bias": state["head.bias"]}, key_map="other")


def test_dims_of_size_1_come_and_go(tmp_path: Path) -> None:
    model = tagger(tmp_path)
    state = drawn(model)
    report = load_weights(model, {**state, "head.weight": state["head.weight"][..., None, None]})
    assert_holds(model, state)
    assert report.changes == {"reshaped": 1}
    assert "reshaped: head.weight from [3, 8, 1, 1]" in str(report)


def test_tied_weights_are_one_tensor_however_many_names_a_file_has(tmp_path: Path) -> None:
    state = drawn(tagger(tmp_path, tied=True))
    state["unembed.weight"] = state["embed.weight"]
    for device in (None, "meta"):
        for names in (["embed.weight", "unembed.weight"], ["unembed.weight"], ["embed.weight"]):
            model: Any = tagger(tmp_path, device, tied=True)
            others = {n: v for n, v in state.items() if "embed" not in n}
            load_weights(model, {**others, **{name: state[name] for name in names}})
            assert_holds(model, state)
            assert model.unembed.weight is model.embed.weight
    save_model(tagger(tmp_path, tied=True), str(tmp_path / "w.safetensors"))
    report = load_weights(tagger(tmp_path, "meta", tied=True), tmp_path / "w.safetensors")
    assert len(report.tied) == 1
    state["unembed.weight"] = state["embed.weight"] + 1
    with pytest.raises(IncompleteLoad, match=r"`unembed.weight`: it differs from `embed.weight`"):
        load_weights(model, state)


class _Storages(TorchDispatchMode):
    """Adds up the bytes of the storages that come into being, those on the meta device aside."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self._seen: dict[int, Tensor] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **kwargs or {})
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, Tensor) and not tensor.is_meta:
                storage = tensor.untyped_storage()
                if self._seen.setdefault(storage.data_ptr(), tensor) is tensor:
                    self.bytes += storage.nbytes()
        return result


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt"])
def test_a_model_without_weights_takes_those_that_lie_in_the_file(
    tmp_path: Path, name: str
) -> None:
    sizes: dict[str, Any] = {"dim": 64, "vocab": 500}
    state = drawn(tagger(tmp_path, **sizes))
    save_file(state, tmp_path / "w.safetensors")
    torch.save(state, tmp_path / "w.pt")
    with _Storages() as made:
        model = tagger(tmp_path, "meta", **sizes)
        load_weights(model, tmp_path / name)
    once = sum(value.nbytes for value in state.values())
    assert once <= made.bytes < 1.02 * once
    assert_holds(model, state)


def test_a_model_without_weights_takes_the_tensors_that_it_is_given(tmp_path: Path) -> None:
    state = drawn(tagger(tmp_path))
    model = tagger(tmp_path, "meta")
    load_weights(model, state)
    for name, parameter in model.named_parameters():
        assert parameter.data_ptr() == state[name].data_ptr()


def test_what_no_file_holds_is_computed_and_other_dtypes_are_converted(tmp_path: Path) -> None:
    expected = tagger(tmp_path)
    state = drawn(expected)
    half = {name: value.half() for name, value in state.items()}
    for device in (None, "meta"):
        model = tagger(tmp_path, device)
        model.get_parameter("head.weight").requires_grad_(False)
        report = load_weights(model, half)
        assert report.changes == {"converted": 16}
        assert_holds(model, {name: value.float() for name, value in half.items()})
        assert torch.equal(model.get_buffer("freqs"), expected.get_buffer("freqs"))
        assert {n for n, p in model.named_parameters() if not p.requires_grad} == {"head.weight"}


def test_counters_of_batches_that_a_file_lacks_begin_at_0(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "netwright: 1\nmodel: N\ninputs: {x: 'float[B, 4]'}\ngraph: {bn: BatchNorm1d}\n"
    )
    model = netwright.build(path, device="meta")
    state = drawn(netwright.build(path))
    del state["bn.num_batches_tracked"]
    assert load_weights(model, state).begun == ("bn.num_batches_tracked",)
    assert_holds(model, {**state, "bn.num_batches_tracked": torch.tensor(0)})


def test_a_module_from_elsewhere_needs_its_manifest(tmp_path: Path) -> None:
    state = drawn(tagger(tmp_path))
    manifest = compiled_of(tagger(tmp_path)).manifest
    names: dict[str, Any] = {}
    exec(netwright.emit(tmp_path / "tagger.yaml"), names)
    with torch.device("meta"):
        model: nn.Module = names["Tagger"]()
    with pytest.raises(NotBuilt):
        load_weights(model, state)
    assert load_weights(model, published(state), manifest=manifest).complete
    assert_holds(model, state)
