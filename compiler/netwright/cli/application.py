"""The commands as a typer application."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from netwright._version import __version__

COMMANDS = {
    "check": "check",
    "emit": "emit",
    "build": "build",
    "show": "show",
    "verify": "verify",
    "weights": "weights",
    "train": "train",
    "sweep": "sweep",
    "export": "export",
    "predict": "predict",
    "bench": "bench",
    "profile": "profile",
    "list": "list_models",
    "new": "new",
    "fmt": "fmt",
    "schema": "schema",
}
"""Commands in the order of `netwright --help`, each with its module here, which has `add(app)`."""


def application(arguments: Sequence[str]) -> typer.Typer:
    """The application with the command that `arguments` name, or with all of them."""
    app = typer.Typer(
        help="Compile declarative architectures to PyTorch.",
        epilog="Example: netwright check vision/resnet",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    named = [word for word in arguments if word in COMMANDS]
    for command in named[:1] or COMMANDS:
        import_module(f"netwright.cli.{COMMANDS[command]}").add(app)
    return app


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


def _options(
    plugin: Annotated[
        list[str] | None,
        typer.Option(
            help="A Python file whose module classes become ops; may be given again.",
            metavar="FILE",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    if plugin:
        from netwright.driver.register import load_plugin

        for path in plugin:
            load_plugin(path)
