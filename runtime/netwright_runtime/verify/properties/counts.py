"""The model has as many parameters, and needs as many operations, as the spec says.

Proves `parameters`, `max_parameters` and `max_flops`. They are the numbers that a paper or a budget
gives, and the first thing that differs where a width or a bias is wrong. What is counted is the
prediction of `show`; that it is right is the property `resources`. Where a smaller model stands
for a large one, the large one is counted. `parameters` is about the spec's own params: where others
are given, it does not apply.
"""

from __future__ import annotations

from collections.abc import Iterator

from netwright_runtime.model.sizes import evaluate
from netwright_runtime.verify.property import Finding, Property, Trial
from netwright_runtime.verify.subject import Subject

CLAIMS = ("parameters", "max_parameters", "max_flops")


def unfit(subject: Subject) -> str:
    claims = [name for name in CLAIMS if name in subject.declared]
    if not claims:
        return "the spec claims no counts"
    if any(_claimed(subject, name) is not None for name in claims):
        return ""
    return "its counts are for other variants or params"


def _claimed(subject: Subject, name: str) -> int | None:
    """What the spec says of this variant and these params."""
    said = subject.declared.get(name)
    if name == "max_flops":
        return None if said is None else int(said["total"])
    if name == "parameters" and subject.asked.params:
        return None
    return said.get(subject.asked.variant) if isinstance(said, dict) else said


def check(subject: Subject, trial: Trial) -> Iterator[Finding]:
    found = subject.asked.manifest.parameters
    exact, most = _claimed(subject, "parameters"), _claimed(subject, "max_parameters")
    if exact is not None and found != exact:
        yield Finding(f"the model has {found:,} parameters, the spec says {exact:,}")
    if most is not None and found > most:
        yield Finding(f"the model has {found:,} parameters, more than {most:,}")
    flops = _claimed(subject, "max_flops")
    if flops is not None:
        sizes = subject.declared["max_flops"]["at"]
        needed = int(evaluate(subject.asked.compiler.flops(frozenset()), sizes))
        at = ", ".join(f"{name}={size}" for name, size in sizes.items())
        if needed > flops:
            yield Finding(f"a call takes {needed:,} operations at {at}, more than {flops:,}")


PROPERTY = Property("counts", check, __doc__ or "", unfit, varies=False)
