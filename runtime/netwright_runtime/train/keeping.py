"""The checkpoints of a run in its folder: written without stopping the training, the last and the
best kept, the newest sound one found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from netwright_runtime.train.checkpoint import BadCheckpoint, Checkpoint, Progress
from netwright_runtime.train.files import remove_temporary, sync_folder, write_atomically

FOLDER = "checkpoints"
_PATTERN = "step-*.safetensors"


class NotWritten(Exception):
    """A file of the run could not be written; the text says why, and which checkpoint is the
    last."""

    @classmethod
    def of(cls, fault: OSError, out: Path, keeper: Keeper | None) -> NotWritten:
        where = fault.filename or out
        last = "" if keeper is None else f"; {keeper.last()}"
        return cls(f"`{where}` could not be written: {fault.strerror or fault}{last}")


class Keeper:
    """Writes and finds checkpoints.

    keep        how many of the last stay
    background  write in a thread; at most one file at a time is under way
    before      makes durable what a checkpoint relies on, such as the log up to its step
    """

    def __init__(
        self,
        run: Path,
        keep: int = 2,
        background: bool = False,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = run / FOLDER
        self._keep = keep
        self._before = before
        self._pool = ThreadPoolExecutor(1, "checkpoint") if background else None
        self._pending: Future[None] | None = None
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_temporary(self.folder)

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, whose tensors nobody changes from now on.

        Raises:
            NotWritten: this one could not be written, or in a thread, the one before.
        """
        self.wait()
        if self._pool is None:
            self._guarded(lambda: self._write(checkpoint))
        else:
            self._pending = self._pool.submit(self._write, checkpoint)

    def wait(self) -> None:
        """Until what is under way is durable; raises NotWritten where it failed."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self._guarded(pending.result)

    def close(self) -> None:
        """Wait, and end the thread."""
        try:
            self.wait()
        finally:
            if self._pool is not None:
                self._pool.shutdown()

    def steps(self) -> list[int]:
        """The steps that there are files of, in order."""
        return sorted(int(p.stem.partition("-")[2]) for p in self.folder.glob(_PATTERN))

    def path(self, step: int) -> Path:
        """The file of a step; names sort as numbers do."""
        return self.folder / f"step-{step:09}.safetensors"

    def last(self) -> str:
        """Which checkpoint is the last, in words."""
        steps = self.steps()
        return f"the last checkpoint is `{self.path(steps[-1])}`" if steps else "no checkpoint yet"

    def newest(self) -> tuple[Checkpoint | None, list[BadCheckpoint]]:
        """The newest checkpoint that can be read, and what is wrong with newer ones."""
        faults: list[BadCheckpoint] = []
        for step in reversed(self.steps()):
            try:
                return Checkpoint.read(self.path(step)), faults
            except BadCheckpoint as fault:
                faults.append(fault)
        return None, faults

    def _write(self, checkpoint: Checkpoint) -> None:
        self._before()
        write_atomically(self.path(checkpoint.progress.step), checkpoint.to_bytes())
        self.prune(checkpoint.progress)

    def prune(self, progress: Progress) -> None:
        """Delete what need not be kept, now that there is a checkpoint of `progress`."""
        old = list(self._old(progress))
        for step in old:
            self.path(step).unlink(missing_ok=True)
        if old:
            sync_folder(self.folder)

    def _old(self, progress: Progress) -> Iterator[int]:
        best = progress.best
        steps = [s for s in self.steps() if s <= progress.step]
        for step in steps[: -self._keep]:
            if best is None or step != best.step:
                yield step

    def _guarded(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as fault:
            raise NotWritten.of(fault, self.folder, self) from fault
