"""A profile: its parts add up, and each node of the spec has its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from netwright_runtime.bench import Profile, profile, profiling

from tests.bench.subjects import spec, steady

__all__ = ["spec"]


@pytest.fixture
def found(spec: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setattr(profiling, "measured_peak", lambda *_: 1e9)
    monkeypatch.setattr(profiling, "measured_bandwidth", lambda *_: 1e9)
    return profile(spec, sizes={"B": 3}, seconds=0.0, clock=steady())


def test_nodes_and_what_is_outside_of_them_are_the_whole(found: Profile) -> None:
    # The clock goes on by a second at the begin and at the end of each of the graph's 7 nodes, five
    # of which are the spec's.
    assert found.nodes == 5
    assert found.whole == 2 * 7 + 1
    assert found.outside == 10


def test_a_row_for_each_node_with_what_it_takes(found: Profile) -> None:
    shown = [
        (r.depth, r.name, r.measured.seconds, r.flops, r.measured.allocated) for r in found.rows
    ]
    result = 4 * 3 * 4
    assert shown == [
        (0, "layers.0-1", 4, 2 * 96, 4 * result),
        (1, "linear", 2, 2 * 96, 2 * result),
        (1, "act", 2, 0, 2 * result),
        (0, "out", 1, 48, result // 2),
    ]
    assert found.peak == 2 * result


def test_a_profile_as_data(found: Profile) -> None:
    data = json.loads(json.dumps(found.to_json()))
    assert data["sizes"] == {"B": 3}
    assert data["outside"] == data["whole"] - data["nodes"]
    assert data["rows"][1]["names"] == ["layers.0.linear", "layers.1.linear"]
    assert data["rows"][1]["measured"]["moved"] == 2 * (4 * 3 * 4 + 4 * 20 + 4 * 3 * 4)
