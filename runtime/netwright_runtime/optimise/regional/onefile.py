"""All kernels of a graph as one file of C++.

Inductor writes a file for each kernel and starts the compiler for each. Most of what a compiler
does for one is the same for all (headers, linking), so that a block of six kernels takes the CPU
time of one or two this way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch._inductor.async_compile import AsyncCompile
from torch._inductor.codecache import CppPythonBindingsCodeCache


@dataclass(frozen=True, eq=False)
class _Kernel:
    """A C++ function `kernel` that is not compiled yet."""

    types: Sequence[str]
    source: str


class OneFile(AsyncCompile):
    """Takes the place of Inductor's own class while a graph is compiled."""

    def cpp_pybinding(self, argtypes: Sequence[str], source_code: str) -> _Kernel:
        """Note a kernel."""
        return _Kernel(argtypes, source_code)

    def wait(self, scope: dict[str, Any]) -> None:
        """Compile the kernels that a module's names stand for, and let them stand for these."""
        found = {name: held for name, held in scope.items() if isinstance(held, _Kernel)}
        if found:
            scope.update(zip(found, _compiled(list(found.values())), strict=True))
        super().wait(scope)


def _compiled(kernels: Sequence[_Kernel]) -> list[Callable[..., None]]:
    """One function for each kernel: all are one function in C++, which is told the number."""
    sources = (k.source.replace("kernel(", f"kernel{n}(", 1) for n, k in enumerate(kernels))
    cases = "\n".join(_case(number, kernel.types) for number, kernel in enumerate(kernels))
    binding = CppPythonBindingsCodeCache.suffix_template.format(
        entry_func="kernel",
        arg_len="PyTuple_GET_SIZE(args)",
        call_entry_func=f"switch (parse_arg<int64_t>(args, 0)) {{{cases}}} Py_RETURN_NONE;",
        extra_parse_arg="",
    )
    module = CppPythonBindingsCodeCache.load("\n".join((*sources, binding)))
    return [partial(module.kernel, number) for number in range(len(kernels))]


def _case(number: int, types: Sequence[str]) -> str:
    """The call of a kernel, whose arguments follow its number."""
    given = (
        f"parse_arg<{kind.replace('const ', '')}>(args, {place})"
        for place, kind in enumerate(types, start=1)
    )
    return f"case {number}: kernel{number}({', '.join(given)}); break;"
