"""The CSV file of a run: what a kill leaves, and what a resume makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from netwright_runtime.train.table import HEAD, Row, Table, read


def _filled(path: Path, steps: range) -> Path:
    table = Table(path)
    for step in steps:
        table.add(step, 0, "train", {"loss": 1 / step, "lr": 0.1})
    table.close()
    return path


def test_values_read_as_they_were(tmp_path) -> None:
    table = Table(tmp_path / "t.csv")
    table.add(3, 1, "validation", {"loss": 0.1 + 0.2, 'a "b", c': float("nan")})
    rows = list(read(tmp_path / "t.csv"))
    assert rows[0] == Row(3, 1, "validation", "loss", 0.1 + 0.2)
    assert rows[1].name == 'a "b", c'
    assert rows[1].value != rows[1].value
    table.close()


def test_rows_are_there_before_the_file_is_closed(tmp_path) -> None:
    table = Table(tmp_path / "t.csv")
    table.add(1, 0, "train", {"loss": 1.0})
    assert len(list(read(tmp_path / "t.csv"))) == 1
    table.close()


def test_a_cut_file_goes_on_as_the_whole_one(tmp_path) -> None:
    whole = _filled(tmp_path / "whole.csv", range(1, 9)).read_bytes()
    path = _filled(tmp_path / "cut.csv", range(1, 7))
    table = Table(path)
    table.truncate(4)
    for step in range(5, 9):
        table.add(step, 0, "train", {"loss": 1 / step, "lr": 0.1})
    table.close()
    assert path.read_bytes() == whole


def test_any_prefix_of_bytes_can_be_cut_to_a_step(tmp_path) -> None:
    """A kill or a full disk may end the file within a line."""
    whole = _filled(tmp_path / "whole.csv", range(1, 4)).read_bytes()
    expected = _filled(tmp_path / "two.csv", range(1, 3)).read_bytes()
    path = tmp_path / "part.csv"
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        table = Table(path)
        table.truncate(2)
        table.close()
        found = path.read_bytes()
        assert expected.startswith(found)
        assert found.startswith(HEAD.encode())
        assert found.endswith(b"\n")
        assert size < len(expected) or found == expected


@pytest.mark.parametrize(("step", "count"), [(0, 0), (1, 2), (9, 4)])
def test_rows_of_a_step_go_together(tmp_path, step, count) -> None:
    path = _filled(tmp_path / "t.csv", range(1, 3))
    table = Table(path)
    table.truncate(step)
    table.close()
    assert len(list(read(path))) == count


def test_no_file_has_no_rows(tmp_path) -> None:
    assert list(read(tmp_path / "none.csv")) == []
