"""Drawing trials, and shrinking one that fails, by Hypothesis."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure, Unsatisfiable

from netwright_runtime.model.domains import domains, holds
from netwright_runtime.verify.property import Finding, Trial
from netwright_runtime.verify.subject import Subject

MAX_SEED = 2**16


@dataclass(frozen=True)
class Fixed:
    """What the user fixed of every trial; what is None or missing is drawn."""

    sizes: Mapping[str, int]
    given: frozenset[str] | None = None
    seed: int | None = None


class Failed(Exception):
    """A trial failed; only Hypothesis sees this."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(str(trial))
        self.trial = trial


def search(
    subject: Subject,
    check: Callable[[Trial], tuple[Finding, ...]],
    *,
    count: int,
    seconds: float,
    minimum: Mapping[str, int],
    cases: Sequence[frozenset[str]],
    fixed: Fixed,
    shrinks: bool = True,
) -> tuple[int, Trial | None]:
    """Draw up to `count` trials within `seconds`; the smallest failing one comes back, if any.

    Args:
        check: the findings of a trial, empty where it passes.
        cases: the sets of optional inputs to draw from.
        shrinks: whether a trial that fails is made smaller; else the first comes back.

    Returns:
        How many trials were drawn, and the one that fails.
    """
    known: dict[Trial, bool] = {}
    start = time.monotonic()
    drawn = 0
    failing = False

    @seed(fixed.seed or 0)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        # A single trial is the smallest one already.
        phases=(Phase.generate, Phase.shrink) if shrinks and count > 1 else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(_trials(subject, minimum, cases, fixed))
    def run(trial: Trial) -> None:
        nonlocal drawn, failing
        if trial not in known:
            if time.monotonic() - start > (3 * seconds if failing else seconds) and known:
                return
            drawn += not failing
            known[trial] = any(not f.warning for f in check(trial))
        if known[trial]:
            failing = True
            raise Failed(trial)

    try:
        run()
    except Failed as failed:
        return drawn, failed.trial
    except FlakyFailure:  # time ran out while shrinking
        return drawn, next(trial for trial, fails in known.items() if fails)
    except Unsatisfiable:
        return 0, None
    return drawn, None


def _trials(
    subject: Subject,
    minimum: Mapping[str, int],
    cases: Sequence[frozenset[str]],
    fixed: Fixed,
) -> st.SearchStrategy[Trial]:
    """Trials whose sizes meet the spec's constraints, at least as large as `minimum` says."""
    manifest = subject.manifest
    few = domains(manifest, minimum)
    cases = cases if fixed.given is None else (fixed.given,)

    @st.composite
    def trials(draw: st.DrawFn) -> Trial:
        given = draw(st.sampled_from(cases))
        sizes = {
            name: fixed.sizes.get(name) or draw(st.sampled_from(choices))
            for name, choices in few.items()
            if name in subject.dims(given)
        }
        assume(all(holds(c, {**manifest.params, **sizes}) for c in manifest.constraints))
        seed = draw(st.integers(0, MAX_SEED)) if fixed.seed is None else fixed.seed
        return Trial(tuple(sizes.items()), given, seed)

    return trials()
