"""Benchmarks: how fast a model is, in which way of running it, and where its time goes."""

from netwright_runtime.bench.faults import NotMeasured
from netwright_runtime.bench.folding import NodeRow
from netwright_runtime.bench.groups import Progress
from netwright_runtime.bench.profiling import Profile, profile
from netwright_runtime.bench.result import Report, Row
from netwright_runtime.bench.run import bench
from netwright_runtime.bench.strategies import STRATEGIES

__all__ = [
    "STRATEGIES",
    "NodeRow",
    "NotMeasured",
    "Profile",
    "Progress",
    "Report",
    "Row",
    "bench",
    "profile",
]
