"""Ahead of time: machine code for each kind of block once, the weights, and the rest, in a file.

    package(model, (tokens,), "model.pt2")
    model = load_package("model.pt2")
    logits = model(tokens)

The file is an archive as torch writes it. It holds one AOTInductor model for each kind of block
(whose weights are inputs), and an exported program of the whole model in which the results of a
block are calls of one operator. Loaded, the program has the machine code in their place.
"""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import export
from torch.export.pt2_archive._package import load_pt2, package_pt2
from torch.fx import GraphModule, Node

from netwright_runtime.model.blocks import kinds
from netwright_runtime.optimise.regional import kernels
from netwright_runtime.optimise.regional.capture import Form, Lifted, parted
from netwright_runtime.optimise.regional.layout import Layout
from netwright_runtime.optimise.regional.patterns import attention_where_it_may_be

_CALLS = "calls.json"
_MODEL = "model"


@dataclass(frozen=True, eq=False)
class _Call:
    """A call of a block, as an example.

    kind      the number of the block's kind
    path      of the block in the model
    layout    of the block
    given     the tensors given, in `form`
    results   the tensors that came back, in `returned`
    """

    kind: int
    path: str
    block: nn.Module
    layout: Layout
    given: list[Tensor]
    form: Form
    results: list[Tensor]
    returned: Form

    @property
    def code(self) -> object:
        """What tells this call from those that need other code."""
        looks = ((t.shape, t.stride(), t.dtype, t.device) for t in self.given)
        return self.kind, tuple(looks), str(self.form)


def package(
    model: nn.Module, given: Sequence[Any], path: str | os.PathLike[str], *, mode: str = "default"
) -> None:
    """Compile a model ahead of time, for inference with inputs of these very sizes.

    Args:
        model: in evaluation mode; it stays as it is.
        given: the inputs of one call, in order.
        path: of the file to write, which ends in `.pt2`.
        mode: as in `torch.compile`.

    Raises:
        ValueError: the model repeats no block, or is in training mode.
    """
    if model.training:
        raise ValueError("the model is in training mode; call `model.eval()` before packaging it")
    with torch.no_grad():
        calls = _calls(model, given)
        if not calls:
            raise ValueError(
                f"`{type(model).__name__}` repeats no block; use "
                "`torch._inductor.aoti_compile_and_package` for all of it"
            )
        with _instead(_stand_ins(calls)):
            program = export(_Whole(model), tuple(given))
        names: dict[object, str] = {}
        files: dict[str, Any] = {}
        for call in calls:
            if call.code not in names:
                names[call.code] = f"block{len(names)}"
                files[names[call.code]] = _machine_code(call, mode)
    plan = [
        [names[call.code], [f"{_MODEL}.{call.path}.{n}" for n in call.layout.names]]
        for call in calls
    ]
    package_pt2(
        os.fspath(path),
        exported_programs={_MODEL: program},
        aoti_files=files,
        extra_files={_CALLS: json.dumps(plan)},
    )


def load_package(path: str | os.PathLike[str]) -> nn.Module:
    """The model that `package` wrote. It takes inputs of the sizes that were packaged; what was
    a named tuple comes back as a plain one."""
    with kernels.processor_trusted():  # torch looks up the instructions that it was compiled for
        contents = load_pt2(os.fspath(path))
    program = contents.exported_programs[_MODEL]
    weights = {**program.state_dict, **program.constants}
    module = program.module()
    assert isinstance(module, GraphModule)
    for number, (name, names) in enumerate(json.loads(contents.extra_files[_CALLS])):
        runner = contents.aoti_runners[name].loader.boxed_run
        module.add_submodule(_name(number), _Code(runner, [weights[n] for n in names]))
    _linked(module)
    return module


class _Whole(nn.Module):
    """A model whose results every reader of the archive knows."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *given: Any) -> Any:
        result = self.model(*given)
        return tuple(result) if isinstance(result, tuple) else result


class _Code(nn.Module):
    """A block as machine code, with its weights."""

    def __init__(self, run: Any, weights: list[Tensor]) -> None:
        super().__init__()
        self._run = run
        self._weights = weights

    def forward(self, given: list[Tensor]) -> list[Tensor]:
        results: list[Tensor] = self._run([*self._weights, *given])
        return results


@torch.library.custom_op("netwright::block_result", mutates_args=())
def block_result(
    given: list[Tensor],
    call: int,
    place: int,
    shape: list[int],
    stride: list[int],
    dtype: torch.dtype,
) -> Tensor:
    """The result number `place` of a block's call number `call`, until the block is linked."""
    raise NotImplementedError("the package is to be loaded by `load_package`")


@block_result.register_fake
def _(
    given: list[Tensor],
    call: int,
    place: int,
    shape: list[int],
    stride: list[int],
    dtype: torch.dtype,
) -> Tensor:
    return given[0].new_empty_strided(shape, stride, dtype=dtype)


def _calls(model: nn.Module, given: Sequence[Any]) -> list[_Call]:
    """The calls of repeated blocks that one call of the model makes, in order."""
    found: list[_Call] = []

    def note(kind: int, path: str, block: nn.Module, *args: Any, **named: Any) -> Any:
        result = type(block).forward(block, *args, **named)
        found.append(
            _Call(kind, path, block, Layout.of(block), *parted((args, named)), *parted(result))
        )
        return result

    notes = {
        block: partial(note, number, path, block)
        for number, kind in enumerate(kinds(model))
        for path, block in kind.blocks.items()
    }
    with _instead(notes):
        model(*given)
    return found


def _stand_ins(calls: Sequence[_Call]) -> dict[nn.Module, Callable[..., Any]]:
    """For each block, what notes a call in place of making it."""
    coming = iter(enumerate(calls))

    def stand_in(*args: Any, **named: Any) -> Any:
        number, call = next(coming)
        given, _ = parted((args, named))
        return call.returned.filled(
            [
                block_result(given, number, place, [*made.shape], [*made.stride()], made.dtype)
                for place, made in enumerate(call.results)
            ]
        )

    return {call.block: stand_in for call in calls}


@contextmanager
def _instead(forwards: Mapping[nn.Module, Callable[..., Any]]) -> Iterator[None]:
    """Blocks with something else in the place of their `forward`."""
    before = {block: vars(block).get("forward") for block in forwards}
    try:
        for block, forward in forwards.items():
            block.forward = forward
        yield
    finally:
        for block, held in before.items():
            del block.forward
            if held is not None:
                block.forward = held


def _machine_code(call: _Call, mode: str) -> Any:
    """The files of an AOTInductor model for the block of a call, its weights being inputs."""
    from torch import _inductor

    function = Lifted(call.block, call.layout.names, call.form)
    tensors = (*call.layout.weights(), *call.given)
    options = {**kernels.options_of(mode, tensors), "aot_inductor.package": True}
    program = export(function, tensors)
    with kernels.processor_trusted(), attention_where_it_may_be(), kernels.garbage_kept():
        return _inductor.aot_compile(program.module(), tensors, options=options)


def _linked(module: GraphModule) -> None:
    """Put the machine code of each call where its results are."""
    made: dict[int, Node] = {}
    for node in module.graph.find_nodes(op="call_function", target=_RESULT):
        given, number, place, *_ = node.args
        with module.graph.inserting_before(node):
            if number not in made:
                made[number] = module.graph.call_module(_name(number), (given,))
            result = module.graph.call_function(operator.getitem, (made[number], place))
        node.replace_all_uses_with(result)
        module.graph.erase_node(node)
    module.recompile()


def _name(number: int) -> str:
    return f"_block_{number}"


_RESULT = torch.ops.netwright.block_result.default
