"""Blocks that share their code: equal to what is written, whatever changes between two calls."""

from __future__ import annotations

import copy
import platform
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import netwright
import pytest
import torch
from netwright_runtime.optimise.regional import choice, compile, kernels, patterns, region
from netwright_runtime.optimise.regional.maps import layouts_are_free
from torch import Tensor, nn
from torch._functorch._aot_autograd.utils import make_boxed_func
from torch._functorch.aot_autograd import aot_function
from torch._inductor import cpu_vec_isa
from torch._inductor.exc import CppCompileError
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.flop_counter import FlopCounterMode

from tests.optimise.regional_models import CONVOLUTIONS, TOKENS

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")
"""What torch's compiler says of torch, when it is first imported."""


@pytest.fixture
def built(tmp_path) -> Callable[..., nn.Module]:
    def build(text: str = CONVOLUTIONS, **params: Any) -> nn.Module:
        (tmp_path / "net.yaml").write_text(text)
        torch.manual_seed(0)
        return netwright.build(tmp_path / "net.yaml", params=params)

    return build


@pytest.fixture
def traced(monkeypatch) -> list[str]:
    """No machine code: AOTAutograd's graphs run as they are. Names of what Dynamo was given."""

    def lower(function: nn.Module, tensors: Sequence[Tensor], *_: object) -> Any:
        made = aot_function(function, lambda graph, _: make_boxed_func(graph))
        made(*(tensor.detach().clone().requires_grad_(tensor.requires_grad) for tensor in tensors))
        return made

    given: list[str] = []

    def dynamo(forward: Any, **_: object) -> Any:
        given.append(type(forward.__self__).__name__)
        return forward

    monkeypatch.setattr(kernels, "_lower", lower)
    monkeypatch.setattr(torch, "compile", dynamo)
    return given


def variants(model: nn.Module) -> int:
    (kind,) = choice(model).kinds
    return kind.variants


def images(*sizes: int) -> Tensor:
    return torch.rand(*sizes, generator=torch.Generator().manual_seed(1))


def agree(one: nn.Module, other: nn.Module, *given: Any, tolerance: float = 1e-6) -> None:
    torch.testing.assert_close(one(*given), other(*given), atol=tolerance, rtol=1e-5)


def test_machine_code_infers_and_trains_as_the_module_does(built) -> None:
    plain, image = built(), images(2, 3, 8, 8)
    model = compile(copy.deepcopy(plain))
    assert list(model.state_dict()) == list(plain.state_dict())
    for _ in range(2):
        for module in (plain, model):
            module.zero_grad()
            module(image).square().sum().backward()
    for (name, one), other in zip(plain.named_parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-5, msg=name)
    torch.testing.assert_close(plain.state_dict(), model.state_dict())
    assert int(model.get_buffer("blocks.2.norm.num_batches_tracked")) == 2
    assert variants(model) == 1
    with torch.no_grad():
        agree(plain.eval(), model.eval(), image)
    assert variants(model) == 2


def test_every_mode_of_a_call_has_code_of_its_own(built, traced) -> None:
    plain = built().eval()
    model = compile(copy.deepcopy(plain))
    image = images(2, 3, 8, 8)
    with torch.no_grad():
        agree(plain, model, image)
        assert variants(model) == 1
        with torch.autocast("cpu", torch.bfloat16):
            assert model(image).dtype == torch.bfloat16
            agree(plain, model, image, tolerance=1e-2)
        assert variants(model) == 2
    with torch.inference_mode():
        agree(plain, model, image)
    agree(plain.train(), model.train(), image)
    torch.testing.assert_close(plain.state_dict(), model.state_dict())
    seen = variants(model)
    assert seen == 4
    agree(plain, model, image)
    assert variants(model) == seen
    agree(plain.double(), model.double(), image.double())
    assert variants(model) == seen + 1
    assert traced == []


def test_a_frozen_weight_gets_no_gradient_and_a_thawed_one_does(built, traced) -> None:
    model = compile(built())
    image = images(2, 3, 8, 8)
    weight = model.get_parameter("blocks.1.conv.weight")
    weight.requires_grad_(False)
    model(image).sum().backward()
    assert weight.grad is None
    assert model.get_parameter("blocks.0.conv.weight").grad is not None
    weight.requires_grad_(True)
    model(image).sum().backward()
    assert weight.grad is not None


