"""What a benchmark found, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from netwright_runtime.measure.timing import Time

INFERENCE, TRAINING = "inference", "training step"


@dataclass(frozen=True)
class Row:
    """One way of running one model, for one size of the batch.

    task        `inference` or `training step`
    batch       samples of a call, None for a model without a batch
    prepare     seconds to make ready what is called: passes, an export, a session
    first       seconds of the first call, in which a compiler works
    throughput  samples per second, or calls where there is no batch
    memory      bytes that a call takes beyond weights and inputs at most, None where not known
    failed      why there are no numbers, empty where there are
    """

    model: str
    strategy: str
    task: str
    batch: int | None
    prepare: float | None = None
    first: float | None = None
    latency: Time | None = None
    throughput: float | None = None
    memory: int | None = None
    failed: str = ""


@dataclass(frozen=True)
class Report:
    """The rows of one run, and what they depend on.

    model       the spec's, `against` the reference's name or empty
    sizes       of the dims; that of the batch is in the rows
    parameters  by model
    build       seconds by what was built
    """

    model: str
    against: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    sizes: Mapping[str, int]
    parameters: Mapping[str, int]
    build: Mapping[str, Time]
    rows: tuple[Row, ...]

    def speedup(self, row: Row) -> float | None:
        """How many times as fast as the same model in eager mode."""
        return self._faster(row, row.model, "eager")

    def against_reference(self, row: Row) -> float | None:
        """How many times as fast as the reference, run in the same way."""
        return self._faster(row, self.against, row.strategy) if row.model == self.model else None

    def _faster(self, row: Row, model: str, strategy: str) -> float | None:
        same = (model, strategy, row.task, row.batch)
        for other in self.rows:
            if (other.model, other.strategy, other.task, other.batch) == same:
                if row.latency is not None and other.latency is not None:
                    return other.latency.median / row.latency.median
        return None

    def to_json(self) -> dict[str, Any]:
        """The report as plain data, in seconds and bytes."""
        rows = [
            {
                **asdict(row),
                "speedup": self.speedup(row),
                "against_reference": self.against_reference(row),
            }
            for row in self.rows
        ]
        return {**asdict(self), "rows": rows}
