"""Ways of running a model for inference, and whether the one that `optimise` takes is the fastest.

`python -m benchmarks optimise` measures one model of each kind; `python -m benchmarks.optimise` all
of the catalogue, or those that are named. `--keep FILE` holds a line for each model that is
measured, and a run that finds it goes on from there; `--seconds` is for the candidates of a model.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import netwright
import torch
from netwright_runtime.measure.timing import Time
from netwright_runtime.model import compiled, variants
from netwright_runtime.optimise.candidates import EAGER, candidates
from netwright_runtime.optimise.choosing import fastest, prepare, timed
from netwright_runtime.optimise.examples import drawn_inputs
from netwright_runtime.optimise.optimising import optimised_graph
from netwright_runtime.optimise.report import Tried
from netwright_runtime.optimise.weights import lent

from benchmarks import report
from benchmarks.processes import ROOT
from benchmarks.result import Goal, Result, Table

_SECONDS = 90.0
"""For the candidates of one model, and again to measure them; none is begun later."""

_LARGEST = 130_000_000
"""Parameters of a model that is measured as it is; a larger one has to be given smaller params."""


@dataclass(frozen=True)
class Case:
    """A model, with the sizes of its inputs; others are usual."""

    variant: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)


CASES: Mapping[str, Case] = {
    "vision/resnet": Case("resnet18", sizes={"H": 128, "W": 128}),
    "vision/vit": Case("vit_tiny_patch16_224"),
    "vision/convnext": Case("convnext_tiny", sizes={"H": 96, "W": 96}),
    "vision/mobilenetv2": Case(sizes={"H": 128, "W": 128}),
    "language/bert": Case("minilm-l6", sizes={"T": 64}),
    "language/llama": Case(
        params={"vocab_size": 4096, "dim": 256, "depth": 4, "heads": 8, "kv_heads": 4}
        | {"hidden": 688},
        sizes={"T": 64},
    ),
    "language/tiny_gpt": Case(sizes={"T": 64}),
    "generative/vae": Case(sizes={"B": 16}),
    "graph/gcn": Case(params={"in_channels": 64, "out_channels": 7}, sizes={"N": 512, "E": 4096}),
    "recurrent/lstm_classifier": Case(params={"vocab_size": 1000}, sizes={"B": 4, "T": 64}),
    "tabular/ft_transformer": Case(
        params={"n_cont_features": 12, "cat_cardinalities": [3, 7]}, sizes={"B": 64}
    ),
    "timeseries/patchtst": Case(
        params={"context": 512, "channels": 7, "patch": 16, "stride": 8, "horizon": 96}
    ),
}
"""One model of each kind, as small as it is published, at modest sizes."""


@dataclass(frozen=True)
class Measured:
    """What became of one model: `times` were taken anew after `chosen` was."""

    spec: str
    chosen: str
    times: Mapping[str, Time]
    tried: Mapping[str, Tried]

    def speed(self, name: str) -> float | None:
        """How many times as fast as eager; above 1 is faster, None for what does not run."""
        if name not in self.times:
            return None
        return self.times[EAGER].median / self.times[name].median


def run() -> Result:
    """One model of each kind, each candidate against the model in eager mode."""
    return _result([measure(spec, case) for spec, case in CASES.items()])


def measure(spec: str, case: Case, seconds: float = _SECONDS) -> Measured:
    """Candidates are compared once to choose, and once more to see what the choice was worth."""
    torch.manual_seed(0)
    found = compiled(spec, case.variant, params=case.params)
    model = lent(found.build())
    exact, folded = (optimised_graph(found, model, level)[0] for level in (1, 2))
    called = drawn_inputs(found, exact, case.sizes)
    others = list(candidates(model, exact, folded, "default", dynamic=False))
    ready, tried = prepare(model, others, called, called, seconds)
    chosen = fastest(timed(ready, called, seconds))
    times = timed(ready, called, seconds)
    return Measured(spec, chosen, times, {outcome.name: outcome for outcome in tried})


def _result(measured: list[Measured]) -> Result:
    names = list(dict.fromkeys(name for one in measured for name in one.tried))
    cells = [_cells(one, names) for one in measured]
    means = {name: _mean(one.speed(name) or 1.0 for one in measured) for name in names}
    taken = [one.speed(one.chosen) or 1.0 for one in measured]
    mean = _mean(taken)
    cells.append(("geometric mean", "", *(f"{means[n]:.2f}" for n in names), f"{mean:.2f}"))
    best = max(means, key=lambda name: means[name])
    goals = (
        Goal("time of what is taken in terms of eager, at worst", 1 / min(taken), 1 / 0.98),
        Goal(f"the same in terms of `{best}`, the best of all, in the mean", means[best] / mean, 1),
    )
    table = Table(("model", "eager", *names, "taken"), tuple(cells))
    notes = (
        "How many times as fast as the emitted source in eager mode, by CPU time where one thread "
        "runs. A dash is a candidate that a model has no use for, that did not agree or did not "
        "compile; in the mean it counts as eager.",
        f"torch with {torch.get_num_threads()} thread(s).",
        *_reasons(measured),
    )
    return Result("optimise", "Ways of running a model", (), goals, notes, table)


def _cells(one: Measured, names: list[str]) -> tuple[str, ...]:
    speeds = (one.speed(name) for name in names)
    shown = ("–" if speed is None else f"{speed:.2f}" for speed in speeds)
    eager = f"{one.times[EAGER].median * 1e3:.3g} ms"
    return (one.spec, eager, *shown, f"{one.chosen} {one.speed(one.chosen):.2f}")


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return math.exp(sum(map(math.log, found)) / len(found))


def _reasons(measured: list[Measured]) -> list[str]:
    return [
        f"{one.spec}, {outcome.name}: {outcome.reason}"
        for one in measured
        for outcome in one.tried.values()
        if outcome.reason
    ]


def main() -> None:
    """Measure models of the catalogue, and print what comes out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.optimise", description=__doc__)
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="by default all that fit")
    parser.add_argument("--keep", type=Path, help="a file to go on from")
    parser.add_argument("--seconds", type=float, default=_SECONDS)
    asked = parser.parse_args()
    cases = {spec: CASES.get(spec, Case()) for spec in asked.specs} or dict(_catalogue())
    measured = _kept(asked.keep)
    for spec, case in cases.items():
        if spec not in measured:
            found = _tried(spec, case, asked.seconds)
            if found is not None:
                measured[spec] = found
                _keep(asked.keep, found)
    report.show(_result([measured[spec] for spec in cases if spec in measured]))


