"""`netwright predict`: raw files to answers, through the preprocessing of a training run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import netwright
import netwright_runtime
import numpy as np
import pytest
import torch
from netwright.cli import main
from netwright_runtime.data.encodings import (
    Categories,
    Encoding,
    Image,
    Numbers,
    TextTokens,
    to_data,
)
from netwright_runtime.data.preparation import Preparation
from netwright_runtime.data.tokenisers import ByteTokeniser
from netwright_runtime.train.data.preprocessing import Normalisation, Preprocessing
from PIL import Image as Pillow

TABLE = """\
netwright: 1
model: Rows
inputs: {x: "float[B, 2]", c: "int[B, 1]"}
graph:
  colours: Embedding(num_embeddings=3, embedding_dim=4)(c)
  head: Linear(out_features=2)(cat([x, colours[:, 0]], dim=1))
outputs: {logits: head}
"""

IMAGES = """\
netwright: 1
model: Pictures
inputs: {image: "float[B, 3, 8, 8]"}
graph:
  flat: image.flatten(1)
  head: Linear(out_features=2)
outputs: {logits: head}
"""

TEXT = """\
netwright: 1
model: Words
inputs: {tokens: "int[B, T]"}
graph:
  x: Embedding(num_embeddings=256, embedding_dim=4)(tokens)
  score: Linear(out_features=1)(mean(x, dim=1))
outputs: {rating: score}
"""

ROWS = Preprocessing(
    {"x": "numbers", "c": "colour"},
    {"numbers": Numbers(("a", "b")), "colour": Categories({"k": ("red", "green", "blue")})},
    {"numbers": Normalisation((1.0, 2.0), (2.0, 4.0))},
    ("label",),
    ("no", "yes"),
)


def exported(
    spec: str, prepared: Preprocessing, folder: Path, to: str = "onnx"
) -> tuple[Path, Any]:
    """An exported file, and the module that it holds."""
    source = folder / "spec.yaml"
    source.write_text(spec, encoding="utf-8")
    torch.manual_seed(0)
    module = netwright.build(source).eval()
    path = folder / f"model.{to}"
    data = json.loads(prepared.to_json())
    netwright_runtime.export(module, to=to, path=path, preprocessing=data)
    return path, module


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The model over tables, exported to ONNX, and its module."""
    return exported(TABLE, ROWS, tmp_path_factory.mktemp("rows"))


def answers(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[Any]]:
    code = main(["predict", *map(str, arguments)])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("to", ["onnx", "pt2"])
def test_rows_of_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: tuple[Path, Any], to: str
) -> None:
    path, module = rows if to == "onnx" else exported(TABLE, ROWS, tmp_path, to)
    table = tmp_path / "rows.csv"
    table.write_text("a,b,k\n1,2,red\n3,x,green\n5,6,violet\n7,8,blue\n", encoding="utf-8")
    code, found = answers(capsys, path, table, "--batch-size", 2)
    assert code == 1
    assert [a["row"] for a in found] == [0, 1, 2, 3]
    assert found[1]["error"].startswith("`b` is `x`, which is no number")
    assert "there is no value of `k` `violet`" in found[2]["error"]
    record = {"a": "7", "b": "8", "k": "blue"}
    logits = module(**{name: v[None] for name, v in _inputs(record).items()})[0]
    likely = logits.softmax(-1)
    assert found[3]["class"] == ("no", "yes")[int(likely.argmax())]
    assert found[3]["probabilities"]["yes"] == pytest.approx(likely[1].item(), abs=1e-5)


def _inputs(record: dict[str, str]) -> dict[str, torch.Tensor]:
    read = ROWS.read(record)
    return {name: read[column] for name, column in ROWS.inputs.items()}


def test_a_missing_column_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: tuple[Path, Any]
) -> None:
    path, _ = rows
    table = tmp_path / "rows.csv"
    table.write_text("a,k\n1,red\n", encoding="utf-8")
    code, found = answers(capsys, path, table)
    assert (code, found[0]["error"]) == (1, "there is no field `b`; there are `a`, `k`")


def test_a_corrupt_image_does_not_end_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = Preprocessing(
        {"image": "image"}, {"image": Image("image", (8, 8), 3)}, {}, ("label",), ("cat", "dog")
    )
    path, module = exported(IMAGES, prepared, tmp_path)
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    Pillow.fromarray(pixels).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no image")
    files = [
        tmp_path / "good.png",
        tmp_path / "bad.png",
        tmp_path / "none.png",
        tmp_path / "good.png",
    ]
    code, found = answers(capsys, path, *files)
    assert code == 1
    assert "an image cannot be read" in found[1]["error"]
    assert "No such file" in found[2]["error"]
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    likely = module(image)[0].softmax(-1)
    for answer in (found[0], found[3]):
        assert answer["probabilities"]["dog"] == pytest.approx(likely[1].item(), abs=1e-5)


