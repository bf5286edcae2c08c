"""CSV and Parquet files."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest
import torch
from netwright_runtime.train.data import Preprocessing

from tests.train.data.sections import SOURCE, holds_what_it_says, refused, same, source

ROWS = """\
age,city,weight,note,ill,cost
30,Rome,61.5,a cold,yes,1.5
41,Oslo,80.0,nothing,no,2.5
52,Rome,75.25,two words,no,0.5
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def test_numbers_are_features_and_texts_categories(root: Path) -> None:
    found = source({"csv": {"file": "rows.csv", "target": "ill"}}, root)
    holds_what_it_says(found)
    sample = found[0]
    assert sample["features"].tolist() == [30, 61.5, 1.5]
    assert found.columns["ill"].classes == ("no", "yes")
    assert sample["ill"] == 1
    assert [found[i]["categories"].tolist() for i in range(3)] == [[1, 0], [0, 1], [1, 2]]


def test_what_is_named_is_taken(root: Path) -> None:
    written = {"file": "rows.csv", "target": "cost", "numbers": ["weight"], "categories": ["age"]}
    found = source({"csv": written}, root)
    assert found.columns.keys() == {"cost", "features", "categories"}
    assert found[2]["features"].tolist() == [75.25]
    assert [int(found[i]["categories"]) for i in range(3)] == [0, 1, 2]
    assert found[1]["cost"].tolist() == [2.5]


def test_whole_numbers_are_classes_unless_the_task_says_otherwise(root: Path) -> None:
    written = {"file": "rows.csv", "target": "age"}
    assert source({"csv": written}, root).columns["age"].classes == ("30", "41", "52")
    found = source({"csv": {**written, "task": "regression"}}, root)
    assert found[0]["age"].tolist() == [30.0]


def test_a_text_becomes_tokens(root: Path) -> None:
    written = {"file": "rows.csv", "target": "ill", "text": "note", "length": 4}
    found = source({"csv": written}, root)
    assert [bytes(found[i]["tokens"].tolist()) for i in range(3)] == [b"a co", b"noth", b"two "]
    assert "note" not in str(found.columns["categories"].doc)


def test_parquet_holds_the_same(root: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(root / "rows.csv"), root / "rows.parquet")
    one = source({"csv": {"file": "rows.csv", "target": "ill"}}, root)
    other = source({"parquet": {"file": "rows.parquet", "target": "ill"}}, root)
    assert same(one, other)


def test_a_record_is_encoded_as_the_file_was(root: Path) -> None:
    found = source({"csv": {"file": "rows.csv", "target": "ill", "text": "note"}}, root)
    encodings = {n: c.encoding for n, c in found.columns.items() if c.encoding is not None}
    prepared = Preprocessing({n: n for n in encodings}, encodings)
    for text in (prepared.to_json(), prepared.to_json()):
        prepared = Preprocessing.from_json(text)
    for index, record in enumerate(pyarrow.csv.read_csv(root / "rows.csv").to_pylist()):
        read = prepared.read(record)
        assert read.keys() == {"features", "categories", "tokens", "ill"}
        assert all(torch.equal(read[name], found[index][name]) for name in read)


def test_the_fingerprint_is_of_the_content(root: Path) -> None:
    written = {"csv": {"file": "rows.csv", "target": "ill"}}
    before = source(written, root).fingerprint()
    assert source(written, root).fingerprint() == before
    (root / "rows.csv").write_text(ROWS.replace("61.5", "61.6"), encoding="utf-8")
    assert source(written, root).fingerprint() != before


@pytest.mark.parametrize(
    ("arguments", "where", "message"),
    [
        ({"file": "row.csv", "target": "ill"}, ("file",), "there is no file"),
        ({"file": "rows.csv", "target": "il"}, ("target",), "there is no column `il`"),
        (
            {"file": "rows.csv", "target": "ill", "numbers": ["city"]},
            ("numbers",),
            "there is no column of numbers `city`",
        ),
        (
            {"file": "rows.csv", "target": "ill", "categories": ["town"]},
            ("categories",),
            "there is no column `town`",
        ),
        (
            {"file": "rows.csv", "target": "ill", "text": "age"},
            ("text",),
            "there is no column of texts `age`",
        ),
    ],
)
def test_faults_are_located(
    root: Path, arguments: dict[str, object], where: tuple[str, ...], message: str
) -> None:
    fault = refused({"csv": arguments}, root)
    assert fault.where == (*SOURCE, "csv", *where)
    assert fault.message.startswith(message)


def test_a_missing_value_is_counted_and_placed(root: Path) -> None:
    (root / "rows.csv").write_text(ROWS + "60,Oslo,,x,no,1.0\n", encoding="utf-8")
    fault = refused({"csv": {"file": "rows.csv", "target": "ill"}}, root)
    assert fault.message == "`weight` has no value in 1 of 4 lines, first in sample 3"
    (root / "rows.csv").write_text(ROWS + "60,,1.0,x,no,1.0\n", encoding="utf-8")
    fault = refused({"csv": {"file": "rows.csv", "target": "ill"}}, root)
    assert fault.message == "`city` has no value in 1 of 4 lines, first in sample 3"


def test_a_file_that_is_no_table(root: Path) -> None:
    (root / "rows.csv").write_text("a,b\n1\n", encoding="utf-8")
    assert "cannot be read" in refused({"csv": {"file": "rows.csv", "target": "a"}}, root).message
    (root / "rows.csv").write_text("a,b\n", encoding="utf-8")
    assert "no line of data" in refused({"csv": {"file": "rows.csv", "target": "a"}}, root).message
    fault = refused({"parquet": {"file": "rows.csv", "target": "a"}}, root)
    assert "cannot be read" in fault.message
