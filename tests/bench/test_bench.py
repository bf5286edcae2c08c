"""A benchmark: rows, failures, ratios, and its form as data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from netwright_runtime.bench import STRATEGIES, NotMeasured, Report, Row, bench, strategies
from netwright_runtime.bench.strategies import Strategy, Task
from netwright_runtime.measure.timing import Time

from tests.bench.subjects import spec, steady

__all__ = ["spec"]

AGAINST = "torch.nn:Linear(in_features=4, out_features=2)"

SECONDS = {"type": ["number", "null"]}
FIELDS: dict[str, Any] = {
    "model": {"type": "string"},
    "strategy": {"enum": list(STRATEGIES)},
    "task": {"enum": ["inference", "training step"]},
    "batch": {"type": ["integer", "null"]},
    "prepare": SECONDS,
    "first": SECONDS,
    "latency": {"type": ["object", "null"], "required": ["median", "low", "high", "runs"]},
    "throughput": SECONDS,
    "memory": {"type": ["integer", "null"]},
    "failed": {"type": "string"},
    "speedup": SECONDS,
    "against_reference": SECONDS,
}
ROW = {
    "type": "object",
    "properties": FIELDS,
    "required": list(FIELDS),
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "required": ["machine", "versions", "sizes", "parameters", "build"],
    "properties": {"rows": {"type": "array", "minItems": 1, "items": ROW}},
}


def measured(file: Path, **options: Any) -> Report:
    return bench(file, seconds=0.0, clock=steady(), **{"strategies": ["eager"], **options})


def test_a_row_for_each_model_way_task_and_batch(spec: Path) -> None:
    found = measured(spec, against=AGAINST, batches=[1, 3], training=True)
    assert [(row.model, row.task, row.batch) for row in found.rows] == [
        (model, task, batch)
        for task in ("inference", "training step")
        for batch in (1, 3)
        for model in ("Small", AGAINST)
    ]
    assert not any(row.failed for row in found.rows)
    assert found.parameters == {"Small": 2 * 20 + 10, AGAINST: 10}
    assert list(found.build) == [
        "spec to module",
        "constructor of Small",
        f"constructor of {AGAINST}",
    ]
    assert found.sizes == {}


def test_the_form_of_a_report(spec: Path) -> None:
    data = json.loads(json.dumps(measured(spec, against=AGAINST, training=True).to_json()))
    jsonschema.validate(data, SCHEMA)
    assert data["machine"]["threads"] == torch.get_num_threads()
    assert data["versions"]["torch"] == str(torch.__version__)


def test_the_throughput_is_that_of_the_batch(spec: Path) -> None:
    (row,) = measured(spec, batches=[8]).rows
    assert row.latency is not None
    assert row.throughput == 8 / row.latency.median


def test_the_memory_of_a_call_is_what_it_allocates(spec: Path) -> None:
    (row,) = measured(spec, batches=[5]).rows
    assert row.memory == 3 * 5 * 4 * 4  # what a layer is given, what `linear` gives, and `relu`


def test_a_strategy_that_fails_is_a_row_that_says_why(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(task: Task) -> Any:
        raise torch.OutOfMemoryError("\nno memory left\nat all")

    table = {**STRATEGIES, "compiled": Strategy("compiled", failing)}
    monkeypatch.setattr("netwright_runtime.bench.run.STRATEGIES", table)
    failed, eager = measured(spec, strategies=["compiled", "eager"]).rows
    assert failed.failed == "OutOfMemoryError: no memory left"
    assert failed.latency is None
    assert eager.latency is not None


def test_a_strategy_may_fail_when_all_are_in_memory(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crowded(task: Task) -> Any:
        left = iter(range(3))  # a first call, a second, one for its memory
        return lambda: next(left)

    table = {**STRATEGIES, "compiled": Strategy("compiled", crowded)}
    monkeypatch.setattr("netwright_runtime.bench.run.STRATEGIES", table)
    failed, eager = measured(spec, strategies=["compiled", "eager"]).rows
    assert failed.failed == "StopIteration: no message"
    assert failed.latency is None
    assert eager.latency is not None


def test_ways_that_do_not_train_or_need_the_spec_are_left_out(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool, bool]] = []

    def noting(name: str) -> Any:
        def prepare(task: Task) -> Any:
            asked.append((name, task.training, task.compiled is not None))
            return task.call()

        return prepare

    table = {name: replace(way, prepare=noting(name)) for name, way in STRATEGIES.items()}
    monkeypatch.setattr("netwright_runtime.bench.run.STRATEGIES", table)
    measured(spec, strategies=list(STRATEGIES), against=AGAINST, training=True)
    own, inference = True, False
    assert set(asked) == {
        *((name, inference, own) for name in STRATEGIES),
        *((name, inference, not own) for name in ("eager", "compiled", "onnx")),
        *((name, True, own) for name in ("eager", "compiled", "regional")),
        *((name, True, not own) for name in ("eager", "compiled")),
    }


def test_the_optimised_model_and_that_of_onnxruntime_give_what_the_model_gives(
    spec: Path, tmp_path: Path
) -> None:
    inputs = {"x": torch.ones(3, 4)}
    module = torch.nn.Linear(4, 2).eval()
    task = Task(module, None, inputs, False, torch.device("cpu"), tmp_path)
    (given,) = STRATEGIES["onnx"].prepare(task)()
    torch.testing.assert_close(torch.from_numpy(given), module(inputs["x"]).detach())
    (row,) = measured(spec, strategies=["optimised"], batches=[2]).rows
    assert not row.failed


def test_the_compiled_ways_compile(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def compile_(model: torch.nn.Module) -> torch.nn.Module:
        compiled.append(model)
        return model

    monkeypatch.setattr(torch, "compile", compile_)
    module = torch.nn.Linear(4, 2)
    task = Task(module, None, {"x": torch.ones(1, 4)}, False, torch.device("cpu"), spec.parent)
    assert strategies.STRATEGIES["compiled"].prepare(task)().shape == (1, 2)
    assert compiled == [module]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"strategies": ["quick"]}, "there is no strategy `quick`, only eager, "),
        ({"device": "tpu"}, "there is no device `tpu`, only cpu and cuda"),
        ({"against": "torch.nn:Linear(width=1)"}, "cannot be made: TypeError: "),
        ({"against": "torch:ones"}, "cannot be made: TypeError: "),
    ],
)
def test_what_cannot_be_measured_is_said(spec: Path, options: Any, said: str) -> None:
    with pytest.raises(NotMeasured) as fault:
        measured(spec, **options)
    assert said in str(fault.value)


def test_a_model_without_samples_has_no_batch(tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text("netwright: 1\nmodel: Plain\ninputs: {x: 'float[4]'}\ngraph: {out: relu(x)}\n")
    (row,) = measured(file).rows
    assert row.batch is None
    with pytest.raises(NotMeasured, match="so no `--batch`"):
        measured(file, batches=[2])


def test_ratios_are_those_of_equal_calls() -> None:
    def row(model: str, strategy: str, batch: int, seconds: float) -> Row:
        time = Time(seconds, seconds, seconds, 3)
        return Row(model, strategy, "inference", batch, latency=time)

    rows = (
        row("M", "eager", 1, 4.0),
        row("M", "compiled", 1, 2.0),
        row("ref", "eager", 1, 6.0),
        row("M", "eager", 8, 8.0),
        Row("M", "compiled", "inference", 8, failed="no"),
    )
    report = Report("M", "ref", {}, {}, {}, {}, {}, rows)
    assert [report.speedup(r) for r in rows] == [1.0, 2.0, 1.0, 1.0, None]
    assert [report.against_reference(r) for r in rows] == [1.5, None, None, None, None]
