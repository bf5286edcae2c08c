"""From a block to machine code: AOTAutograd and Inductor, without Dynamo.

What a fresh process pays for one block is mostly the C++ compiler. So all kernels of a block are
one file (`onefile`), compiled in this process; and the vector instructions are those that the
processor names, where Inductor compiles and loads trial programs to find out. Should the compiler
not know them, the file does not compile, and Inductor's own way is taken. Of the rest, a third was
patterns that cannot match (`patterns`) and the collection of garbage, which has to wait.
"""

from __future__ import annotations

import gc
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, cast
from unittest.mock import patch

from torch import Tensor, nn

from netwright_runtime.optimise.regional.patterns import attention_where_it_may_be

Code = Callable[..., Sequence[Tensor]]
Around = Callable[[], AbstractContextManager[object]]


def compiled(function: nn.Module, tensors: Sequence[Tensor], mode: str) -> Code:
    """Machine code for a function of tensors, and for its gradient where one is wanted."""
    from torch._inductor.exc import CppCompileError, InductorError

    options = options_of(mode, tensors)
    examples = [tensor if tensor.is_leaf else _leaf(tensor) for tensor in tensors]
    try:
        return _lower(function, examples, options, _quickly(mode))
    except (CppCompileError, InductorError) as fault:
        if not isinstance(getattr(fault, "inner_exception", fault), CppCompileError):
            raise
    return _lower(function, examples, options, nullcontext)


def _quickly(mode: str) -> Around:
    """What is done differently around each graph; a backward graph comes at the first gradient."""

    @contextmanager
    def around() -> Iterator[None]:
        with processor_trusted(), _one_file(mode):
            yield

    return around


def _one_file(mode: str) -> AbstractContextManager[object]:
    """Kernels of a graph in one file; not those of other modes, whose templates define helpers."""
    from torch._inductor import async_compile

    from netwright_runtime.optimise.regional.onefile import OneFile

    if mode != "default":
        return nullcontext()
    return patch.object(async_compile, "AsyncCompile", OneFile)


def _leaf(tensor: Tensor) -> Tensor:
    """The same to a compiler, which looks at the gradients of its examples."""
    return tensor.detach().requires_grad_(tensor.requires_grad)


def options_of(mode: str, tensors: Sequence[Tensor]) -> dict[str, Any]:
    """Inductor's options for a mode of `torch.compile`."""
    from torch._inductor import list_mode_options

    options: dict[str, Any] = dict(list_mode_options(mode))
    if all(tensor.device.type == "cpu" for tensor in tensors):
        options["compile_threads"] = 1
    return options


def processor_trusted() -> AbstractContextManager[object]:
    """Inductor takes the vector instructions that the processor names, and tries none."""
    from torch._inductor import cpu_vec_isa

    if platform.machine() not in ("x86_64", "AMD64"):
        return nullcontext()
    named = cpu_vec_isa.x86_isa_checker()
    known = cpu_vec_isa.supported_vec_isa_list
    usable = [_untried(isa) for isa in known if all(w in named for w in str(isa).split())]
    return patch.object(cpu_vec_isa, "valid_vec_isa_list", lambda: usable)


def _untried(isa: Any) -> Any:
    """The same instructions, which are there without a trial; Inductor's own object stays as
    it is, since it keeps the outcome."""
    return type(type(isa).__name__, (type(isa),), {"__bool__": lambda _: True})()


@contextmanager
def garbage_kept() -> Iterator[None]:
    """No collection: it walks all that torch holds, again and again while graphs are made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _lower(
    function: nn.Module, tensors: Sequence[Tensor], options: dict[str, Any], around: Around
) -> Code:
    from torch._inductor.compile_fx import compile_fx, compile_fx_inner

    def inner(*given: Any, **named: Any) -> Any:
        with around():
            return compile_fx_inner(*given, **named)

    graph: Any = function
    with attention_where_it_may_be(), garbage_kept():
        lowered: Any = compile_fx(graph, list(tensors), inner, options)
    return cast(Code, lowered)
