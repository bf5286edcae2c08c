"""What netwright costs, measured against what it is compared with, in one run.

    python -m benchmarks            all of them
    python -m benchmarks check      one

Each file measures one thing; every measurement of a run takes turns with the others, so that a busy
machine slows all of them alike, and what counts are ratios of medians. Tests never assert times.
"""
