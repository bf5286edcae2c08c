"""A live `nn.Module`: the emitted source is what runs."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from netwright.artifact import WEIGHTS
from netwright.backends.source import Emitted
from netwright.driver.count import total_bytes
from netwright.driver.emit import generalised, written
from netwright.driver.explain import explain, explaining
from netwright.driver.failure import TooLarge
from netwright.driver.model import Model, load
from netwright.driver.units import show_bytes
from netwright.source import Sources

if TYPE_CHECKING:
    from netwright.frontend.schema import Spec

ORIGIN = "netwright_model"
"""The name under which the Python module of a built model keeps the `Model` it was written from."""


def build(
    source: str | os.PathLike[str] | Spec | Model,
    /,
    variant: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    **more: Any,
) -> nn.Module:
    """The model as a live module, initialised as the spec says, in training mode.

    Args:
        device: where the weights are made; `"meta"` makes none.
        dtype: what `float` stands for in the spec, by default torch's default dtype.
        source, variant, params, more: as in `load`.

    Raises:
        SpecError: the spec or a param is at fault.
        TooLarge: the weights need more memory than there is; nothing has been allocated.
    """
    return instantiate(load(source, variant, params=params, **more), device, dtype)


def instantiate(
    model: Model, device: torch.device | str | None = None, dtype: torch.dtype | None = None
) -> nn.Module:
    """The live module of a loaded model; see `build`."""
    elaboration = model.elaborate()
    target = torch.get_default_device() if device is None else torch.device(device)
    with default_dtype(dtype):
        needed = total_bytes(elaboration, torch.get_default_dtype().itemsize)
        _check_memory(model.name, needed, target)
        emitted = written(generalised(elaboration, model.sources), model.sources)
        cls = getattr(module_of(emitted, model), emitted.class_name)
        with target:
            built: nn.Module = cls()
    return built


@contextmanager
def default_dtype(dtype: torch.dtype | None) -> Iterator[None]:
    """torch's default dtype set to `dtype` for a while; a build makes all its floats in it."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype or before)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def module_of(emitted: Emitted, model: Model) -> ModuleType:
    """The emitted file as a Python module, made once for each text.

    It has a name and lines of its own, so that tracebacks, `inspect.getsource`, pickle and the
    compiler of torch find it.
    """
    text = emitted.text
    digest = sha256(f"{model.module.file}\n{text}".encode()).hexdigest()[:12]
    name = f"netwright_built_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    file = f"<netwright {model.module.path} {model.variant or model.name} {digest}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ModuleType(name, emitted.class_name)
    module.__file__ = file
    setattr(module, ORIGIN, model)
    sys.modules[name] = module
    exec(compile(text, file, "exec"), module.__dict__)  # noqa: S102  audited by the back end
    _explain_errors(getattr(module, emitted.class_name), file, emitted, model.sources)
    return module


def _explain_errors(cls: Any, file: str, emitted: Emitted, sources: Sources) -> None:
    def explainer(error: BaseException, root: Any) -> None:
        explain(error, root, file, emitted, sources)

    plain = cls.__call__
    noted = explaining(plain, explainer)

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = plain if torch.compiler.is_compiling() else noted
        return chosen(self, *args, **kwargs)

    cls.__call__ = called


def _check_memory(name: str, needed: int, device: torch.device) -> None:
    free = _free_memory(device)
    if free is not None and needed > free:
        raise TooLarge(
            f"the weights of `{name}` need {show_bytes(needed)}, and {device.type} has "
            f'{show_bytes(free)} free; `device="meta"` builds without weights'
        )


def _free_memory(device: torch.device) -> int | None:
    """Bytes that can be allocated on `device`; None where that is not known."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type != "cpu":
        return None
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return _physical_memory()
    kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if ":" in line}
    return int(kilobytes["MemAvailable"]) * 1024


def _physical_memory() -> int | None:
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def save_weights(model: Model, folder: Path, seed: int) -> None:
    """Build `model` with weights drawn from `seed` and write them beside its source."""
    from safetensors.torch import save_model

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        built = instantiate(model, "cpu")
    save_model(built, str(folder / WEIGHTS))


def create_model(name: str, /, **params: Any) -> nn.Module:
    """The model of the catalogue called `name`: `create_model("resnet50", num_classes=10)`.

    `device` and `dtype` are those of `build`; every other keyword is a param of the spec.
    """
    return build(name, **params)
