"""What a call allocates, by torch's profiler or the allocator of the GPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from netwright_runtime.measure.peaks import synchronise

_SILENT = "6"
"""A level above all others: else the profiler tells of its start and its end."""


@dataclass(frozen=True)
class Allocation:
    """Bytes that are taken, or given back where `size` is negative.

    owner  the innermost `record_function` around it that has a name of interest, empty for none
    """

    time: int
    address: int
    size: int
    owner: str = ""


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """The most that tensors take during `call` beyond what they take before."""
    if device.type != "cuda":
        return highest(allocations(call, device))
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    call()
    synchronise(device)
    return torch.cuda.max_memory_allocated(device) - before


def highest(events: Iterable[Allocation]) -> int:
    """The most bytes that are held at one time."""
    held = most = 0
    for event in events:
        held += event.size
        most = max(most, held)
    return most


def allocations(
    call: Callable[[], object], device: torch.device, prefix: str = "\0"
) -> list[Allocation]:
    """What `call` allocates on `device`, in the order of time.

    Args:
        prefix: how the names of the `record_function` begin that are to be noted as owners.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", _SILENT)
    activities = [ProfilerActivity.CPU]
    if device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities, profile_memory=True) as profiled:
        kept = call()  # noqa: F841  freed behind the profile, as a caller keeps what it asked for
        synchronise(device)
    roots: Any = profiled.profiler.kineto_results.experimental_event_tree()
    found = (a for root in roots for a in _below(root, device.type, prefix, ""))
    return sorted(found, key=lambda allocation: allocation.time)


def _below(event: Any, device: str, prefix: str, owner: str) -> Iterator[Allocation]:
    """The allocations of an event of the profiler's tree and of those in it."""
    if event.name.startswith(prefix):
        owner = event.name
    fields = event.extra_fields
    if hasattr(fields, "alloc_size") and fields.device.type == device:
        yield Allocation(event.start_time_ns, fields.ptr, fields.alloc_size, owner)
    for child in event.children:
        yield from _below(child, device, prefix, owner)
