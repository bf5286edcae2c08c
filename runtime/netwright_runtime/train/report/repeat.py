"""Everything that is needed to repeat a run."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from netwright_runtime.train.report.markup import Markup, element, joined, table


def repeat(manifest: dict[str, Any]) -> Markup:
    """The command, the recipe with all its defaults, the spec, and what it ran on."""
    files = manifest["model"]["files"]
    return joined(
        element("p", "The command, in the folder that it was given in:"),
        element("pre", manifest["command"]),
        _facts(manifest),
        _closed("the recipe, with all its defaults", as_yaml(manifest["recipe"])),
        *(_closed(f"the spec: {name}", text) for name, text in files.items()),
    )


def _facts(manifest: dict[str, Any]) -> Markup:
    model = manifest["model"]
    rows: list[list[str | Markup]] = [
        ["started", manifest["started"]],
        ["git commit", _commit(manifest["commit"])],
        ["seed", str(manifest["recipe"]["train"]["seed"])],
        ["spec", f"{model['spec']}, sha256 {model['spec_sha256']}"],
        ["emitted source", f"sha256 {model['source_sha256']}"],
        ["data", f"sha256 {manifest['data']['sha256']}"],
        *([name, version] for name, version in manifest["versions"].items()),
        *([name, str(value)] for name, value in manifest["machine"].items()),
    ]
    return table(["", ""], rows)


def _commit(commit: dict[str, Any] | None) -> str:
    if commit is None:
        return "none"
    changed = ", with changes that are not in it" if commit["changed"] else ""
    return f"{commit['hash']}{changed}"


def _closed(title: str, text: str) -> Markup:
    return element("details", element("summary", title), element("pre", text))


def as_yaml(recipe: dict[str, Any]) -> str:
    """A recipe as a file that `netwright train` takes."""
    text = StringIO()
    writer = YAML()
    writer.default_flow_style = None
    writer.width = 100
    writer.dump(recipe, text)
    return text.getvalue()
