"""What a call allocates."""

from __future__ import annotations

import torch
from netwright_runtime.bench.memory import Allocation, allocations, highest, peak_bytes
from netwright_runtime.bench.walks import alive_at_peak
from torch.profiler import record_function

CPU = torch.device("cpu")


def test_the_peak_is_what_is_alive_at_once() -> None:
    def call() -> torch.Tensor:
        for _ in range(3):
            large = torch.empty(1000)  # the one before is alive until this one is made
        return torch.empty(10, dtype=torch.uint8).fill_(len(large) % 256)

    assert peak_bytes(call, CPU) == 2 * 4000


def test_an_allocation_belongs_to_the_innermost_function_of_interest() -> None:
    def call() -> list[torch.Tensor]:
        with record_function("mine: outer"):
            kept = [torch.empty(100, dtype=torch.uint8)]
            with record_function("mine: inner"), record_function("another"):
                kept.append(torch.empty(200, dtype=torch.uint8))
        return [*kept, torch.empty(300, dtype=torch.uint8)]

    taken = [(a.owner, a.size) for a in allocations(call, CPU, "mine: ") if a.size > 0]
    assert taken == [("mine: outer", 100), ("mine: inner", 200), ("", 300)]


def test_who_holds_memory_when_most_is_held() -> None:
    events = [
        Allocation(0, 1, 50, "a"),
        Allocation(1, 2, 30, "b"),
        Allocation(2, 1, -50, "b"),
        Allocation(3, 1, 70, "c"),  # the address of what was given back
        Allocation(4, 3, 5, "b"),
        Allocation(5, 2, -30, ""),
    ]
    assert alive_at_peak(events) == ({"b": 35, "c": 70}, 105)
    assert highest(events) == 105
    assert alive_at_peak([]) == ({}, 0)
