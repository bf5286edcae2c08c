"""From a block to machine code: AOTAutograd and Inductor, without Dynamo.

What a fresh process pays for one block is mostly the C++ compiler. So the block becomes one file
of C++ (`cpp_wrapper`), compiled once, in this process; and the vector instructions are those that
the processor names, where Inductor compiles and loads trial programs to find out. Should the
compiler not know them, the file does not compile, and Inductor's own way is taken.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

from torch import Tensor, nn

Code = Callable[..., Sequence[Tensor]]


def compiled(function: nn.Module, tensors: Sequence[Tensor], mode: str) -> Code:
    """Machine code for a function of tensors, and for its gradient where one is wanted."""
    from torch._inductor.exc import CppCompileError, InductorError

    options = options_of(mode, tensors)
    examples = [tensor if tensor.is_leaf else _leaf(tensor) for tensor in tensors]
    try:
        with processor_trusted():
            return _lower(function, examples, options)
    except (CppCompileError, InductorError) as fault:
        if not isinstance(getattr(fault, "inner_exception", fault), CppCompileError):
            raise
    return _lower(function, examples, options)


def _leaf(tensor: Tensor) -> Tensor:
    """The same to a compiler, which looks at the gradients of its examples."""
    return tensor.detach().requires_grad_(tensor.requires_grad)


def options_of(mode: str, tensors: Sequence[Tensor]) -> dict[str, Any]:
    """Inductor's options for a mode of `torch.compile`."""
    from torch._inductor import list_mode_options

    options: dict[str, Any] = dict(list_mode_options(mode))
    if all(tensor.device.type == "cpu" for tensor in tensors):
        options |= {"cpp_wrapper": True, "compile_threads": 1}
    return options


def processor_trusted() -> AbstractContextManager[object]:
    """Inductor takes the vector instructions that the processor names, and tries none."""
    from torch._inductor import cpu_vec_isa

    if platform.machine() not in ("x86_64", "AMD64"):
        return nullcontext()
    named = cpu_vec_isa.x86_isa_checker()
    known = cpu_vec_isa.supported_vec_isa_list
    usable = [isa for isa in known if all(word in named for word in str(isa).split())]
    return patch.object(cpu_vec_isa, "valid_vec_isa_list", lambda: usable)


def _lower(function: nn.Module, tensors: Sequence[Tensor], options: dict[str, Any]) -> Code:
    from torch import _inductor

    lowered: Code = _inductor.compile(function, list(tensors), options)  # type: ignore[arg-type]
    return lowered
