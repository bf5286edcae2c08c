"""Running the corpus in several processes."""

from __future__ import annotations

import logging
import multiprocessing
import warnings
from collections.abc import Iterator, Sequence

import torch
from netwright.diagnostics import SpecError

from tests.faults.corpus import FAULTS
from tests.faults.fault import Fault, Unmatched
from tests.faults.judging import Verdict, judged

CHUNK = 8
"""Faults that one process takes at a time, mostly of one model: its sound form is judged once."""


class NotSeeded(Exception):
    """A fault cannot be had: an edit does not fit any more, or the compiler refuses the spec."""


def verdicts(faults: Sequence[Fault], jobs: int) -> Iterator[Verdict]:
    """Every fault's verdict, in the order given."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, quiet) as pool:
        yield from pool.imap(_judged, map(FAULTS.index, faults), CHUNK)


def quiet() -> None:
    """One thread each; what a fault makes torch warn of is not news."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)


def _judged(index: int) -> Verdict:
    """By number: lies are closures, which do not travel; nor do a spec's errors."""
    fault = FAULTS[index]
    try:
        return judged(fault)
    except (SpecError, Unmatched) as error:
        raise NotSeeded(f"{fault.title}: {error}") from None