def _tried(spec: str, case: Case, seconds: float) -> Measured | None:
    """What was measured, None for a model that needs params or sizes which no case gives."""
    try:
        return measure(spec, case, seconds)
    except (netwright.SpecError, ValueError, RuntimeError) as fault:
        print(f"{spec} is left out: {str(fault).strip().splitlines()[0]}", flush=True)
        return None
    finally:
        torch.compiler.reset()


def _keep(file: Path | None, one: Measured) -> None:
    print(f"{one.spec}: {one.chosen} {one.speed(one.chosen):.2f}", flush=True)
    if file is not None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(one)) + "\n")


def _kept(file: Path | None) -> dict[str, Measured]:
    """What an earlier run measured, by spec."""
    if file is None or not file.exists():
        return {}
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {row["spec"]: _measured(row) for row in rows}


def _measured(row: Mapping[str, Any]) -> Measured:
    times = {name: Time(**time) for name, time in row["times"].items()}
    tried = {name: Tried(**outcome) for name, outcome in row["tried"].items()}
    return Measured(row["spec"], row["chosen"], times, tried)


def _catalogue() -> Iterator[tuple[str, Case]]:
    """Every spec in its smallest variant, where that can be built and is not too large."""
    for path in sorted((ROOT / "specs").rglob("*.yaml")):
        spec = path.relative_to(ROOT / "specs").with_suffix("").as_posix()
        sizes = {} if spec in CASES else dict(_parameters(spec, variants(path)))
        smallest = min(sizes, key=lambda variant: sizes[variant], default=None)
        if spec in CASES or sizes.get(smallest, _LARGEST + 1) <= _LARGEST:
            yield spec, CASES.get(spec, Case(smallest))


def _parameters(spec: str, names: Iterable[str | None]) -> Iterator[tuple[str | None, int]]:
    for variant in names:
        try:
            yield variant, compiled(spec, variant).compiler.measure({})[0]
        except netwright.SpecError as fault:
            print(f"{spec} is left out: {fault.diagnostics[0].message}")


if __name__ == "__main__":
    main()
