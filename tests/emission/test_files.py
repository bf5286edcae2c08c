"""What every emitted file is held to: style, types, names, stable bytes, few imports."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from netwright.backends.source.audit import audit
from netwright.frontend.load import load_file
from netwright.ir.program import Block, Module

from tests.emission import building
from tests.emission.building import SPECS, distinct, of_catalogue
from tests.emission.small import ONE_EACH
from tests.emission.test_features import elaborated, features

ROOT = Path(__file__).parents[2]

MYPY = [
    *("--config-file=", "--no-error-summary", "--follow-imports=silent", "--no-color-output"),
    *("--strict", "--no-warn-return-any", "--allow-untyped-calls"),
]
"""Strict but for what torch itself leaves open: a module's call is typed as Any."""


UNTYPED = {
    "features_weights_plain": "a module in a ModuleDict in a ModuleDict has no type",
    "features_tensors_plain": "Python's `sum` of tensors may be the integer 0",
}
"""Files that mypy cannot follow, and why."""


def texts() -> Iterator[tuple[str, str]]:
    """A file name and the text for models of the catalogue of every structure, and the features."""
    for spec, variant in distinct():
        yield f"{spec}_{variant or 'plain'}", of_catalogue(spec, variant).text
    for name, variant in features():
        yield (
            f"features_{name}_{variant or 'plain'}",
            building.emitted(elaborated(name, variant)).text,
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All emitted files, those of equal code once."""
    path = tmp_path_factory.mktemp("emitted")
    seen: set[str] = set()
    for name, text in texts():
        code = ast.unparse(ast.parse(text))
        if code not in seen:
            seen.add(code)
            stem = re.sub(r"\W", "_", name)
            (path / f"{stem}.py").write_text(text)
    return path


def run(*command: str | Path) -> str:
    """What a tool prints; AssertionError with it where the tool finds fault."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_format(folder: Path) -> None:
    run("ruff", "format", "--isolated", "--check", folder)


def test_lint(folder: Path) -> None:
    run("ruff", "check", "--isolated", "--no-cache", folder)


def test_types(folder: Path) -> None:
    cache = ROOT / ".mypy_cache" / "emitted"
    files = sorted(folder.glob("*.py"))
    run("mypy", *MYPY, f"--cache-dir={cache}", *files)


# Names and structure ----------------------------------------------------------------------------


def written(module: Module) -> set[str]:
    """The words of a spec and of the specs it uses."""
    found = set(re.findall(r"\w+", Path(module.file).read_text()))
    for used in module.uses.values():
        found |= written(used)
    return found


@pytest.mark.parametrize(("spec", "variant"), distinct())
def test_names(spec: str, variant: str | None) -> None:
    """No name ends in a number that the spec does not have; imports and syntax are on the lists."""
    text = of_catalogue(spec, variant).text
    audit(text)
    module = load_file(SPECS / f"{spec}.yaml").module
    assert module is not None
    words = written(module)
    numbered = {n for n in names(ast.parse(text)) if re.search(r"_\d+$", n)}
    assert numbered <= words


def names(tree: ast.AST) -> set[str]:
    """Every name that a file binds."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.ClassDef(name=name):
                found.add(name)
            case ast.FunctionDef(name=name):
                found.add(name)
    return found


@pytest.mark.parametrize(("spec", "variant"), distinct())
def test_classes_differ(spec: str, variant: str | None) -> None:
    """No two classes have equal bodies."""
    tree = ast.parse(of_catalogue(spec, variant).text)
    bodies: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            code = [s for s in node.body if not is_docstring(s)]
            body = "\n".join(ast.unparse(s) for s in code)
            assert bodies.setdefault(body, node.name) == node.name


def is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def test_docs_are_docstrings() -> None:
    """Every block's `doc` stands in the file."""
    for spec, variant in distinct():
        text = " ".join(of_catalogue(spec, variant).text.split())
        module = load_file(SPECS / f"{spec}.yaml").module
        assert module is not None
        for block in emitted_blocks(module, text):
            assert " ".join(block.doc.split()).rstrip(".") in text, block.name


def emitted_blocks(module: Module, text: str) -> Iterator[Block]:
    for block in module.all_blocks():
        if f"class {block.name}(" in text and '"' not in block.doc and "\\" not in block.doc:
            yield block


# Length -----------------------------------------------------------------------------------------

HANDWRITTEN = {
    "language/tiny_gpt": "tiny_gpt",
    "language/gpt2": "gpt2",
    "vision/resnet": "resnet",
}


@pytest.mark.parametrize("spec", HANDWRITTEN)
def test_length(spec: str) -> None:
    """At most 1.3 times the lines that a person needs, with the docs and legend that both carry."""
    reference = Path(__file__).parent / "handwritten" / f"{HANDWRITTEN[spec]}.py"
    lines = len(of_catalogue(spec).text.splitlines())
    assert lines <= 1.3 * len(reference.read_text().splitlines())


# Stability --------------------------------------------------------------------------------------

DIGESTS = """
from hashlib import sha256
from tests.emission.test_files import digests
print("\\n".join(digests()))
"""


def digests() -> list[str]:
    """A line for a file of every spec."""
    files = ((spec, of_catalogue(spec, variant).text) for spec, variant in ONE_EACH)
    return [f"{name} {sha256(text.encode()).hexdigest()}" for name, text in files]


def test_same_bytes_in_another_process() -> None:
    path = os.pathsep.join(str(ROOT / p) for p in (".", "compiler", "runtime"))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "4711"}
    done = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == digests()
