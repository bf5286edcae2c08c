"""Record the references: `python -m tests.references.record [vision/resnet ...]`, or all specs.

Run by hand, from the root of the repository, in an environment of its own that holds the libraries:

    python3.11 -m venv ~/netwright-references
    . ~/netwright-references/bin/activate
    printf 'torch==2.13.0\\ntorchvision==0.28.0\\n' > ~/netwright-references/constraints.txt
    export PIP_CONSTRAINT=~/netwright-references/constraints.txt
    pip install torch==2.13.0 numpy
    pip install --no-deps torchvision==0.28.0
    pip install timm==1.0.31 transformers==5.23.0 segmentation-models-pytorch==0.6.0 \\
        torch_geometric==2.8.1 rtdl_revisiting_models==0.0.2
    pip install --no-deps pytorch-tabnet==4.1.0 tab-transformer-pytorch==0.3.0 einops \\
        pytorch-forecasting==1.8.0 neuralforecast==3.3.0 \\
        pandas python-dateutil pytorch-lightning lightning lightning-utilities torchmetrics \\
        scikit-base utilsforecast coreforecast narwhals fsspec ray pyarrow protobuf msgpack \\
        jsonschema jsonschema-specifications referencing rpds-py attrs click
    HF_HUB_OFFLINE=1 python -m tests.references.record

The recordings are from the CPU build of torch: where the index offers the CUDA build, take torch
from https://download.pytorch.org/whl/cpu instead. Nothing is downloaded while recording. Outputs
are computed in float64 (float32 where a case says so) by one thread; the same machine writes the
same bytes, another may differ in a last digit.
"""

import importlib.metadata
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .cases import CASES
from .cases.case import Case, Outputs
from .filling import Descriptions, fill_module, make_inputs
from .fixture import (
    Measure,
    Pass,
    RecordedCase,
    measure,
    parameter_count,
    path_of,
    state_dict_sha256,
)


class LiftFloat32(TorchFunctionMode):
    """Turns casts to float32 inside a reference into casts to float64."""

    def __init__(self) -> None:
        super().__init__()
        self.lifted = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func is torch.Tensor.float:
            self.lifted = True
            return torch.Tensor.double(*args, **given)
        if torch.float32 in _dtypes(args) or torch.float32 in _dtypes(given.values()):
            self.lifted = True
            args = tuple(map(_lifted, args))
            given = {name: _lifted(value) for name, value in given.items()}
        return func(*args, **given)


def main() -> None:
    """Record the specs named on the command line."""
    declare_torchvision_operators()
    torch.set_num_threads(1)
    for spec in sys.argv[1:] or CASES:
        path = path_of(spec)
        path.parent.mkdir(exist_ok=True)
        path.write_text(render(spec, versions(CASES[spec]), [*map(record, CASES[spec])]))
        print(f"{spec}: {len(CASES[spec])} cases, {path.stat().st_size} bytes", flush=True)


def declare_torchvision_operators() -> None:
    """torchvision's compiled operators want CUDA libraries; its import needs their names only."""
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _KEPT.append(library)


_KEPT: list[torch.library.Library] = []  # a library that is dropped takes its operators along


def versions(cases: Iterable[Case]) -> dict[str, str]:
    """Versions of torch and of the distributions that the references come from."""
    homes = importlib.metadata.packages_distributions()
    packages = {"torch"} | {package for case in cases for package in case.reference.packages()}
    found = {home for package in packages for home in homes.get(package, ())}
    return {home: importlib.metadata.version(home) for home in sorted(found)}


def record(case: Case) -> RecordedCase:
    """Build the reference without weights, and with weights where it shall be run."""
    with torch.device("meta"):
        skeleton = case.reference()
    weights = skeleton.state_dict()
    recorded: RecordedCase = {
        "variant": case.variant,
        "params": dict(case.params),
        "method": case.method,
        "reference": str(case.reference),
        "key_differences": None,
        "parameters": parameter_count(skeleton),
        "entries": len(weights),
        "state_dict_sha256": state_dict_sha256(weights),
    }
    if case.names:
        recorded["state_dict"] = {name: list(entry.shape) for name, entry in weights.items()}
    if case.inputs:
        add_passes(recorded, case)
    return recorded


def add_passes(recorded: RecordedCase, case: Case) -> None:
    """Run the reference on every set of inputs."""
    with default_dtype(getattr(torch, case.dtype)), torch.no_grad():
        lift = LiftFloat32()
        if case.dtype == "float64":
            with lift:
                passes = run(case)
        else:
            passes = run(case)
    first, *rest = passes
    recorded["dtype"] = case.dtype
    recorded["gain"] = case.gain
    if lift.lifted:
        recorded["lifted"] = True
    recorded["inputs"] = first["inputs"]
    recorded["outputs"] = first["outputs"]
    if rest:
        recorded["again"] = rest


def run(case: Case) -> list[Pass]:
    """One model, filled and in eval mode, over all inputs."""
    model: nn.Module = case.reference().eval()
    fill_module(model, gain=case.gain)
    return [one_pass(case, model, descriptions) for descriptions in case.inputs]


def one_pass(case: Case, model: nn.Module, descriptions: Descriptions) -> Pass:
    """Run once and measure what comes out."""
    outputs = case.run(model, make_inputs(descriptions))
    inputs: Any = dict(descriptions)
    return {"inputs": inputs, "outputs": measured(outputs)}


def measured(outputs: Outputs) -> dict[str, Measure | list[Measure]]:
    """Measures in place of tensors; a recording that is not finite is refused."""
    found: dict[str, Measure | list[Measure]] = {}
    for name, value in outputs.items():
        tensors = [value] if isinstance(value, Tensor) else value
        if not all(tensor.isfinite().all() for tensor in tensors):
            raise ValueError(f"output {name!r} is not finite")
        measures = [measure(tensor) for tensor in tensors]
        found[name] = measures[0] if isinstance(value, Tensor) else measures
    return found


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """torch's default dtype, for a while."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def render(spec: str, versions: dict[str, str], cases: list[RecordedCase]) -> str:
    """JSON with one fact a line: a key of a case, a weight, or an output."""
    return _lines({"spec": spec, "versions": versions, "cases": cases}, depth=0) + "\n"


# Keys whose value is one line, however much it holds.
_FLAT = {"versions", "params", "inputs"}


def _lines(value: Any, depth: int, key: str = "") -> str:
    leaf = key in _FLAT or not isinstance(value, dict | list) or not value
    if leaf or "indices" in value or all(isinstance(item, int) for item in value):
        return json.dumps(value)
    pad = "\n" + " " * (depth + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}: {_lines(v, depth + 1, name)}" for name, v in value.items()]
        return "{" + pad + f",{pad}".join(items) + pad[:-1] + "}"
    return "[" + pad + f",{pad}".join(_lines(v, depth + 1) for v in value) + pad[:-1] + "]"


def _dtypes(values: Iterable[Any]) -> list[torch.dtype]:
    return [value for value in values if isinstance(value, torch.dtype)]


def _lifted(value: Any) -> Any:
    return torch.float64 if value is torch.float32 else value


if __name__ == "__main__":
    main()