def test_weights_that_are_loaded_or_replaced_are_used(built, traced) -> None:
    plain = built().eval()
    model = compile(copy.deepcopy(plain))
    image = images(1, 3, 8, 8)
    with torch.no_grad():
        model(image)
        state = {name: held + 0.5 for name, held in plain.state_dict().items()}
        for module in (plain, model):
            module.load_state_dict(state)
        agree(plain, model, image)
        for module in (plain, model):
            torch.manual_seed(3)
            conv = module.get_submodule("blocks.1.conv")
            conv.weight = nn.Parameter(torch.randn_like(conv.weight))
            module.get_submodule("blocks.2.norm").running_mean = torch.ones(8)
        agree(plain, model, image)
    assert variants(model) == 1


def test_a_part_or_number_that_changes_is_not_run_as_it_was(built, traced) -> None:
    plain = built().eval()
    model = compile(copy.deepcopy(plain))
    image = images(1, 3, 8, 8)
    with torch.no_grad():
        model(image)
        for module in (plain, model):
            module.get_submodule("blocks.0.norm").eps = 10.0
        agree(plain, model, image)
        assert variants(model) == 2
        for module in (plain, model):
            module.get_submodule("blocks.1").act = nn.Tanh()
        agree(plain, model, image)
    assert variants(model) == 2


def test_hooks_see_the_blocks_and_what_is_in_them(built, traced) -> None:
    model = compile(built().eval())
    seen: list[str] = []
    block, part = model.get_submodule("blocks.0"), model.get_submodule("blocks.1.conv")
    with torch.no_grad():
        before = model(images(1, 3, 8, 8))
        block.register_forward_hook(lambda *_: seen.append("block"))
        part.register_forward_hook(lambda module, given, result: seen.append("part"))
        for _ in range(2):
            torch.testing.assert_close(model(images(1, 3, 8, 8)), before)
    assert seen == ["block", "part"] * 2


def test_what_counts_operations_sees_all_of_them(built, traced) -> None:
    plain = built().eval()
    model = compile(copy.deepcopy(plain))
    counts = []
    with torch.no_grad():
        model(images(1, 3, 8, 8))
        for module in (plain, model):
            with FlopCounterMode(display=False) as counter:
                module(images(1, 3, 8, 8))
            counts.append(counter.get_total_flops())
    assert counts[0] == counts[1] > 0


def test_a_block_that_meets_a_second_size_is_given_to_dynamo(built, traced) -> None:
    plain = built().eval()
    model = compile(copy.deepcopy(plain))
    with torch.no_grad():
        for sizes in ((1, 3, 8, 8), (2, 3, 8, 8), (1, 3, 6, 10)):
            agree(plain, model, images(*sizes))
    assert traced == ["Residual"] * 3
    (kind,) = choice(model).kinds
    assert (kind.variants, kind.dynamo) == (1, 3)


def test_sizes_have_code_of_their_own_up_to_a_limit(built, traced, monkeypatch) -> None:
    monkeypatch.setattr(region, "LIMIT", 2)
    plain = built().eval()
    model = compile(copy.deepcopy(plain), dynamic=False)
    with torch.no_grad():
        for size in (4, 5, 4, 5):
            agree(plain, model, images(1, 3, size, size))
        assert (variants(model), traced) == (2, [])
        agree(plain, model, images(1, 3, 6, 6))
    assert (variants(model), len(traced)) == (2, 3)


def test_images_keep_their_channels_last_between_blocks_unless_a_view_needs_them_first(
    built, traced
) -> None:
    def note(seen: list[Tensor], module: nn.Module, given: object, result: Tensor) -> None:
        seen.append(result)

    viewed = CONVOLUTIONS.replace("mean(blocks, dim=[2, 3])", "blocks.view([B, 8, H * W]).mean(-1)")
    for text, free in ((CONVOLUTIONS, True), (viewed, False)):
        plain = built(text).eval()
        model = compile(copy.deepcopy(plain))
        seen: list[Tensor] = []
        model.get_submodule("blocks").register_forward_hook(partial(note, seen))
        with torch.no_grad():
            agree(plain, model, images(2, 3, 8, 8))
        assert seen[0].is_contiguous(memory_format=torch.channels_last) is free
        assert variants(model) == 1


class _Helped(nn.Module):
    def forward(self, x):
        return self.rows(x)

    def rows(self, x):
        return [part.view(-1) for part in x]


class _Heir(_Helped):
    pass


