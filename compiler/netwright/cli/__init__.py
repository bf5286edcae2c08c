"""The command line: one command a file, and only the one that runs is imported.

Exit codes: 0, 1 where the spec is at fault, 2 where the call is.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

FAULTY_SPEC = 1
FAULTY_CALL = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; without `arguments`, that of the process."""
    from netwright.diagnostics import SpecError
    from netwright.driver.failure import CallError

    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and given[:1] == ["check"]:
        gc.disable()  # a short process: what it makes goes when it ends
    try:
        return _run(given)
    except SpecError as fault:
        print(str(fault).strip(), file=sys.stderr)
        return FAULTY_SPEC
    except CallError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return FAULTY_CALL
    except BrokenPipeError:
        sys.stderr.close()  # the reader has left, and Python would complain at exit
        return 0
    except OSError as fault:
        print(f"error: {fault.strerror or fault}: {fault.filename}", file=sys.stderr)
        return FAULTY_CALL
    finally:
        if arguments is None:
            gc.freeze()  # or Python walks through every object once more at the end


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["check"]:
        from netwright.driver.collection import collection_paused

        with collection_paused():
            from netwright.cli.checking import plain

            code = plain(arguments[1:])
        if code is not None:
            return code
    from netwright.cli.application import application

    try:
        application(arguments)(args=arguments, prog_name="netwright")
    except SystemExit as finished:
        return finished.code if isinstance(finished.code, int) else FAULTY_CALL
    return 0
