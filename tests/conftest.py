"""Options and settings of the whole suite."""

from __future__ import annotations

import gc
import os

import pytest
from xdist.scheduler import LoadScopeScheduling

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: workers share the cores

ONE_BY_ONE = (
    "catalogue/test_parity_fx",
    "export/test_catalogue",
    "mutations/test_mutations",
    "optimise/test_catalogue",
    "verify/test_catalogue",
)
"""Files of many slow tests that share little: either worker takes the next test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the emitted files of tests/golden anew instead of comparing them",
    )


def pytest_sessionstart() -> None:
    """Look for no cycles while the tests are collected, and libraries imported."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for cycles less often, and not among what was imported: it took a fifth of the time."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return _ByFile(config, log)


class _ByFile(LoadScopeScheduling):
    """A file's tests go to one worker, so that its fixtures and caches are made once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition(".py::")[0]
        return nodeid if file.endswith(ONE_BY_ONE) else file
