"""Sweeps: many candidates of one recipe, drawn, rejected, trained, pruned and compared by Optuna.

`join` is one process of a sweep. Any number of them work on one folder at once; the study is a
SQLite file in it, so a sweep goes on where it stood when it is started again.
"""

from netwright_runtime.train.sweep.page import write_page
from netwright_runtime.train.sweep.study import identity, opened, summary
from netwright_runtime.train.sweep.work import Candidates, Exhausted, Unmeasured, join

__all__ = [
    "Candidates",
    "Exhausted",
    "Unmeasured",
    "identity",
    "join",
    "opened",
    "summary",
    "write_page",
]
