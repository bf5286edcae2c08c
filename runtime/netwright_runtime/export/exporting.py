"""The way through: from a model to files that have been run beside it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netwright_runtime.export import agreement
from netwright_runtime.export.accuracy import Accuracy, measure
from netwright_runtime.export.agreement import Agreement, Runner
from netwright_runtime.export.calibration import read_samples
from netwright_runtime.export.entries import chosen, entries
from netwright_runtime.export.formats import FORMATS, Format
from netwright_runtime.export.formats.format import Writing
from netwright_runtime.export.metadata import Metadata
from netwright_runtime.export.refusal import Unexportable
from netwright_runtime.export.tracing import Source, entry_point
from netwright_runtime.export.trained import trained
from netwright_runtime.model import Compiled, compiled, compiled_of
from netwright_runtime.model.inputs import DTYPES
from netwright_runtime.model.weights import load_weights

SEED = 0
"""Of the weights of a model that is exported without any."""


@dataclass(frozen=True)
class Options:
    """What is exported of a model, and how.

    given    optional inputs, besides state, that the graphs take
    fixed    sizes of dims that do not stay dynamic
    method   one entry point; None for all where the path is a folder, else the first
    dtype    of the weights
    writing  what concerns the format
    """

    given: frozenset[str] = frozenset()
    fixed: Mapping[str, int] = field(default_factory=dict)
    method: str | None = None
    dtype: torch.dtype = torch.float32
    writing: Writing = field(default_factory=Writing)


@dataclass(frozen=True)
class File:
    """A file that was written, and how near it comes to the model.

    close  of a quantised graph what that changed, else how near the outputs are
    """

    path: Path
    entry: str
    close: Agreement | Accuracy
    metadata: Metadata

    def all(self) -> tuple[Path, ...]:
        """The file and those that may lie beside it, with its weights."""
        return _with_weights(self.path)


@dataclass(frozen=True)
class Exported:
    """What an export wrote; `left_out` are entry points that a single file has no room for."""

    files: tuple[File, ...]
    left_out: tuple[str, ...] = ()


def export(
    source: str | os.PathLike[str] | nn.Module | Compiled,
    *,
    to: str,
    path: str | os.PathLike[str],
    weights: str | os.PathLike[str] | None = None,
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    given: Collection[str] = (),
    sizes: Mapping[str, int] | None = None,
    method: str | None = None,
    dtype: str = "float32",
    opset: int | None = None,
    quantise: str = "",
    calibrate: str | os.PathLike[str] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
) -> Exported:
    """Write a model as files of another runtime, each run beside the model before it stays.

    Args:
        source: a live module that `netwright.build` made, with its weights; a path or a name of the
            catalogue; or a compiled model.
        to: a format: `onnx`, `pt2`, `aoti`, `torchscript`, `safetensors`.
        path: with a suffix, one file; without one, a folder with a file for each entry point.
        weights: a file that `load_weights` reads; without it, a spec gets fresh weights.
        given: optional inputs, besides state, that the graphs take.
        sizes: of dims that are to be fixed.
        method: one entry point.
        dtype: of the weights and of floating inputs, as specs name dtypes.
        quantise: a scheme of the format; one that is static needs samples to `calibrate`: an `.npz`
            with an array for each input.
        preprocessing: of a training run, to go with the files.
        variant, params: as in `netwright.load`.

    Raises:
        SpecError: the spec or a param is at fault.
        Unexportable: the format does not take the model, or an argument does not fit.
        Disagrees: an exported file does not give what the model gives; it is removed.
        BadWeights, IncompleteLoad: the weights do not fit.
    """
    found, module = _opened(source, variant, params, weights, DTYPES[dtype])
    format_ = format_of(to)
    _check_scheme(format_, quantise, calibrate is not None)
    samples = () if calibrate is None else read_samples(Path(calibrate), found.manifest)
    writing = Writing(opset, quantise=quantise, calibrate=samples)
    options = Options(frozenset(given), dict(sizes or {}), method, DTYPES[dtype], writing)
    return write(found, module, format_, Path(path), options, preprocessing)


def from_run(folder: Path, *, path: str | os.PathLike[str], **more: Any) -> Exported:
    """Export what a training run made, with its preprocessing; `more` as in `export`."""
    with trained(folder) as run:
        return export(
            run.compiled,
            path=path,
            weights=run.weights,
            given=run.given,
            preprocessing=run.preprocessing,
            **more,
        )


def format_of(name: str) -> Format:
    """A format by its name; raises Unexportable where there is none."""
    if name not in FORMATS:
        listed = ", ".join(f"`{known}`" for known in FORMATS)
        raise Unexportable(f"there is no format `{name}`; there are {listed}")
    return FORMATS[name]


def _check_scheme(format_: Format, scheme: str, samples: bool) -> None:
    if scheme and scheme not in format_.schemes:
        listed = ", ".join(f"`{known}`" for known in format_.schemes) or "none"
        raise Unexportable(f"`{format_.name}` is not quantised by `{scheme}`; it has {listed}")
    if scheme == "int8-static" and not samples:
        raise Unexportable("`int8-static` needs samples of the inputs: `--calibrate FILE.npz`")


def write(
    found: Compiled,
    module: nn.Module,
    format_: Format,
    path: Path,
    options: Options,
    preprocessing: Mapping[str, Any] | None = None,
) -> Exported:
    """Export a module whose compiled model is known; see `export`."""
    all_ = entries(found, options.given)
    single = bool(path.suffix) or not format_.graphs
    wanted = [chosen(all_, options.method)] if single or options.method else all_
    if options.writing.calibrate and len(wanted) > 1:
        raise Unexportable("samples are those of one entry point: name it by `--method`")
    files: list[File] = []
    with _without_gradients(module):
        for entry in wanted:
            source = Source(found, entry, entry_point(module, entry), options.dtype, options.fixed)
            name = entry.name if format_.graphs else "weights"
            target = path if path.suffix else path / f"{name}{format_.suffix}"
            files.append(_written(source, format_, target, options.writing, preprocessing))
    left = [e.name for e in all_ if e not in wanted] if format_.graphs else []
    return Exported(tuple(files), () if options.method else tuple(left))


@contextmanager
def _without_gradients(module: nn.Module) -> Iterator[None]:
    """Weights that need gradients lead torch to other kernels in a trace than when it runs."""
    learning = [p for p in module.parameters() if p.requires_grad]
    training = module.training
    try:
        module.eval().requires_grad_(False)
        yield
    finally:
        module.train(training)
        for parameter in learning:
            parameter.requires_grad_(True)


def _written(
    source: Source,
    format_: Format,
    path: Path,
    writing: Writing,
    preprocessing: Mapping[str, Any] | None,
) -> File:
    classes = tuple((preprocessing or {}).get("classes", ()))
    metadata = source.metadata(classes, preprocessing).as_quantised(writing.quantise)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        format_.write(source, path, metadata, writing)
        close = _compared(source, agreement.opened(source, path, format_.open), writing)
    except BaseException:
        _remove(path)
        raise
    return File(path, source.entry.name, close, metadata)


def _compared(source: Source, run: Runner, writing: Writing) -> Agreement | Accuracy:
    if not writing.quantise:
        return agreement.check(source, run)
    drawn = [source.inputs(sizes, seed) for seed, sizes in enumerate(source.others, start=1)]
    return measure(source, run, writing.quantise, writing.calibrate or drawn)


def _remove(path: Path) -> None:
    """A file that is not what it says, and its weights beside it."""
    for file in _with_weights(path):
        file.unlink(missing_ok=True)


def _with_weights(path: Path) -> tuple[Path, ...]:
    """A file, and where ONNX and OpenVINO put its weights."""
    return path, path.with_name(f"{path.name}.data"), path.with_suffix(".bin")


def _opened(
    source: str | os.PathLike[str] | nn.Module | Compiled,
    variant: str | None,
    params: Mapping[str, Any] | None,
    weights: str | os.PathLike[str] | None,
    dtype: torch.dtype,
) -> tuple[Compiled, nn.Module]:
    """What the compiler knows of a model, and the module in evaluation, on the CPU."""
    if isinstance(source, nn.Module):
        found, module = compiled_of(source), deepcopy(source)
    else:
        if not isinstance(source, Compiled):
            source = compiled(source, variant, params=params)
        found = source
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            module = found.build(device="cpu" if weights is None else "meta")
    if weights is not None:
        load_weights(module, weights, manifest=found.manifest)
    return found, module.to("cpu", dtype)
