"""`netwright export`: a model with its weights as files of another runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netwright.cli import assignments
from netwright.cli.options import Set, Variant
from netwright.driver.failure import CallError

if TYPE_CHECKING:
    from netwright_runtime.export import Exported
    from netwright_runtime.export.exporting import File

_EXAMPLE = (
    "Example: netwright export resnet50 --weights resnet50.safetensors --to onnx -o resnet50.onnx"
)

_DTYPES = ("float32", "float16", "bfloat16", "float64")


def add(app: typer.Typer) -> None:
    app.command("export", epilog=_EXAMPLE)(run)


def run(
    spec: Annotated[
        str,
        typer.Argument(
            help="A spec file, a name of the catalogue, or the folder of a training run."
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="onnx, pt2, aoti, torchscript, safetensors, openvino or executorch.",
            metavar="FORMAT",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="A file; without a suffix, a folder with a file an entry point."
        ),
    ],
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The weights; fresh ones without it.")
    ] = None,
    variant: Variant = None,
    set_: Set = None,
    size: Annotated[
        list[str] | None,
        typer.Option(metavar="DIM=NUMBER", help="Fix sizes of the inputs' dims: `B=1,H=224`."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(metavar="INPUT", help="Take this optional input; again for more."),
    ] = None,
    method: Annotated[
        str | None, typer.Option(metavar="NAME", help="One entry point: `forward`, `encode`.")
    ] = None,
    opset: Annotated[int | None, typer.Option(metavar="NUMBER", help="Of ONNX.")] = None,
    dtype: Annotated[
        str, typer.Option(metavar="DTYPE", help=f"Of the weights: {', '.join(_DTYPES)}.")
    ] = "float32",
    quantise: Annotated[
        str,
        typer.Option(
            metavar="SCHEME",
            help="onnx: int8-dynamic, int8-static, int4-weights; pt2: int8-weights, int4-weights.",
        ),
    ] = "",
    calibrate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An `.npz` with samples, an array for each input."),
    ] = None,
) -> None:
    """Write a model for another runtime, and run it there beside the model."""
    if dtype not in _DTYPES:
        raise CallError(f"there is no dtype `{dtype}`; there are {', '.join(_DTYPES)}")
    try:
        from netwright_runtime.export.agreement import Disagrees
        from netwright_runtime.export.exporting import export, from_run
        from netwright_runtime.export.refusal import Unexportable
        from netwright_runtime.model.weights import BadWeights, IncompleteLoad
    except ModuleNotFoundError as missing:
        raise _missing(missing) from missing
    shared: dict[str, Any] = {
        "to": to,
        "path": output,
        "sizes": assignments.sizes(size or []),
        "method": method,
        "dtype": dtype,
        "opset": opset,
        "quantise": quantise,
        "calibrate": calibrate,
    }
    try:
        if (Path(spec) / "run.json").is_file():
            made = from_run(Path(spec), **shared)
        else:
            params = assignments.params(set_ or [])
            made = export(
                spec, weights=weights, variant=variant, params=params, given=given or (), **shared
            )
    except ModuleNotFoundError as missing:
        raise _missing(missing) from missing
    except (Unexportable, BadWeights, IncompleteLoad) as fault:
        raise CallError(str(fault)) from fault
    except Disagrees as fault:
        typer.echo(f"error: {fault}", err=True)
        raise typer.Exit(1) from None
    _show(made, fresh=weights is None and not Path(spec).is_dir())


def _missing(missing: ModuleNotFoundError) -> CallError:
    extra = {"openvino": "openvino", "executorch": "executorch", "torchao": "quantise"}
    named = extra.get(str(missing.name).split(".", maxsplit=1)[0], "export")
    return CallError(
        f"`{missing.name}` is not installed; `pip install 'netwright[{named}]'` brings it"
    )


def _show(made: Exported, fresh: bool) -> None:
    if fresh:
        print("note: without `--weights`, the weights are those that the model begins with")
    for file in made.files:
        print(f"{file.path}: `{file.entry}`, {_size(file)}, {file.close}")
    if made.left_out:
        listed = ", ".join(f"`{name}`" for name in made.left_out)
        print(f"note: {listed} too, with a folder for `-o`, or one at a time by `--method`")


def _size(file: File) -> str:
    count = sum(path.stat().st_size for path in file.all() if path.is_file())
    return f"{count / 1e6:.1f} MB"
