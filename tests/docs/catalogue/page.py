"""The page of a spec: what it is, how it looks, its models, its weights, what it is held to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netwright.backends.source import emit
from netwright.driver.units import show_count
from netwright.passes.generalise import generalise

from tests.catalogue.parity import TOLERANCE, is_run
from tests.docs.catalogue.described import Described, Variant
from tests.docs.catalogue.drawing import svg
from tests.docs.catalogue.figure import columns
from tests.docs.catalogue.text import papers, prose, table

_OWN = "tests.references."
_LONG = 60
"""Letters of an expression that still fits a cell."""


def page(spec: Described) -> str:
    """The whole page in Markdown."""
    parts = (_head, _structure, _models, _weights, _checks, _spec, _source)
    return "\n".join(line for part in parts for line in part(spec))


def _head(spec: Described) -> Iterator[str]:
    yield f"# {spec.whole.block.name}\n"
    yield f"{prose(spec.module.doc)}\n"
    yield f"- Spec: `{spec.name}`"
    links = papers(spec.module.doc)
    if links:
        yield f"- Paper: {', '.join(links)}"
    yield f"- Reference: {_reference(spec)}\n"
    yield "```sh"
    yield f"netwright show {spec.called}{_set(spec)}"
    yield f"netwright emit {spec.called}{_set(spec)} -o {spec.path.stem}.py"
    yield "```\n"


def _reference(spec: Described) -> str:
    """The libraries that it was held to, with their versions."""
    named = {case["reference"].partition(".")[0] for case in spec.cases}
    found = [
        f"{name} {version}"
        for name, version in spec.versions.items()
        if name.replace("-", "_") in named
    ]
    if "tests" in named:
        found.append("code of our own for the comparison, in `tests/references`")
    return ", ".join(found) or "none; the two back ends are held to one another"


def _set(spec: Described) -> str:
    return "".join(f" --set '{name}={_plain(value)}'" for name, value in spec.given.items())


def _plain(value: object) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _structure(spec: Described) -> Iterator[str]:
    yield "## Structure\n"
    whole, *blocks = columns(spec.whole.primary)
    yield f"<div>{svg(whole)}</div>\n"
    if blocks:
        names = ", ".join(block.title for block in blocks)
        yield f"<details><summary>Its blocks, each where it is used first: {names}</summary>"
        yield from (
            f"<p><strong>{block.title}</strong></p><div>{svg(block)}</div>" for block in blocks
        )
        yield "</details>\n"


def _models(spec: Described) -> Iterator[str]:
    yield "## Models\n"
    yield f"{_counted(spec)} The last column is what the reference calls it.\n"
    if spec.given:
        told = ", ".join(f"`{name}={_plain(value)}`" for name, value in spec.given.items())
        yield f"The spec leaves params open; here {told}.\n"
    equal = _equal(spec)
    rows = [(*_model(variant), equal.get(variant.name, "")) for variant in spec.variants]
    yield from table(("model", "parameters", "FLOPs", "equals"), rows)


def _counted(spec: Described) -> str:
    sizes = {variant.at for variant in spec.published}
    at = f" at {sizes.pop()}" if len(sizes) == 1 else ""
    return f"FLOPs are of one call{at}, multiply and add counted as two."


def _model(variant: Variant) -> tuple[str, ...]:
    name = f"`{variant.called or variant.name}`"
    if variant.purpose:
        name += ", which stands for larger ones in verification"
    return (name, f"{variant.parameters:,}", show_count(variant.flops))


def _equal(spec: Described) -> dict[str, str]:
    """The references of models that were recorded as they are."""
    return {
        case["variant"] or "": _call(case["reference"]) for case in spec.cases if not case["params"]
    }


def _call(reference: str) -> str:
    short = reference.removeprefix(_OWN)
    return f"`{short}`" if len(short) <= _LONG else f"`{short.partition('(')[0]}(...)`"


def _weights(spec: Described) -> Iterator[str]:
    yield "## Weights\n"
    if not spec.cases:
        yield "No library has this model, so there is no file to load.\n"
        return
    yield "Weights are called as in the reference, and have its shapes.\n"
    yield f"```sh\nnetwright weights {spec.called} FILE -o {spec.path.stem}.safetensors\n```\n"
    for name, rules in spec.module.weights.items():
        yield (
            f"Files with other names are read by the key map `{name}` of the spec, which has "
            f"{len(rules)} rules and is found by itself.\n"
        )
    yield "[Weights](../../weights.md) says what is read, and what to do where classes differ.\n"


def _checks(spec: Described) -> Iterator[str]:
    yield "## What it is held to\n"
    if spec.cases:
        yield f"{_parity(spec)}\n"
    claims = {name: held for name, held in spec.module.properties.items() if name != "parameters"}
    yield (
        "`netwright verify` holds it to what holds of [every model](../../verification.md)"
        f"{', and to what the spec' if claims else '.'}"
    )
    if claims:
        yield "[claims](../../verification.md#what-a-spec-can-claim):\n"
        rows = [(f"`{name}`", _held(held)) for name, held in claims.items()]
        yield from table(("claim", "of"), rows)
    yield ""


def _parity(spec: Described) -> str:
    run = [case for case in spec.cases if is_run(case)]
    passes = sum(1 + len(case.get("again", [])) for case in run)
    dtypes = sorted({case["dtype"] for case in run})
    within = " and ".join(f"{TOLERANCE[dtype]:.0e} in {dtype}" for dtype in dtypes)
    return (
        f"{len(spec.cases)} models of the reference were recorded. The suite compares the emitted "
        "source and the fx graph with them: names, shapes and dtypes of all weights, and the "
        f"outputs of {len(run)} in {passes} passes, within {within}."
    )


def _held(held: object) -> str:
    if isinstance(held, Mapping):
        return ", ".join(f"{key} {_held(value)}" for key, value in held.items())
    if isinstance(held, list | tuple):
        return ", ".join(map(_held, held))
    return "nothing" if held is None else f"`{held}`"


def _spec(spec: Described) -> Iterator[str]:
    yield "## The spec\n"
    yield f"````yaml\n{spec.path.read_text(encoding='utf-8')}````\n"


def _source(spec: Described) -> Iterator[str]:
    yield "## The source\n"
    yield "Of the default model, as `netwright emit` writes it.\n"
    yield f"````python\n{emit(generalise(spec.whole)).text}````\n"