def test_texts_of_any_length_and_values_in_their_units(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = Preprocessing(
        {"tokens": "text"},
        {"text": TextTokens("text", ByteTokeniser(), None)},
        {"rating": Normalisation((10.0,), (3.0,))},
        ("rating",),
    )
    path, module = exported(TEXT, prepared, tmp_path)
    file = tmp_path / "lines.txt"
    file.write_text("short\na longer line\n\nshort\n", encoding="utf-8")
    code, found = answers(capsys, path, file)
    assert (code, [a["row"] for a in found]) == (0, [0, 1, 3])
    tokens = torch.tensor([list(b"a longer line")])
    assert found[1]["rating"] == pytest.approx([module(tokens).item() * 3 + 10], abs=1e-4)


def test_arrays_are_held_to_the_shape(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "spec.yaml"
    source.write_text(IMAGES, encoding="utf-8")
    path = tmp_path / "plain.onnx"
    netwright_runtime.export(source, to="onnx", path=path, sizes={"B": 4})
    np.save(tmp_path / "six.npy", np.zeros((6, 3, 8, 8), dtype=np.float32))
    np.save(tmp_path / "wrong.npy", np.zeros((3, 8, 9), dtype=np.float32))
    np.save(tmp_path / "text.npy", np.full((3, 8, 8), "x"))
    names = ["six", "wrong", "text"]
    code, found = answers(capsys, path, *(tmp_path / f"{name}.npy" for name in names))
    assert [len(a.get("logits", [])) for a in found] == [2] * 6 + [
        0,
        0,
    ]  # in fours, the last filled
    assert found[6]["error"] == "`image` is of shape [3, 8, 9]; one sample is [3, 8, 8]"
    assert "`image` holds <U1; the model takes float" in found[7]["error"]
    assert code == 1


def test_a_table_of_answers(tmp_path: Path, rows: tuple[Path, Any]) -> None:
    path, _ = rows
    table, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    table.write_text("a,b,k\n1,2,red\n3,,green\n", encoding="utf-8")
    assert main(["predict", str(path), str(table), "--format", "csv", "-o", str(out)]) == 1
    head, first, second = out.read_text(encoding="utf-8").splitlines()
    assert head == "input,row,class,probability,probabilities.no,probabilities.yes,error"
    assert first.startswith(f"{table},0,")
    assert second == f'{table},1,,,,,"`b` has no value; fill it in, or leave the record out"'


def test_files_that_are_no_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.onnx").write_bytes(b"nonsense")
    (tmp_path / "x.pt2").write_bytes(b"nonsense")
    for name, said in [
        ("x.onnx", "is no sound ONNX file"),
        ("x.pt2", "is no program of torch.export"),
        ("x.bin", "there is no file"),
    ]:
        assert main(["predict", str(tmp_path / name), "x.npy"]) == 2
        assert said in capsys.readouterr().err


def test_onnx_needs_no_torch(tmp_path: Path, rows: tuple[Path, Any]) -> None:
    path, _ = rows
    table = tmp_path / "rows.csv"
    table.write_text("a,b,k\n1,2,red\n", encoding="utf-8")
    program = (
        "import sys; from netwright.cli import main\n"
        f"assert main(['predict', {str(path)!r}, {str(table)!r}]) == 0\n"
        "assert 'torch' not in sys.modules and 'lightning' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["class"] in {"no", "yes"}


def test_arrays_and_tensors_are_prepared_alike() -> None:
    """The preprocessing of training, and the same without torch."""
    rng = np.random.default_rng(0)
    encodings: dict[str, Encoding] = {"numbers": Numbers(("a", "b"))}
    for shape, axes in [((2,), 0), ((2, 3, 3), 2)]:
        norm = Normalisation((0.3, -7.0), (0.1, 3.0), axes)
        data = json.loads(Preprocessing({}, encodings, {"numbers": norm}, ("numbers",)).to_json())
        values = rng.normal(size=shape).astype(np.float32)
        mine = Preparation.from_data(data)
        tensor = torch.from_numpy(values)
        made = mine.normalised["numbers"].apply(values)
        assert torch.equal(torch.from_numpy(made), norm.apply(tensor))
        assert torch.equal(torch.from_numpy(mine.undo(values)), norm.undo(tensor))
    assert to_data(encodings["numbers"])["kind"] == "numbers"
