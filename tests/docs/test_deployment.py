"""docs/deployment.md: its commands and programs run in order, and its service answers."""

from __future__ import annotations

import importlib.util
import json
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netwright.cli import main
from netwright_runtime.export.formats import FORMATS
from netwright_runtime.predict import opened

from tests.docs.pages import DOCS, ROOT, fences

PAGE = (DOCS / "deployment.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything on the page was run."""
    path = tmp_path_factory.mktemp("deployed")
    (path / "examples").mkdir()
    for name in ("digits.yaml", "rescnn.yaml"):
        shutil.copy(ROOT / "examples" / name, path / "examples")
    np.save(path / "samples.npy", np.zeros((2, 1, 8, 8), np.float32))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.syspath_prepend(str(path))
        for fence in fences(PAGE):
            if fence.language == "sh":
                run(fence.text)
            elif fence.language == "python":
                exec(compile(fence.text, "deployment.md", "exec"), {})
    sys.modules.pop("rescnn")
    return path


def run(commands: str) -> None:
    for line in commands.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        if program == "netwright":
            assert main(arguments) == 0, line


def test_everything_runs(folder: Path) -> None:
    made = {"digits.onnx", "digits.pt2", "llama", "rescnn.py", "rescnn.safetensors"}
    assert made <= {path.name for path in folder.iterdir()}


def test_every_format_has_its_use() -> None:
    assert all(f"`{name}`" in PAGE for name in FORMATS)


@pytest.fixture
def ask(folder: Path) -> Iterator[Any]:
    """Asks the service of the page."""
    source = importlib.util.spec_from_file_location("serve", ROOT / "examples" / "serve.py")
    assert source is not None and source.loader is not None
    serve = importlib.util.module_from_spec(source)
    source.loader.exec_module(serve)
    serve.Service.log_message = lambda *_: None
    with serve.server(opened(folder / "digits.onnx"), 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()

        def asked(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            connection = HTTPConnection("127.0.0.1", serving.server_port)
            text = body if isinstance(body, str | None) else json.dumps(body)
            connection.request(method, path, text)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

        yield asked
        serving.shutdown()
        thread.join()


def test_the_service_answers(ask: Any) -> None:
    image = np.zeros((1, 8, 8)).tolist()
    status, answer = ask("POST", "/predict", {"image": image})
    assert status == 200
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    status, answers = ask("POST", "/predict", [{"image": image}, {"picture": image}])
    assert status == 400
    assert "class" in answers[0]
    assert answers[1]["error"] == "there is no field `image`; there are `picture`"


def test_the_service_says_what_it_is_and_what_is_wrong(ask: Any) -> None:
    status, said = ask("GET", "/health")
    assert (status, said["model"]) == (200, "ResCNN")
    status, said = ask("POST", "/predict", "{")
    assert status == 400
    assert said["error"].startswith("the request is no JSON")
    assert ask("GET", "/")[0] == 404
