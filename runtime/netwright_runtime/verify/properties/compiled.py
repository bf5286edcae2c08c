"""`torch.compile` captures the model in one graph, serves other sizes with it, and changes nothing.

Proves that the emitted source is what a compiler can take: no graph break, no recompilation when a
declared dim takes another size, and the outputs of eager execution. At the default level the
captured graph runs as it is (`aot_eager`), which is where captures go wrong; the full level has
Inductor generate code as well. torch tests its compiler on models of its own choice; here each
user's model is the test. It always applies; a dim along which a recurrent module of torch walks may
be compiled again, since a capture unrolls it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice, product
from typing import Any

import torch
from torch import nn
from torch._dynamo import config, maybe_mark_dynamic, reset
from torch._dynamo.exc import RecompileError, TorchDynamoException
from torch._inductor import config as inductor

from netwright_runtime.model.domains import domains, holds
from netwright_runtime.model.nearness import distance, tolerance
from netwright_runtime.model.sizes import names_in
from netwright_runtime.verify.compare import floats
from netwright_runtime.verify.property import Finding, Level, Property, Trial
from netwright_runtime.verify.subject import Subject
from netwright_runtime.verify.walking import node_at

OTHERS = 2
"""Further sizes to run at; a dim that is taken for a constant shows at the first of them."""

_AT = re.compile(r"(<netwright [^>]+>)[\"']?(?:, line |:)(\d+)")
"""How torch says at which line of the emitted source something happened."""

_REASON = re.compile(r"\d+/\d+: ")
"""What torch puts before the reason of a recompilation: the numbers of frame and attempt."""

_EXPLAINED = "Explanation: "
"""What it puts before the reason of a graph break."""


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    yield from _held(subject, trial, "aot_eager")


def check_inductor(subject: Subject, trial: Trial) -> Iterator[Finding]:
    yield from _held(subject, trial, "inductor")


def _held(subject: Subject, trial: Trial, backend: str) -> Iterator[Finding]:
    module = subject.module()
    reset()
    try:
        with torch.no_grad(), warnings.catch_warnings(), _settings():
            warnings.simplefilter("ignore")  # torch's own, about its tracing
            compiled = torch.compile(module, backend=backend, fullgraph=True)
            yield from _run(subject, module, compiled, trial)
            with config.patch(error_on_recompile=True):
                for other in _others(subject, trial):
                    yield from _run(subject, module, compiled, other)
    except RecompileError as error:
        yield _finding(subject, trial, "other sizes are compiled again", error)
    except TorchDynamoException as error:
        yield _finding(subject, trial, "torch.compile takes no single graph of it", error)
    except RuntimeError:
        # Without generated code, torch runs into strides that it predicted wrongly: a batch norm
        # of a transposed tensor. The capture is then run as it was captured.
        if backend != "aot_eager":
            raise
        yield from _held(subject, trial, "eager")
    finally:
        reset()


@contextmanager
def _settings() -> Iterator[None]:
    """Recurrent modules are captured, and random numbers are those of eager execution."""
    with config.patch(allow_rnn=True), inductor.patch(fallback_random=True):
        yield


def _run(subject: Subject, module: nn.Module, compiled: Any, trial: Trial) -> Iterator[Finding]:
    """Eager and compiled at one choice of sizes."""
    torch.manual_seed(trial.seed)
    expected = module(**subject.inputs(trial))
    torch.manual_seed(trial.seed)
    found = compiled(**_dynamic(subject, trial))
    off = distance(floats(found), floats(expected))
    if off > tolerance([expected]):
        yield Finding(f"compiled, its outputs differ by {off:.1g} of the largest at {trial.size}")


def _dynamic(subject: Subject, trial: Trial) -> dict[str, Any]:
    """The inputs, with the axes of symbolic sizes said to be dynamic."""
    inputs = subject.inputs(trial)
    for slot in subject.slots(trial.given):
        for tensor in inputs[slot.name] if slot.length is not None else [inputs[slot.name]]:
            for axis, size in enumerate(slot.shape):
                if isinstance(size, str):
                    maybe_mark_dynamic(tensor, axis)
    return inputs


def _others(subject: Subject, trial: Trial) -> Iterator[Trial]:
    """Trials in which every dim that may takes another size."""
    fixed = _walked(subject, trial)
    few = domains(subject.manifest, least(subject))
    choices = {
        name: [size] if name in fixed else [s for s in few[name] if s != size] or [size]
        for name, size in trial.sizes
    }
    found = (dict(zip(choices, sizes, strict=True)) for sizes in product(*choices.values()))
    for sizes in islice(filter(lambda sizes: _admitted(subject, sizes), found), OTHERS):
        yield Trial(tuple(sizes.items()), trial.given, trial.seed + 1)


def _admitted(subject: Subject, sizes: Mapping[str, int]) -> bool:
    manifest = subject.manifest
    return all(holds(c, {**manifest.params, **sizes}) for c in manifest.constraints)


def _walked(subject: Subject, trial: Trial) -> frozenset[str]:
    """The dims that a recurrent module of torch walks along."""
    graph = subject.graph(trial.given)
    found: set[str] = set()
    for node in graph.graph.find_nodes(op="call_module"):
        module = graph.get_submodule(str(node.target))
        if isinstance(module, nn.RNNBase):
            shape = node.all_input_nodes[0].meta["netwright"].type.shape
            found |= names_in(str(shape[-2 if module.batch_first else 0]))
    return frozenset(found)


def _finding(subject: Subject, trial: Trial, message: str, error: Exception) -> Finding:
    """What torch says of it, at the line of the emitted source that it names."""
    text = str(error).strip()
    found = [int(line) for file, line in _AT.findall(text) if file == subject.compiled.file]
    place = subject.compiled.place(found[-1]) if found else ""
    node = node_at(subject.graph(trial.given), place)
    return Finding(f"{message}: {_said(text)}", node, place)


def _said(text: str) -> str:
    """The line of an error of torch's that says why, without the code that it quotes."""
    lines = [line.strip(" -") for line in text.splitlines() if line.strip(" -")]
    reasons = [line for line in lines if _REASON.match(line)]
    explained = [line for line in lines if line.startswith(_EXPLAINED)]
    found = (reasons or explained or lines or [""])[0].removeprefix(_EXPLAINED)
    return _REASON.sub("", found).partition("  # ")[0]


def least(subject: Subject) -> dict[str, int]:
    """Sizes at which no map shrinks to one pixel: torch takes a size of 1 for a constant."""
    maps = {size for slot in subject.slots() if len(slot.shape) > 3 for size in slot.shape[2:]}
    return {name: 64 if name in maps else 4 for name in subject.names}


PROPERTY = Property("compiled", check, __doc__ or "", level=Level.DEFAULT, trials=1, minimum=least)

INDUCTOR = Property(
    "inductor", check_inductor, __doc__ or "", level=Level.FULL, trials=1, minimum=least
)