@pytest.mark.parametrize(("cls", "free"), [(_Helped, False), (_Heir, False), (nn.Conv2d, True)])
def test_a_view_is_found_in_all_methods_of_a_class(cls, free: bool) -> None:
    module = cls(1, 1, 1) if cls is nn.Conv2d else cls()
    assert layouts_are_free(nn.Sequential(module)) is free


def test_patterns_of_attention_wait_for_what_may_hold_one(monkeypatch) -> None:
    from torch._inductor import compile_fx
    from torch._inductor.fx_passes import fuse_attention, joint_graph

    seen: list[bool] = []
    init = fuse_attention._sfdp_init

    def passes(graph: GraphModule, *_: object) -> GraphModule:
        seen.append(fuse_attention._sfdp_init is init)
        return graph

    monkeypatch.setattr(joint_graph, "joint_graph_passes", passes)
    monkeypatch.setattr(init, "cache_info", lambda: SimpleNamespace(currsize=0), raising=False)
    for function, given in ((torch.relu, (images(2, 2),)), (torch.bmm, (images(2, 2, 2),) * 2)):
        with patterns.attention_where_it_may_be():
            vars(compile_fx)["joint_graph_passes"](make_fx(function)(*given))
    assert seen == [False, True]
    assert fuse_attention._sfdp_init is init


def test_arguments_may_be_left_out_and_strides_may_differ(built, traced) -> None:
    plain = built(TOKENS).eval()
    model = compile(copy.deepcopy(plain), dynamic=False)
    x, mask = images(2, 5, 16), torch.ones(2, 5, dtype=torch.bool)
    with torch.no_grad():
        agree(plain, model, x)
        agree(plain, model, x, mask)
        agree(plain, model, images(2, 16, 5).transpose(1, 2), mask)
    assert variants(model) > 2


def test_dropout_draws_anew_in_each_block_and_call_and_as_seeded(built) -> None:
    model = compile(built(drop=0.5))
    image = images(1, 3, 8, 8)
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append((model(image), model(image)))
    assert torch.equal(drawn[0][0], drawn[1][0])
    assert not torch.equal(drawn[0][0], drawn[0][1])
    assert not torch.equal(drawn[0][0], drawn[2][0])


def test_a_copy_has_weights_of_its_own(built, traced) -> None:
    model = compile(built().eval())
    with torch.no_grad():
        before = model(images(1, 3, 8, 8))
        other = copy.deepcopy(model)
        other.get_parameter("blocks.0.conv.weight").zero_()
        assert not torch.equal(other(images(1, 3, 8, 8)), before)
        assert torch.equal(model(images(1, 3, 8, 8)), before)
    assert variants(model) == 1


class Reads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) if x.sum().item() > 0 else x


class Readers(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(Reads(), Reads(), Reads())


def test_a_block_that_reads_a_number_is_given_to_dynamo(traced) -> None:
    model = compile(Readers())
    for sign in (1.0, -1.0):
        agree(model, Readers.forward.__get__(model), sign * torch.ones(2, 4))
    (kind,) = choice(model).kinds
    assert (kind.variants, kind.dynamo) == (0, 3)
    assert "item" in kind.unfit or "local_scalar" in kind.unfit


def test_a_compiler_without_the_instructions_of_the_processor_is_asked_what_it_knows(
    monkeypatch,
) -> None:
    tried: list[str] = []

    def lower(function: object, tensors: object, options: object, around: Any) -> None:
        with around():
            tried.append(cpu_vec_isa.valid_vec_isa_list.__name__)
        if len(tried) == 1:
            raise CppCompileError(["g++"], "unrecognized command-line option")

    monkeypatch.setattr(kernels, "_lower", lower)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    kernels.compiled(nn.Linear(1, 1), [torch.ones(1)], "default")
    assert tried == ["<lambda>", "valid_vec_isa_list"]


@pytest.mark.parametrize(
    ("regional", "depth", "chosen"),
    [("auto", 3, True), ("auto", 2, False), (True, 2, True), (False, 3, False)],
)
def test_the_choice_is_by_the_number_of_repeats(built, regional, depth, chosen) -> None:
    model = built(depth=depth)
    found = choice(model, regional)
    assert found.regional is chosen
    compile(model, regional=regional)
    assert (model._compiled_call_impl is None) is chosen
    assert bool(choice(model).kinds and choice(model).reason == "it is compiled") is chosen


def test_a_model_without_repeats_is_no_model_of_blocks(built) -> None:
    with pytest.raises(ValueError, match="`Net` repeats no block; leave `regional` out"):
        compile(built(depth=1), regional=True)
